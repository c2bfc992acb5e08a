"""The other end of the tests in this folder, with pyzmq and its authenticator.

peer.py client ENDPOINT MECHANISM ARGUMENT...   prints how the handshake ended: in, or out
peer.py server MECHANISM DIRECTORY DENIED       prints its endpoint, then every message
peer.py create DIRECTORY NAME                   makes a certificate
peer.py load FILE                               prints the keys of a certificate
"""
import sys

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils.monitor import recv_monitor_message

SUCCEEDED = zmq.EVENT_HANDSHAKE_SUCCEEDED
FAILED = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH


def client(endpoint, mechanism, *args):
    s = zmq.Context.instance().socket(zmq.PUSH)
    if mechanism == "curve":
        s.curve_serverkey, s.curve_publickey, s.curve_secretkey = (a.encode() for a in args)
    elif mechanism == "keyless":
        s.curve_serverkey = args[0].encode()
    elif mechanism == "plain":
        s.plain_username, s.plain_password = (a.encode() for a in args)
    monitor = s.get_monitor_socket(SUCCEEDED | FAILED)
    s.connect(endpoint)
    if not monitor.poll(20000):
        sys.exit("the handshake does not end")
    if recv_monitor_message(monitor)["event"] & FAILED:
        s.close(linger=0)
        print("out")
        return
    s.send(b"from python")
    print("in")
    s.close(linger=5000)


def server(mechanism, directory, denied):
    ctx = zmq.Context.instance()
    auth = ThreadAuthenticator(ctx)
    auth.start()
    if denied:
        auth.deny(denied)
    s = ctx.socket(zmq.PULL)
    if mechanism == "curve":
        auth.configure_curve(domain="*", location=directory + "/clients")
        s.curve_publickey, s.curve_secretkey = zmq.auth.load_certificate(directory + "/server.key_secret")
        s.curve_server = True
    else:
        auth.configure_plain(domain="*", passwords={"ann": "password"})
        s.plain_server = True
    s.bind("tcp://127.0.0.1:*")
    print(s.last_endpoint.decode(), flush=True)
    for line in sys.stdin:  # each line asks for a message
        if not s.poll(20000):
            sys.exit("no message")
        print(s.recv().decode(), flush=True)
    auth.stop()


def create(directory, name):
    zmq.auth.create_certificates(directory, name)


def load(path):
    public, secret = zmq.auth.load_certificate(path)
    print(public.decode())
    print(secret.decode() if secret else "")


if __name__ == "__main__":
    {"client": client, "server": server, "create": create, "load": load}[sys.argv[1]](*sys.argv[2:])
