#include "peer.h"

/* refused: a PLAIN server that is monitored, in a context where nobody says who may come in, refuses everybody at once. Its peers take
 * their time between two steps of the handshake. */

/* failures returns how often a handshake is said to have failed until its connection ends. */
static int failures(void *monitor) {
    for (int n = 0;;) {
        unsigned char b[6];
        unsigned short event;
        MUST(zmq_recv(monitor, b, sizeof b, 0) == sizeof b);
        memcpy(&event, b, sizeof event);
        MUST(zmq_recv(monitor, NULL, 0, 0) >= 0);
        if (event == ZMQ_EVENT_DISCONNECTED)
            return n;
        n += event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    }
}

int main(void) {
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL), *monitor = zmq_socket(context, ZMQ_PAIR);
    const int rounds = 10;
    int got = 0;
    set(s, ZMQ_PLAIN_SERVER, 1);
    set(s, ZMQ_HANDSHAKE_IVL, 1000);
    set(monitor, ZMQ_RCVTIMEO, PATIENCE);
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_ALL) == 0 && zmq_connect(monitor, "inproc://monitor") == 0);
    for (int port = bind_tcp(s); got < rounds; got++) {
        unsigned char greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'P', 'L', 'A', 'I', 'N'}, said[64];
        int fd = dial_tcp(port);
        put(fd, greeting, sizeof greeting);
        get(fd, said, sizeof greeting);
        pause_ms(10);
        put(fd, "\4\17\5HELLO\3ann\4pass", 17);
        /* Who is held is refused a second time, when its time is over. */
        int once = failures(monitor) == 1;
        close(fd);
        if (!once)
            break;
    }
    zmq_close(monitor);
    end(s, context);
    return verdict(got, rounds);
}
