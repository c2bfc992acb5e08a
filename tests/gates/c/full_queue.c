#include "peer.h"

/* full_queue heartbeats | pings: a peer fills the queue and breaks off. Heartbeats go out on this side, or the peer's PING
 * lies in the queue. Then the queue is read. */
int main(int argc, char **argv) {
    int heartbeats = argc > 1 && strcmp(argv[1], "heartbeats") == 0;
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL);
    set(s, ZMQ_RCVHWM, 1);
    if (heartbeats) {
        set(s, ZMQ_HEARTBEAT_IVL, 50);
        set(s, ZMQ_HEARTBEAT_TIMEOUT, 60000);
    }
    int fd = peer_tcp(bind_tcp(s), "PUSH");
    for (int i = 0; i < 20; i++) {
        frame(fd, 0, "hello");
        if (!heartbeats)
            ping(fd);
    }
    pause_ms(50);
    reset(fd);
    pause_ms(heartbeats ? 400 : 100);
    int got = received(s, 20);
    end(s, context);
    return verdict(got, 20);
}
