"""The program of the interoperability tests that has pyzmq inside. peer/peer.go says what it obeys."""
import sys
import zlib

import zmq

PATIENCE = 20000
CYCLE = bytes(range(251))


def part(seed, n):
    start = seed % 251
    return (CYCLE * (n // 251 + 2))[start : start + n]


class Program:
    def __init__(self):
        self.context = zmq.Context()
        self.socket = self.type = self.identity = None

    def open(self, kind, how, endpoint):
        s = self.context.socket(getattr(zmq, kind.upper()))
        s.linger = 0
        s.sndtimeo = PATIENCE
        (s.bind if how == "bind" else s.connect)(endpoint)
        self.socket, self.type, self.identity = s, kind, None
        return "at " + s.last_endpoint.rstrip(b"\0").decode()

    def sub(self, text):
        topic = bytes.fromhex(text.lstrip("-"))
        if self.type == "xsub":
            self.socket.send(b"\1" + topic)
        else:
            self.socket.subscribe(topic)
        return "ok"

    def send(self, seed, *sizes):
        parts = [part(int(seed) + k, int(n)) for k, n in enumerate(sizes)]
        if self.type == "router":
            parts.insert(0, self.identity)
        self.socket.send_multipart(parts)
        return "ok"

    def recv(self, ms):
        self.socket.rcvtimeo = int(ms)
        parts = self.socket.recv_multipart()
        if self.type == "router":
            self.identity = parts.pop(0)
        return "got " + " ".join("%d:%08x" % (len(p), zlib.crc32(p)) for p in parts)

    def close(self):
        self.socket.close()
        return "ok"


program = Program()
for line in sys.stdin:
    command, *args = line.split()
    try:
        answer = getattr(program, command)(*args)
    except zmq.Again:
        answer = "none"
    except Exception as e:
        answer = "error %r" % e
    print(answer, flush=True)
program.context.destroy(linger=0)
