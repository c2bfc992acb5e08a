"""Peers of the Freelance Protocol as RFC 10 describes it, for the tests: peer.py server|client ENDPOINT ..."""
import signal
import sys
import time

import zmq

PATIENCE = 20

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
context = zmq.Context()
context.linger = 0
router = context.socket(zmq.ROUTER)


def server(endpoint):
    router.routing_id = endpoint.encode()
    router.bind(endpoint)
    while True:
        peer, first, *body = router.recv_multipart()
        if body:
            router.send_multipart([peer, first, b"python", *body])
        else:
            assert first == b"PING", first
            router.send_multipart([peer, b"PONG"])


def client(endpoint, body):
    name = endpoint.encode()
    router.connect(endpoint)
    end = time.monotonic() + PATIENCE
    while not router.poll(50):
        assert time.monotonic() < end, "no PONG"
        router.send_multipart([name, b"PING"])
    assert router.recv_multipart() == [name, b"PONG"]
    router.send_multipart([name, b"anything", body.encode()])
    while router.poll(1000 * PATIENCE):
        peer, first, *reply = router.recv_multipart()
        assert peer == name
        if reply:
            assert first == b"anything"
            print(b" ".join(reply).decode())
            return
        assert first == b"PONG"
    raise SystemExit("no reply")


globals()[sys.argv[1]](*sys.argv[2:])
