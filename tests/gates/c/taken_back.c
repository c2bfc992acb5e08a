#include "peer.h"

/* taken_back push | pair: a socket connects with ZMQ_IMMEDIATE, which is taken back. Then its peer ends the connection, and comes back. A
 * PULL gets what is sent then; a PAIR may be turned down, as it is with the option. */
int main(int argc, char **argv) {
    int pair = argc > 1 && !strcmp(argv[1], "pair"), rounds = pair ? 1 : 10, port, got = 0;
    const char *peer = pair ? "PAIR" : "PULL";
    void *context = zmq_ctx_new(), *s = zmq_socket(context, pair ? ZMQ_PAIR : ZMQ_PUSH);
    char at[64], b[7];
    int listener = listening(&port);
    set(s, ZMQ_IMMEDIATE, 1);
    set(s, ZMQ_RECONNECT_IVL, 1);
    set(s, ZMQ_SNDTIMEO, PATIENCE);
    snprintf(at, sizeof at, "tcp://127.0.0.1:%d", port);
    MUST(zmq_connect(s, at) == 0);
    int fd = accepted(listener, peer);
    for (int i = 0; i < rounds; i++) {
        MUST(zmq_send(s, "hello", 5, 0) == 5);
        get(fd, b, sizeof b);
        got += !memcmp(b + 2, "hello", 5);
        set(s, ZMQ_IMMEDIATE, 0);
        closed(fd);
        fd = accepted(listener, peer);
        events_of(s); /* the socket learns of the end */
        set(s, ZMQ_IMMEDIATE, 1);
    }
    close(fd);
    end(s, context);
    close(listener);
    return verdict(got, rounds);
}
