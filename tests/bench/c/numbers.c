/* Works that are repeated with another number of something each time, which BENCH_NUMBER tells. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "bench.h"

static long number = 1;

/* Works that send and receive in turn go on for so many seconds at most, after half as many to warm up. */
#define ENOUGH 0.4

static void in_turn(void (*once)(void)) {
    for (double t = now(); now() - t < ENOUGH / 2;)
        once();
    double c = cpu(), t = now();
    long done = 0;
    for (; done < count && (done % 16 != 0 || now() - t < ENOUGH); done++)
        once();
    t = now() - t;
    printf("msgs=%ld secs=%.9f cpu=%.9f\n", done, t, cpu() - c);
    fflush(stdout);
}

static void *out, *in;
static unsigned char *msg, *got;

/* connect_both opens the two ends of a connection within the process. */
static void connect_both(int binding, int connecting) {
    in = open_socket(binding);
    bind_here(in);
    out = open_socket(connecting);
    connect_to(out, endpoint);
    msg = buffer();
    got = buffer();
}

/* --- many sockets: a program in C polls them ---------------------------------- */

static zmq_pollitem_t *items;

static void among(void) {
    if (zmq_send(out, msg, size, 0) == -1)
        die("send");
    if (zmq_poll(items, (int)number, -1) == -1 || !(items[0].revents & ZMQ_POLLIN))
        die("poll");
    if (zmq_recv(in, got, size, 0) == -1)
        die("recv");
}

static void sockets(void) {
    allow_files();
    zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, (int)number + 10);
    connect_both(ZMQ_PULL, ZMQ_PUSH);
    items = calloc((size_t)number, sizeof *items);
    for (long i = 0; i < number; i++) {
        items[i].socket = i ? open_socket(ZMQ_PULL) : in;
        items[i].events = ZMQ_POLLIN;
    }
    in_turn(among);
    _exit(0);
}

/* --- many subscriptions ------------------------------------------------------- */

#define TOPIC 6

static char (*topics)[32];
static long next_topic;

static void published(void) {
    memcpy(msg, topics[next_topic], TOPIC);
    next_topic = (next_topic + 7919) % number;
    if (zmq_send(out, msg, size, 0) == -1)
        die("send");
    if (zmq_recv(in, got, size, 0) == -1)
        die("recv");
}

static void subscriptions(void) {
    int none = 0;
    if (size <= TOPIC) {
        fprintf(stderr, "bench: messages that are longer than a topic\n");
        exit(1);
    }
    /* Without a high-water mark: the engine notices only once a millisecond that the SUB has taken messages,
     * and an XPUB drops what is beyond the mark. */
    out = open_socket(ZMQ_XPUB);
    in = open_socket(ZMQ_SUB);
    for (int i = 0; i < 4; i++)
        zmq_setsockopt(i < 2 ? in : out, i % 2 ? ZMQ_SNDHWM : ZMQ_RCVHWM, &none, sizeof none);
    bind_here(out);
    connect_to(in, endpoint);
    msg = buffer();
    got = buffer();
    topics = calloc((size_t)number, sizeof *topics);
    for (long i = 0; i < number; i++) {
        snprintf(topics[i], sizeof topics[i], "%06ld", i);
        if (zmq_setsockopt(in, ZMQ_SUBSCRIBE, topics[i], TOPIC) == -1 || zmq_recv(out, got, size, 0) == -1)
            die("subscribe");
    }
    in_turn(published);
    zmq_close(in);
    zmq_close(out);
}

/* --- many threads on one socket, which a lock lets in one at a time -------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long left;

static void *sender(void *arg) {
    send_all(out, count);
    return arg;
}

static void *receiver(void *arg) {
    unsigned char *p = buffer();
    for (;;) {
        pthread_mutex_lock(&lock);
        int more = left-- > 0;
        if (more && zmq_recv(in, p, size, 0) == -1)
            die("recv");
        pthread_mutex_unlock(&lock);
        if (!more)
            break;
    }
    free(p);
    return arg;
}

static void threads(pthread_t *t, void *(*of)(void *)) {
    for (long i = 0; i < number; i++)
        if (pthread_create(&t[i], NULL, of, (void *)i) != 0) {
            fprintf(stderr, "bench: no more threads than %ld\n", i);
            exit(1);
        }
}

static void shared(void) {
    pthread_t one, *t = calloc((size_t)number, sizeof *t);
    connect_both(ZMQ_PULL, ZMQ_PUSH);
    left = count - 1;
    pthread_create(&one, NULL, sender, NULL);
    if (zmq_recv(in, got, size, 0) == -1)
        die("recv");
    double c = cpu(), began = now();
    threads(t, receiver);
    for (long i = 0; i < number; i++)
        pthread_join(t[i], NULL);
    printf("msgs=%ld secs=%.9f cpu=%.9f\n", count - 1, now() - began, cpu() - c);
    fflush(stdout);
    pthread_join(one, NULL);
    zmq_close(out);
    zmq_close(in);
}

/* --- many pairs of REQ and REP ------------------------------------------------- */

static void **reqs, **reps;
static uint32_t *ns;
static long each;
static pthread_barrier_t warm;

static void *replier(void *arg) {
    reply_times(reps[(long)arg], each);
    return arg;
}

static void *requester(void *arg) {
    long at = (long)arg;
    unsigned char *p = buffer();
    for (long i = -(each / 10 + 1); i < each; i++) {
        if (i == 0)
            pthread_barrier_wait(&warm);
        double t = now();
        if (zmq_send(reqs[at], p, size, 0) == -1 || zmq_recv(reqs[at], p, size, 0) == -1)
            die("round trip");
        if (i >= 0)
            ns[at * each + i] = (uint32_t)((now() - t) * 1e9);
    }
    free(p);
    return arg;
}

static void pairs(void) {
    pthread_t *rep = calloc((size_t)number, sizeof *rep), *req = calloc((size_t)number, sizeof *req);
    const char *wild = endpoint;
    each = count / number > 0 ? count / number : 1;
    ns = calloc((size_t)(each * number), sizeof *ns);
    reqs = calloc((size_t)number, sizeof *reqs);
    reps = calloc((size_t)number, sizeof *reps);
    for (long i = 0; i < number; i++) {
        endpoint = wild;
        connect_both(ZMQ_REP, ZMQ_REQ);
        reps[i] = in;
        reqs[i] = out;
    }
    pthread_barrier_init(&warm, NULL, (unsigned)number + 1);
    threads(rep, replier);
    threads(req, requester);
    pthread_barrier_wait(&warm);
    double c = cpu(), t = now();
    for (long i = 0; i < number; i++)
        pthread_join(req[i], NULL);
    t = now() - t;
    c = cpu() - c;
    for (long i = 0; i < number; i++) {
        pthread_join(rep[i], NULL);
        zmq_close(reqs[i]);
        zmq_close(reps[i]);
    }
    long n = each * number;
    qsort(ns, (size_t)n, sizeof *ns, by_value);
    printf("msgs=%ld secs=%.9f cpu=%.9f p50=%u p99=%u\n", n, t, c, ns[n / 2], ns[n * 99 / 100]);
    fflush(stdout);
}

int numbers(const char *work) {
    if (getenv("BENCH_NUMBER"))
        number = atol(getenv("BENCH_NUMBER"));
    if (number < 1)
        number = 1;
    if (!strcmp(work, "sockets"))
        sockets();
    else if (!strcmp(work, "subscriptions"))
        subscriptions();
    else if (!strcmp(work, "shared"))
        shared();
    else if (!strcmp(work, "pairs"))
        pairs();
    else
        return 0;
    return 1;
}
