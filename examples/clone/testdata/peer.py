"""Peers of the Clustered Hashmap Protocol as RFC 12 describes it, for the tests: peer.py server|client SNAPSHOT PUBLISHER COLLECTOR"""
import signal
import struct
import sys
import time
import uuid

import zmq

PATIENCE = 20

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
context = zmq.Context()
context.linger = 0


def number(n):
    return struct.pack(">Q", n)


def server(snapshot, publisher, collector):
    router, pub, sub = context.socket(zmq.ROUTER), context.socket(zmq.PUB), context.socket(zmq.SUB)
    router.bind(snapshot)
    pub.bind(publisher)
    sub.bind(collector)
    sub.subscribe(b"")
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    poller.register(sub, zmq.POLLIN)
    entries, last = {}, 0
    beat = 0
    while True:
        for s, _ in poller.poll(20):
            if s is router:
                peer, command, subtree = router.recv_multipart()
                assert command == b"ICANHAZ?", command
                highest = 0
                for key, (n, value) in entries.items():
                    if key.startswith(subtree):
                        router.send_multipart([peer, key, number(n), b"", b"", value])
                        highest = max(highest, n)
                router.send_multipart([peer, b"KTHXBAI", number(highest), b"", b"", subtree])
            else:
                key, _, identity, properties, value = sub.recv_multipart()
                assert len(identity) == 16
                last += 1
                entries.pop(key, None)
                if value:
                    entries[key] = last, value
                pub.send_multipart([key, number(last), identity, properties, value])
        if time.monotonic() > beat:
            pub.send_multipart([b"HUGZ", number(0), b"", b"", b""])
            beat = time.monotonic() + 0.02


def receive(s):
    s.rcvtimeo = 1000 * PATIENCE
    key, n, identity, properties, value = s.recv_multipart()
    return key.decode(), struct.unpack(">Q", n)[0], identity, properties, value.decode()


def client(snapshot, publisher, collector):
    dealer, sub, pub = context.socket(zmq.DEALER), context.socket(zmq.SUB), context.socket(zmq.XPUB)
    sub.connect(publisher)
    sub.subscribe(b"")
    assert receive(sub)[0] == "HUGZ"  # so the subscription is there
    dealer.connect(snapshot)
    dealer.send_multipart([b"ICANHAZ?", b""])
    entries = {}
    while True:
        key, last, identity, properties, value = receive(dealer)
        assert identity == properties == b""
        if key == "KTHXBAI":
            break
        entries[key] = value
    print("snapshot", entries)
    pub.rcvtimeo = 1000 * PATIENCE
    pub.connect(collector)
    assert pub.recv() == b"\1"
    mine = uuid.uuid4().bytes
    pub.send_multipart([b"/python/1", number(0), mine, b"ttl=1\n", b"y"])
    print("has set /python/1")
    while True:
        key, n, identity, properties, value = receive(sub)
        if key == "HUGZ":
            assert n == 0
            continue
        assert key == "/python/1" and n > last, (key, n)
        last = n
        print("published %s=%s" % (key, value))
        if not value:
            return
        assert identity == mine and properties == b"ttl=1\n", (identity, properties)


globals()[sys.argv[1]](*sys.argv[2:])
