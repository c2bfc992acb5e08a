/* The measure: what a C program does with the same engine. Each work is also done by the drivers
 * in Go, ours and the other binding's, with the same arguments and the same answer.
 *
 *   bench thr       ENDPOINT SIZE COUNT   PUSH and PULL, two threads
 *   bench thr-recv  ENDPOINT SIZE COUNT   the PULL end, binds and says where
 *   bench thr-send  ENDPOINT SIZE COUNT   the PUSH end, connects; stays until standard input ends
 *   bench lat       ENDPOINT SIZE COUNT   REQ and REP, two threads
 *   bench lat-rep   ENDPOINT SIZE COUNT   the REP end, binds and says where
 *   bench lat-req   ENDPOINT SIZE COUNT   the REQ end, connects
 *   bench lat-work  ENDPOINT SIZE COUNT   the REP end behind a queue, connects
 *   bench proxy     KIND FRONT BACK       zmq_proxy, until standard input ends
 *   bench source    KIND FRONT SIZE COUNT feeds a proxy, connects
 *   bench sink      KIND BACK  SIZE COUNT takes from a proxy, connects
 *   bench idle      COUNT                 COUNT bound sockets and nothing else
 *
 * and, with BENCH_NUMBER of something, in one process (numbers.c):
 *
 *   bench pairs     ENDPOINT SIZE COUNT   so many pairs of REQ and REP, COUNT round trips in all
 *   bench shared    ENDPOINT SIZE COUNT   PUSH, and so many threads that share a PULL
 *   bench sockets   ENDPOINT SIZE COUNT   sends and receives in turn, with so many sockets to poll
 *   bench subscriptions ENDPOINT SIZE COUNT   the same over XPUB and a SUB with so many subscriptions
 *
 * BENCH_PARTS is how many parts of SIZE bytes a message of PUSH and PULL has, 1 if it is not set.
 *
 * The answer is one line of name=value. Throughput counts from the first message to the last;
 * cpu is the process's own, over the same time at a receiving end, over all of it elsewhere.
 */
#include <assert.h>
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

#include "bench.h"

void *ctx;
size_t size;
long count;
const char *endpoint;
static long parts = 1;

void die(const char *what) {
    fprintf(stderr, "bench: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* The same water mark in all programs: the default, but never more than 64 MiB of messages. */
static int water_mark(void) {
    size_t n = size ? (64u << 20) / size : 1000;
    return n > 1000 ? 1000 : n < 2 ? 2 : (int)n;
}

void *open_socket(int type) {
    void *s = zmq_socket(ctx, type);
    int hwm = water_mark(), linger = -1;
    if (!s)
        die("socket");
    zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm);
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    return s;
}

static void bind_at(void *s, const char *endpoint, int say) {
    char at[256];
    size_t n = sizeof at;
    if (zmq_bind(s, endpoint) == -1 || zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &n) == -1)
        die(endpoint);
    if (say) {
        printf("at %s\n", at);
        fflush(stdout);
    }
}

void bind_here(void *s) {
    static char at[256];
    char now_at[256];
    size_t n = sizeof now_at;
    bind_at(s, endpoint, 0);
    zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, now_at, &n);
    memcpy(at, now_at, sizeof at);
    endpoint = at;
}

void connect_to(void *s, const char *to) {
    if (zmq_connect(s, to) == -1)
        die(to);
}

unsigned char *buffer(void) {
    unsigned char *p = malloc(size ? size : 1);
    if (!p)
        die("memory");
    /* Pages that nobody wrote to are all the same one, which would be cheap to read. */
    memset(p, 'x', size ? size : 1);
    return p;
}

/* Small messages by value, large ones without a copy, as a C programmer would. */
#define LARGE (32u << 10)

static void keep(void *data, void *hint) { (void)data, (void)hint; }

void send_all(void *s, long n) {
    unsigned char *p = buffer();
    for (long i = 0; i < n; i++) {
        int rc = 0;
        for (long left = parts - 1; left > 0 && rc != -1; left--)
            rc = zmq_send(s, p, size, ZMQ_SNDMORE);
        if (rc == -1) {
            die("send");
        } else if (size < LARGE) {
            rc = zmq_send(s, p, size, 0);
        } else {
            zmq_msg_t m;
            zmq_msg_init_data(&m, p, size, keep, NULL);
            rc = zmq_msg_send(&m, s, 0);
        }
        if (rc == -1)
            die("send");
    }
}

static void until_input_ends(void) {
    char c;
    while (read(0, &c, 1) > 0)
        ;
}

/* Over ipc the engine loses what the receiver has not read yet when the sender goes. */
static void send_and_stay(void *s, long n) {
    send_all(s, n);
    until_input_ends();
}

static void recv_one(void *s, unsigned char *p, zmq_msg_t *m) {
    int rc = size < LARGE ? zmq_recv(s, p, size, 0) : zmq_msg_recv(m, s, 0);
    if (rc == -1)
        die("recv");
    if ((size_t)rc != size) {
        fprintf(stderr, "bench: a message of %d bytes instead of %zu\n", rc, size);
        exit(1);
    }
}

