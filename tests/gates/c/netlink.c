#include "peer.h"
#include "sandbox.h"

/* netlink: a process that may not open netlink sockets binds an address, which works, and an interface, which is an error. */
int main(void) {
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL);
    refuse(SYS_socket, AF_NETLINK, EAFNOSUPPORT);
    int fd = peer_tcp(bind_tcp(s), "PUSH");
    frame(fd, 0, "hello");
    int got = received(s, 1);
    MUST(zmq_bind(s, "tcp://lo:*") == -1);
    printf("an interface: %s\n", zmq_strerror(errno));
    MUST(errno == ENODEV);
    end(s, context);
    return verdict(got, 1);
}
