#include "peer.h"

/* given_up pair | router: connections that the socket has given up but not closed, with heartbeats on this side. A PAIR gives
 * up every peer but its first; a ROUTER with handover gives up a peer when another takes its name. They say something still, and
 * leave. Exits with LOST if the descriptors stay. */
static int descriptors(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

int main(int argc, char **argv) {
    int pair = argc > 1 && strcmp(argv[1], "pair") == 0;
    void *context = zmq_ctx_new(), *s = zmq_socket(context, pair ? ZMQ_PAIR : ZMQ_ROUTER);
    char b[256];
    set(s, ZMQ_HEARTBEAT_IVL, 30);
    set(s, ZMQ_HEARTBEAT_TIMEOUT, 300);
    if (!pair)
        set(s, ZMQ_ROUTER_HANDOVER, 1);
    int port = bind_tcp(s), peers[20];
    int before = descriptors(); /* a busy machine may have heartbeats end some peers before all have come */
    for (int i = 0; i < 20; i++) {
        peers[i] = peer_named(port, pair ? "PAIR" : "DEALER", "same");
        frame(peers[i], 0, "hello");
        if (!pair || i == 0)
            while (zmq_recv(s, b, sizeof b, 0) != 5)
                ;
    }
    events_of(s);
    for (int i = 0; i < 19; i++) {
        int fd = peers[pair ? i + 1 : i]; /* all but the one that the socket has */
        frame(fd, 0, "more");
        frame(fd, 0, "more");
        pause_ms(5);
        close(fd);
    }
    close(peers[pair ? 0 : 19]);
    long limit = now_ms() + PATIENCE;
    int left;
    while ((left = descriptors() - before) > 0 && now_ms() < limit) {
        events_of(s);
        while (zmq_recv(s, b, sizeof b, ZMQ_DONTWAIT) >= 0)
            ;
        pause_ms(20);
    }
    end(s, context);
    printf("%d of 20 descriptors stay\n", left > 0 ? left : 0);
    return left > 0 ? LOST : 0;
}