static void recv_all(void *s, long n) {
    unsigned char *p = buffer();
    zmq_msg_t m;
    zmq_msg_init(&m);
    for (long i = 0; i < parts; i++)
        recv_one(s, p, &m);
    double t = now(), c = cpu();
    for (long i = parts; i < n * parts; i++)
        recv_one(s, p, &m);
    t = now() - t;
    c = cpu() - c;
    zmq_msg_close(&m);
    printf("msgs=%ld secs=%.9f cpu=%.9f\n", n - 1, t, c);
    fflush(stdout);
    free(p);
}

int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void request_all(void *s, long n) {
    unsigned char *p = buffer();
    uint32_t *ns = malloc((size_t)n * sizeof *ns);
    long warm = n / 10 + 1;
    double start = 0, c = 0;
    for (long i = -warm; i < n; i++) {
        if (i == 0)
            start = now(), c = cpu();
        double t = now();
        if (zmq_send(s, p, size, 0) == -1 || zmq_recv(s, p, size, 0) == -1)
            die("round trip");
        if (i >= 0)
            ns[i] = (uint32_t)((now() - t) * 1e9);
    }
    start = now() - start;
    c = cpu() - c;
    qsort(ns, (size_t)n, sizeof *ns, by_value);
    printf("msgs=%ld secs=%.9f cpu=%.9f p50=%u p99=%u\n", n, start, c, ns[n / 2], ns[n * 99 / 100]);
    fflush(stdout);
}

void reply_times(void *s, long n) {
    unsigned char *p = buffer();
    for (long i = -(n / 10 + 1); i < n; i++)
        if (zmq_recv(s, p, size, 0) == -1 || zmq_send(s, p, size, 0) == -1)
            die("reply");
    free(p);
}

static void *pusher(void *arg) {
    void *s = open_socket(ZMQ_PUSH);
    connect_to(s, endpoint);
    send_all(s, count);
    zmq_close(s);
    return arg;
}

static void *requester(void *arg) {
    void *s = open_socket(ZMQ_REQ);
    connect_to(s, endpoint);
    request_all(s, count);
    zmq_close(s);
    return arg;
}

/* Both ends in this process: the binding one here, the other one in a thread. */
static void both(int type, void *(*other)(void *), void (*here)(void *, long)) {
    pthread_t t;
    void *s = open_socket(type);
    bind_here(s);
    pthread_create(&t, NULL, other, NULL);
    here(s, count);
    pthread_join(t, NULL);
    zmq_close(s);
}

static void one_end(int type, int binds, void (*work)(void *, long)) {
    void *s = open_socket(type);
    if (binds)
        bind_at(s, endpoint, 1);
    else
        connect_to(s, endpoint);
    work(s, count);
    zmq_close(s);
}

/* --- proxies ---------------------------------------------------------------- */

static void *proxy_loop(void *arg) {
    void **s = arg;
    zmq_proxy(s[0], s[1], NULL);
    return NULL;
}

static void proxy(const char *kind, const char *front, const char *back) {
    int types[2] = {ZMQ_PULL, ZMQ_PUSH};
    if (!strcmp(kind, "queue"))
        types[0] = ZMQ_ROUTER, types[1] = ZMQ_DEALER;
    if (!strcmp(kind, "forwarder"))
        types[0] = ZMQ_XSUB, types[1] = ZMQ_XPUB;
    void *s[2] = {open_socket(types[0]), open_socket(types[1])};
    bind_at(s[0], front, 1);
    bind_at(s[1], back, 1);
    pthread_t t;
    pthread_create(&t, NULL, proxy_loop, s);
    until_input_ends();
    printf("cpu=%.9f\n", cpu());
    fflush(stdout);
    _exit(0);
}

#define WINDOW 500 /* requests that are under way through a queue */

static void source_queue(void *s) {
    unsigned char *p = buffer();
    double t = now(), c = cpu();
    for (long sent = 0, got = 0; got < count;) {
        for (; sent < count && sent - got < WINDOW; sent++)
            if (zmq_send(s, "", 0, ZMQ_SNDMORE) == -1 || zmq_send(s, p, size, 0) == -1)
                die("send");
        if (zmq_recv(s, p, size, 0) == -1 || zmq_recv(s, p, size, 0) == -1)
            die("recv");
        got++;
    }
    printf("msgs=%ld secs=%.9f cpu=%.9f\n", count, now() - t, cpu() - c);
    fflush(stdout);
}

static void source(const char *kind) {
    if (!strcmp(kind, "queue")) {
        void *s = open_socket(ZMQ_DEALER);
        connect_to(s, endpoint);
        source_queue(s);
        zmq_close(s);
        return;
    }
    int pub = !strcmp(kind, "forwarder");
    void *s = open_socket(pub ? ZMQ_XPUB : ZMQ_PUSH);
    if (pub) { /* wait for the sink and lose nothing */
        int one = 1;
        char sub[2];
        zmq_setsockopt(s, ZMQ_XPUB_NODROP, &one, sizeof one);
        connect_to(s, endpoint);
        if (zmq_recv(s, sub, sizeof sub, 0) == -1)
            die("subscription");
    } else {
        connect_to(s, endpoint);
    }
    send_all(s, count);
    zmq_close(s);
}

