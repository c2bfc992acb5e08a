#include "peer.h"
#include <signal.h>

/* signals SECONDS: a thread that is interrupted all the time binds and unbinds, and a monitor counts what it hears of that. Ends
 * when an event was lost. */
static volatile int stop;
static pthread_t busy;
static void *context;

static void nothing(int n) { (void)n; }

static void *interrupt(void *none) {
    while (!stop)
        pthread_kill(busy, SIGUSR1);
    return none;
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = nothing};
    sigaction(SIGUSR1, &action, NULL);
    context = zmq_ctx_new();
    void *s = zmq_socket(context, ZMQ_PULL), *monitor = zmq_socket(context, ZMQ_PAIR);
    int sent = 0, got = 0;
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_LISTENING) == 0);
    MUST(zmq_connect(monitor, "inproc://monitor") == 0);
    set(monitor, ZMQ_RCVTIMEO, 1000);
    busy = pthread_self();
    long limit = now_ms() + 1000L * (argc > 1 ? atoi(argv[1]) : 10);
    while (got == sent && now_ms() < limit) {
        pthread_t other;
        stop = 0;
        MUST(pthread_create(&other, NULL, interrupt, NULL) == 0);
        for (int i = 0; i < 100; i++) {
            char at[256];
            size_t n = sizeof at;
            while (zmq_bind(s, "tcp://127.0.0.1:*") != 0)
                MUST(errno == EINTR);
            sent++;
            while (zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &n) != 0)
                MUST(errno == EINTR);
            while (zmq_unbind(s, at) != 0)
                MUST(errno == EINTR);
        }
        stop = 1;
        pthread_join(other, NULL);
        char b[256];
        while (got < sent && zmq_recv(monitor, b, sizeof b, 0) >= 0 && zmq_recv(monitor, b, sizeof b, 0) >= 0)
            got++;
    }
    set(monitor, ZMQ_LINGER, 0);
    zmq_close(monitor);
    end(s, context);
    printf("%d of %d events arrived\n", got, sent);
    return got == sent ? 0 : LOST;
}
