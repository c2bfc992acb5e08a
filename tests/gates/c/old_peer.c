#include "peer.h"

/* old_peer VERSION: a peer of ZMTP 1.0 or 2.0 comes to a PULL, another does not finish its handshake. Prints the events of both,
 * and exits with LOST unless the first stays and is heard after the handshake's time is over. Either way the second is thrown
 * out. */
enum { TIME = 300 };

static int thrown_out(int fd, int ms) {
    char b[100];
    long limit = now_ms() + ms;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (now_ms() < limit)
        if (poll(&p, 1, (int)(limit - now_ms()) + 1) == 1 && recv(fd, b, sizeof b, 0) <= 0)
            return 1;
    return 0;
}

static void print_events(void *monitor) {
    unsigned char b[256];
    set(monitor, ZMQ_RCVTIMEO, 300);
    while (zmq_recv(monitor, b, sizeof b, 0) >= 0) {
        unsigned short event;
        memcpy(&event, b, sizeof event);
        zmq_recv(monitor, b, sizeof b, 0);
        printf(" %s", event == ZMQ_EVENT_ACCEPTED                     ? "accepted"
                      : event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED        ? "succeeded"
                      : event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ? "failed"
                      : event == ZMQ_EVENT_DISCONNECTED               ? "disconnected"
                                                                      : "other");
    }
    printf("\n");
}

int main(int argc, char **argv) {
    int version = argc > 1 ? atoi(argv[1]) : 2;
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL), *monitor = zmq_socket(context, ZMQ_PAIR);
    const char greeting2[] = "\377\0\0\0\0\0\0\0\1\177\1\10";
    set(s, ZMQ_HANDSHAKE_IVL, TIME);
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_ALL & ~ZMQ_EVENT_LISTENING) == 0);
    MUST(zmq_connect(monitor, "inproc://monitor") == 0);
    int port = bind_tcp(s), fd = dial_tcp(port);
    if (version == 2)
        put(fd, greeting2, 12);
    put(fd, version == 2 ? "\0\0" : "\1\0", 2); /* it has no name */
    int out = thrown_out(fd, 3 * TIME);
    if (!out)
        version == 2 ? put(fd, "\0\1x", 3) : put(fd, "\2\0x", 3);
    int got = received(s, 1);
    close(fd);
    printf("old peer:");
    print_events(monitor);
    fd = dial_tcp(port);
    version == 2 ? put(fd, greeting2, 12) : put(fd, "\11", 1);
    MUST(thrown_out(fd, PATIENCE));
    close(fd);
    printf("half a peer:");
    print_events(monitor);
    set(monitor, ZMQ_LINGER, 0);
    zmq_close(monitor);
    end(s, context);
    return out || got != 1 ? LOST : 0;
}