static void sink(const char *kind) {
    int type = !strcmp(kind, "queue") ? ZMQ_REP : !strcmp(kind, "forwarder") ? ZMQ_SUB : ZMQ_PULL;
    void *s = open_socket(type);
    if (type == ZMQ_SUB)
        zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0);
    connect_to(s, endpoint);
    if (type == ZMQ_REP) {
        unsigned char *p = buffer();
        for (long i = 0; i < count; i++)
            if (zmq_recv(s, p, size, 0) == -1 || zmq_send(s, p, size, 0) == -1)
                die("reply");
    } else {
        /* A forwarder drops what the sink is too slow for: a second without any is the end. */
        if (type == ZMQ_SUB) {
            unsigned char *p = buffer();
            long n = 0;
            int patience = -1;
            double t = 0, last = 0;
            while (n < count) {
                if (zmq_recv(s, p, size, 0) == -1) {
                    if (zmq_errno() == EAGAIN)
                        break;
                    die("recv");
                }
                if (n++ == 0)
                    t = now();
                if (patience == -1) {
                    patience = 1000;
                    zmq_setsockopt(s, ZMQ_RCVTIMEO, &patience, sizeof patience);
                }
                last = now();
            }
            printf("msgs=%ld secs=%.9f cpu=%.9f\n", n - 1, last - t, cpu());
            fflush(stdout);
        } else {
            recv_all(s, count);
        }
    }
    zmq_close(s);
}

/* --- sockets at rest ---------------------------------------------------------- */

static long status(const char *name) {
    char line[256];
    long v = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, name, strlen(name)))
            v = atol(line + strlen(name));
    if (f)
        fclose(f);
    return v;
}

void allow_files(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void idle(long n) {
    allow_files();
    zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, (int)n + 10);
    void **s = malloc((size_t)n * sizeof *s);
    size = 64;
    void *first = open_socket(ZMQ_PULL);
    long before = status("VmRSS:");
    char at[64];
    for (long i = 0; i < n; i++) {
        s[i] = open_socket(ZMQ_PULL);
        snprintf(at, sizeof at, "inproc://idle-%ld", i);
        bind_at(s[i], at, 0);
    }
    printf("sockets=%ld threads=%ld rss=%ld\n", n, status("Threads:"), (status("VmRSS:") - before) * 1024);
    fflush(stdout);
    for (long i = 0; i < n; i++)
        zmq_close(s[i]);
    zmq_close(first);
}

int main(int argc, char **argv) {
    const char *work = argc > 1 ? argv[1] : "";
    if (argc < 3) {
        fprintf(stderr, "usage: bench WORK ENDPOINT SIZE COUNT (see bench.c)\n");
        return 2;
    }
    if (getenv("BENCH_PARTS"))
        parts = atol(getenv("BENCH_PARTS"));
    ctx = zmq_ctx_new();
    if (!strcmp(work, "idle")) {
        idle(atol(argv[2]));
    } else if (!strcmp(work, "proxy") && argc == 5) {
        proxy(argv[2], argv[3], argv[4]);
    } else {
        int at = !strcmp(work, "source") || !strcmp(work, "sink");
        if (argc != 5 + at) {
            fprintf(stderr, "bench: %s: the wrong number of arguments\n", work);
            return 2;
        }
        endpoint = argv[2 + at];
        size = (size_t)atol(argv[3 + at]);
        count = atol(argv[4 + at]);
        if (!strcmp(work, "thr"))
            both(ZMQ_PULL, pusher, recv_all);
        else if (!strcmp(work, "thr-recv"))
            one_end(ZMQ_PULL, 1, recv_all);
        else if (!strcmp(work, "thr-send"))
            one_end(ZMQ_PUSH, 0, send_and_stay);
        else if (!strcmp(work, "lat"))
            both(ZMQ_REP, requester, reply_times);
        else if (!strcmp(work, "lat-rep"))
            one_end(ZMQ_REP, 1, reply_times);
        else if (!strcmp(work, "lat-req"))
            one_end(ZMQ_REQ, 0, request_all);
        else if (!strcmp(work, "lat-work"))
            one_end(ZMQ_REP, 0, reply_times);
        else if (!strcmp(work, "source"))
            source(argv[2]);
        else if (!strcmp(work, "sink"))
            sink(argv[2]);
        else if (!numbers(work)) {
            fprintf(stderr, "bench: unknown work %s\n", work);
            return 2;
        }
    }
    zmq_ctx_term(ctx);
    if (!strcmp(work, "thr-send") || !strcmp(work, "lat-rep") || !strcmp(work, "source"))
        printf("cpu=%.9f\n", cpu());
    return 0;
}
