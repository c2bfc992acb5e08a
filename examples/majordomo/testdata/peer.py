"""Peers of the Majordomo Protocol 0.1 as RFC 7 describes it, for the tests: peer.py worker|client|broker ENDPOINT ..."""
import signal
import sys
import time

import zmq

READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = (bytes([n]) for n in range(1, 6))
INTERVAL = 0.05
PATIENCE = 20

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
context = zmq.Context()
context.linger = 0


def worker(endpoint):
    """Answers with the request backwards."""
    s = context.socket(zmq.DEALER)
    s.connect(endpoint)
    s.send_multipart([b"", b"MDPW01", READY, b"reverse"])
    print("ready")
    beat = time.monotonic() + INTERVAL
    while True:
        if s.poll(1000 * INTERVAL):
            empty, header, command, *rest = s.recv_multipart()
            assert (empty, header) == (b"", b"MDPW01"), (empty, header)
            if command == REQUEST:
                client, delimiter, body = rest
                assert delimiter == b""
                s.send_multipart([b"", b"MDPW01", REPLY, client, b"", body[::-1]])
            else:
                assert command == HEARTBEAT and not rest, (command, rest)
        if time.monotonic() > beat:
            s.send_multipart([b"", b"MDPW01", HEARTBEAT])
            beat = time.monotonic() + INTERVAL


def client(endpoint, service, body):
    s = context.socket(zmq.REQ)
    s.rcvtimeo = 1000 * PATIENCE
    s.connect(endpoint)
    s.send_multipart([b"MDPC01", service.encode(), body.encode()])
    header, name, reply = s.recv_multipart()
    assert (header, name) == (b"MDPC01", service.encode()), (header, name)
    print(reply.decode())


def broker(endpoint):
    """Serves one service, with the worker that came last."""
    s = context.socket(zmq.ROUTER)
    s.bind(endpoint)
    worker = service = None
    queue = []
    beat = 0
    while True:
        if s.poll(1000 * INTERVAL):
            peer, empty, header, *rest = s.recv_multipart()
            assert empty == b""
            if header == b"MDPC01":
                queue.append((peer, rest[1:]))
            elif rest[0] == READY:
                worker, service = peer, rest[1]
            elif peer != worker:
                s.send_multipart([peer, b"", b"MDPW01", DISCONNECT])
            elif rest[0] == REPLY:
                assert rest[2] == b""
                s.send_multipart([rest[1], b"", b"MDPC01", service, *rest[3:]])
            elif rest[0] == DISCONNECT:
                worker = None
            else:
                assert rest == [HEARTBEAT], rest
        if worker and queue:
            peer, body = queue.pop(0)
            s.send_multipart([worker, b"", b"MDPW01", REQUEST, peer, b"", *body])
        if worker and time.monotonic() > beat:
            s.send_multipart([worker, b"", b"MDPW01", HEARTBEAT])
            beat = time.monotonic() + INTERVAL


globals()[sys.argv[1]](*sys.argv[2:])
