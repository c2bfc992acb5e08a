/* What a C program does with zmq_proxy: the oracle for the devices in Go, and the measure of their speed.
 *
 *   device proxy  KIND FRONT BACK             zmq_proxy of that kind, until standard input ends
 *   device proxy  KIND FRONT BACK CONTROL     zmq_proxy_steerable with a PAIR bound to CONTROL, until TERMINATE
 *   device source KIND FRONT SIZE COUNT       feeds a device, connects, says how long it took
 *   device sink   KIND BACK  SIZE COUNT       takes from a device, connects, says how long it took
 *
 * KIND is queue, forwarder, classic (forwarder of SUB and PUB) or streamer. proxy says on two lines "at ENDPOINT" where
 * front and back are bound, and CONTROL on a third. HWM in the environment is the water mark of all sockets, 1000 without it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

/* Declared in headers of their own by some releases. */
int zmq_proxy_steerable(void *frontend, void *backend, void *capture, void *control);

static void *ctx;
static const char *kind;

static void die(const char *what) {
    fprintf(stderr, "device: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int is(const char *name) { return !strcmp(kind, name); }

static void *open_socket(int type) {
    void *s = zmq_socket(ctx, type);
    const char *mark = getenv("HWM");
    int hwm = mark ? atoi(mark) : 1000, one = 1, linger = -1;
    if (!s)
        die("socket");
    zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm);
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    /* Nothing is dropped, so that all programs do the same work. */
    if (type == ZMQ_PUB || type == ZMQ_XPUB)
        zmq_setsockopt(s, ZMQ_XPUB_NODROP, &one, sizeof one);
    if (type == ZMQ_SUB)
        zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0);
    return s;
}

static void bind_at(void *s, const char *endpoint) {
    char at[256];
    size_t n = sizeof at;
    if (zmq_bind(s, endpoint) == -1 || zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &n) == -1)
        die(endpoint);
    printf("at %s\n", at);
    fflush(stdout);
}

static void *proxy_loop(void *arg) {
    void **s = arg;
    while (zmq_proxy(s[0], s[1], NULL) == -1 && zmq_errno() == EINTR)
        ;
    return NULL;
}

static void proxy(const char *front, const char *back, const char *control) {
    int f = is("queue") ? ZMQ_ROUTER : is("forwarder") ? ZMQ_XSUB : is("classic") ? ZMQ_SUB : ZMQ_PULL;
    int b = is("queue") ? ZMQ_DEALER : is("forwarder") ? ZMQ_XPUB : is("classic") ? ZMQ_PUB : ZMQ_PUSH;
    void *s[2] = {open_socket(f), open_socket(b)};
    pthread_t t;
    char c;
    bind_at(s[0], front);
    bind_at(s[1], back);
    if (control) {
        void *p = open_socket(ZMQ_PAIR);
        bind_at(p, control);
        printf("ended %d\n", zmq_proxy_steerable(s[0], s[1], NULL, p));
        fflush(stdout);
        _exit(0);
    }
    pthread_create(&t, NULL, proxy_loop, s);
    while (read(0, &c, 1) > 0)
        ;
    printf("cpu=%.6f\n", cpu());
    fflush(stdout);
    _exit(0);
}

static void send_part(void *s, const void *p, size_t n, int flags) {
    while (zmq_send(s, p, n, flags) == -1)
        if (zmq_errno() != EINTR)
            die("send");
}

static int recv_part(void *s, void *p, size_t n) {
    int rc;
    while ((rc = zmq_recv(s, p, n, 0)) == -1)
        if (zmq_errno() != EINTR)
            die("recv");
    return rc;
}

#define WINDOW 500 /* requests that are under way */

static void source(const char *endpoint, size_t size, long count) {
    void *s = open_socket(is("queue") ? ZMQ_DEALER : is("streamer") ? ZMQ_PUSH : ZMQ_XPUB);
    unsigned char *p = calloc(1, size + 1);
    if (zmq_connect(s, endpoint) == -1)
        die(endpoint);
    if (is("forwarder") || is("classic"))
        recv_part(s, p, size); /* the subscription */
    double t = now();
    if (is("queue")) {
        for (long sent = 0, got = 0; got < count; got++) {
            for (; sent < count && sent - got < WINDOW; sent++) {
                send_part(s, "", 0, ZMQ_SNDMORE);
                send_part(s, p, size, 0);
            }
            recv_part(s, p, size);
            recv_part(s, p, size);
        }
    } else {
        for (long i = 0; i < count; i++)
            send_part(s, p, size, 0);
    }
    printf("msgs=%ld secs=%.6f\n", count, now() - t);
    fflush(stdout);
    zmq_close(s);
}

static void sink(const char *endpoint, size_t size, long count) {
    void *s = open_socket(is("queue") ? ZMQ_REP : is("streamer") ? ZMQ_PULL : ZMQ_SUB);
    unsigned char *p = calloc(1, size + 1);
    double t = 0;
    if (zmq_connect(s, endpoint) == -1)
        die(endpoint);
    for (long i = 0; i < count; i++) {
        int n = recv_part(s, p, size);
        if (i == 0)
            t = now();
        if (is("queue"))
            send_part(s, p, (size_t)n, 0);
    }
    printf("msgs=%ld secs=%.6f\n", count - 1, now() - t);
    fflush(stdout);
    zmq_close(s);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: device proxy KIND FRONT BACK | device source|sink KIND ENDPOINT SIZE COUNT\n");
        return 2;
    }
    ctx = zmq_ctx_new();
    kind = argv[2];
    if (!strcmp(argv[1], "proxy") && argc <= 6)
        proxy(argv[3], argv[4], argv[5]);
    else if (!strcmp(argv[1], "source") && argc == 6)
        source(argv[3], (size_t)atol(argv[4]), atol(argv[5]));
    else if (!strcmp(argv[1], "sink") && argc == 6)
        sink(argv[3], (size_t)atol(argv[4]), atol(argv[5]));
    else
        return 2;
    zmq_ctx_term(ctx);
    return 0;
}
