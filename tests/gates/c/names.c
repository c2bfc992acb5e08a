#include "peer.h"

/* names: prints the name that a ROUTER gives to its first peer, which changes from run to run or does not. */
int main(void) {
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_ROUTER);
    unsigned char name[16];
    int fd = peer_tcp(bind_tcp(s), "DEALER");
    frame(fd, 0, "hello");
    int n = zmq_recv(s, name, sizeof name, 0);
    MUST(n > 0);
    for (int i = 0; i < n; i++)
        printf("%02x", name[i]);
    printf("\n");
    end(s, context);
    return 0;
}
