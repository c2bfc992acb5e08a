#include "peer.h"

/* unread dealer | req | pull: a socket with ZMQ_IMMEDIATE has read all there was. Then its peer sends, and ends the connection, and what
 * had arrived is received. The peer comes back, and is used. */
/* replies sends messages as a socket of the type wants them. */
static void replies(int fd, int req, int n) {
    for (int i = 0; i < n; i++) {
        if (req)
            frame(fd, 1, "");
        frame(fd, 0, "hello");
    }
}

static void ask(void *s, int asks) { MUST(!asks || zmq_send(s, "?", 1, 0) == 1); }

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "dealer";
    int req = !strcmp(kind, "req"), pull = !strcmp(kind, "pull"), n = req ? 1 : 5, rounds = 10, port, got = 0;
    const char *peer = req ? "REP" : pull ? "PUSH" : "DEALER";
    void *context = zmq_ctx_new(), *s = zmq_socket(context, req ? ZMQ_REQ : pull ? ZMQ_PULL : ZMQ_DEALER);
    char at[64], b[16];
    int listener = listening(&port);
    set(s, ZMQ_IMMEDIATE, 1);
    set(s, ZMQ_RECONNECT_IVL, 1);
    snprintf(at, sizeof at, "tcp://127.0.0.1:%d", port);
    MUST(zmq_connect(s, at) == 0);
    for (int i = 0; i < rounds; i++) {
        int fd = accepted(listener, peer);
        ask(s, !pull);
        replies(fd, req, 1);
        set(s, ZMQ_RCVTIMEO, PATIENCE);
        MUST(zmq_recv(s, b, sizeof b, 0) == 5);
        set(s, ZMQ_RCVTIMEO, 0);
        MUST(zmq_recv(s, b, sizeof b, 0) < 0);
        ask(s, !pull);
        replies(fd, req, n);
        closed(fd);
        /* The engine has closed its connection and made the next: what there is to be received has
         * arrived. */
        fd = accepted(listener, peer);
        int k = 0;
        while (k < n && zmq_recv(s, b, sizeof b, ZMQ_DONTWAIT) >= 0)
            k++;
        got += k;
        if (k < n)
            break;
        closed(fd);
    }
    end(s, context);
    close(listener);
    return verdict(got, rounds * n);
}
