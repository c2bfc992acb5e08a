#include "peer.h"
#include <malloc.h>

/* memory mild | harsh ROUNDS: peers of every protocol come, say something, and leave in every way. Prints how many bytes of C's memory
 * are in use more than after the first rounds, and exits with LOST if that is more than a few. harsh: with full queues and
 * heartbeats. */
static const char greeting2[] = "\377\0\0\0\0\0\0\0\1\177\1\10";

/* visit has a peer of some kind come. It returns how many messages it sends. */
static int visit(int port, int kind) {
    int fd, sent = 0;
    switch (kind % 5) {
    case 0: /* it does not finish its handshake */
        fd = dial_tcp(port);
        put(fd, greeting2, (size_t)(kind % 12));
        break;
    case 1: /* ZMTP 1.0 */
        fd = dial_tcp(port);
        put(fd, "\1\0\2\0x\2\0y", 8);
        sent = 2;
        break;
    case 2: /* ZMTP 2.0 */
        fd = dial_tcp(port);
        put(fd, greeting2, 12);
        put(fd, "\0\0\0\1x", 5);
        sent = 1;
        break;
    default: /* ZMTP 3.0, which breaks off in the middle of a message */
        fd = peer_tcp(port, "PUSH");
        for (; sent < 6; sent++)
            frame(fd, 0, "hello");
        ping(fd);
        frame(fd, 1, "half a message");
    }
    if (kind % 2)
        shutdown(fd, SHUT_WR);
    close(fd);
    return sent;
}

/* in_use is the least of many looks: who has been seen to leave is not yet forgotten, and the socket has a part in that. */
static long in_use(void *s) {
    long least = -1;
    for (int i = 0; i < 100; i++) {
        events_of(s);
        struct mallinfo2 m = mallinfo2();
        long n = (long)(m.uordblks + m.hblkhd);
        if (least < 0 || n < least)
            least = n;
        pause_ms(10);
    }
    return least;
}

/* rounds has visitors come and go, and waits until the engine has seen all of them leave. */
static void rounds(void *s, void *monitor, int port, int n) {
    char b[256];
    for (int i = 0; i < n; i++) {
        int sent = 0, here = 10;
        for (int k = 0; k < here; k++)
            sent += visit(port, i * here + k);
        MUST(received(s, sent) == sent);
        for (int gone = 0; gone < here; gone++)
            MUST(zmq_recv(monitor, b, sizeof b, 0) >= 0 && zmq_recv(monitor, b, sizeof b, 0) >= 0);
    }
}

int main(int argc, char **argv) {
    int harsh = argc > 1 && strcmp(argv[1], "harsh") == 0, n = argc > 2 ? atoi(argv[2]) : 100;
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL), *monitor = zmq_socket(context, ZMQ_PAIR);
    mallopt(M_ARENA_MAX, 1);
    set(s, ZMQ_HANDSHAKE_IVL, 10000);
    if (harsh) {
        set(s, ZMQ_RCVHWM, 1);
        set(s, ZMQ_HEARTBEAT_IVL, 5);
        set(s, ZMQ_HEARTBEAT_TIMEOUT, 60000);
    }
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_DISCONNECTED) == 0);
    MUST(zmq_connect(monitor, "inproc://monitor") == 0);
    set(monitor, ZMQ_RCVTIMEO, 30000);
    int port = bind_tcp(s);
    rounds(s, monitor, port, n / 4);
    long before = in_use(s);
    rounds(s, monitor, port, n);
    long grown = in_use(s) - before;
    printf("%d connections, %ld bytes more\n", n * 10, grown);
    set(monitor, ZMQ_LINGER, 0);
    zmq_close(monitor);
    end(s, context);
    return grown > 64 << 10 ? LOST : 0;
}
