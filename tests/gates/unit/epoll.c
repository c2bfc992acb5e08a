/* The gate of epoll between this program and the kernel: one thread at first, then many, whose descriptors have the same numbers
 * one after the other. The table is small, so that some are beyond it. */
#include <stddef.h>
#include <stdlib.h>

#define PAGE 32
#define PAGES 4
static void *unit_calloc(size_t n, size_t size);
#define calloc unit_calloc
#include "gate_epoll.c"
#undef calloc

#include "check.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static int no_memory;

static void *unit_calloc(size_t n, size_t size) { return no_memory ? NULL : calloc(n, size); }

/* conn is a connection that an engine serves: here its end, there the peer's. */
struct conn {
    int ep, here, there;
    struct epoll_event ev;
};

static int ctl(struct conn *c, int op, uint32_t events) {
    c->ev.events = events;
    c->ev.data.ptr = c;
    return zgate_epoll_ctl(c->ep, op, c->here, &c->ev);
}

static void begin(struct conn *c, int ep, int number) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    if (number >= 0) {
        CHECK(dup2(pair[0], number) == number);
        close(pair[0]);
        pair[0] = number;
    }
    c->ep = ep;
    c->here = pair[0];
    c->there = pair[1];
    CHECK(ctl(c, EPOLL_CTL_ADD, 0) == 0);
}

static void over(struct conn *c) {
    CHECK(ctl(c, EPOLL_CTL_DEL, 0) == 0);
    close(c->here);
}

/* seen returns what is reported of a connection now, 0 for nothing. */
static uint32_t seen(struct conn *c) {
    struct epoll_event evs[8];
    int n = zgate_epoll_wait(c->ep, evs, 8, 0);
    CHECK(n >= 0);
    for (int i = 0; i < n; i++)
        if (evs[i].data.ptr == c)
            return evs[i].events;
    CHECK(n == 0);
    return 0;
}

static void reader(int ep, int number, int gated) {
    struct conn c;
    char b[8];
    begin(&c, ep, number);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLIN) == 0);
    CHECK(seen(&c) == 0);
    CHECK(write(c.there, "x", 1) == 1);
    close(c.there);
    CHECK(seen(&c) == (gated ? EPOLLIN : EPOLLIN | EPOLLHUP));
    CHECK(ctl(&c, EPOLL_CTL_MOD, 0) == 0); /* the queue is full */
    for (int i = 0; i < 3; i++)
        CHECK(seen(&c) == (gated ? 0 : EPOLLHUP));
    /* The kernel has nothing more to say either: the thread is not kept busy. */
    CHECK(!gated || epoll_wait(ep, &(struct epoll_event){0}, 1, 0) == 0);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLOUT) == 0);
    CHECK(seen(&c) == (gated ? EPOLLOUT : EPOLLOUT | EPOLLHUP));
    CHECK(ctl(&c, EPOLL_CTL_MOD, 0) == 0);
    CHECK(seen(&c) == (gated ? 0 : EPOLLHUP));
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLIN) == 0); /* there is room again */
    CHECK(seen(&c) == (gated ? EPOLLIN : EPOLLIN | EPOLLHUP));
    CHECK(read(c.here, b, sizeof b) == 1);
    CHECK((seen(&c) & EPOLLIN) != 0); /* the end is still to be read */
    CHECK(read(c.here, b, sizeof b) == 0);
    over(&c);
}

/* A connect that is under way never asks for input, and hears of everything. */
static void connecter(int ep) {
    struct conn c;
    begin(&c, ep, -1);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLOUT) == 0);
    CHECK(seen(&c) == EPOLLOUT);
    close(c.there);
    CHECK(seen(&c) == (EPOLLOUT | EPOLLHUP));
    over(&c);
}

/* A descriptor that is closed before it is taken out leaves its seat to the next of its number. */
static void forgotten(int ep) {
    struct conn c, d;
    begin(&c, ep, -1);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLIN) == 0);
    close(c.here);
    close(c.there);
    CHECK(ctl(&c, EPOLL_CTL_DEL, 0) == -1 && errno == EBADF);
    begin(&c, ep, -1);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLIN) == 0);
    close(c.here);
    close(c.there);
    begin(&d, ep, -1);
    CHECK(d.here == c.here);
    CHECK(ctl(&d, EPOLL_CTL_MOD, EPOLLOUT) == 0);
    CHECK(seen(&d) == EPOLLOUT);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLIN) == 0); /* the kernel lets it */
    CHECK(ctl(&d, EPOLL_CTL_MOD, EPOLLOUT) == 0);
    close(d.there);
    CHECK(seen(&d) == (EPOLLOUT | EPOLLHUP));
    over(&d);
}

/* A descriptor that is in two sets is gated in the first, and left alone in the second. */
static void in_two_sets(int ep, int other) {
    struct conn c, d;
    begin(&c, ep, -1);
    CHECK(ctl(&c, EPOLL_CTL_MOD, EPOLLIN) == 0);
    d = c;
    d.ep = other;
    CHECK(ctl(&d, EPOLL_CTL_ADD, EPOLLIN) == 0);
    close(c.there);
    CHECK(seen(&c) == EPOLLIN);
    CHECK(seen(&d) == (EPOLLIN | EPOLLHUP));
    CHECK(ctl(&d, EPOLL_CTL_MOD, 0) == 0);
    CHECK(seen(&d) == EPOLLHUP);
    CHECK(ctl(&c, EPOLL_CTL_MOD, 0) == 0);
    CHECK(seen(&c) == 0);
    CHECK(ctl(&d, EPOLL_CTL_DEL, 0) == 0);
    CHECK(seen(&c) == 0);
    over(&c);
}

/* engine has connections come and go, as all threads do at once. */
static void *engine(void *none) {
    int ep = epoll_create1(EPOLL_CLOEXEC), other = epoll_create1(EPOLL_CLOEXEC);
    CHECK(ep >= 0 && other >= 0);
    for (int i = 0; i < 300; i++) {
        reader(ep, -1, 1);
        connecter(other);
    }
    close(ep);
    close(other);
    return none;
}

int main(void) {
    int ep = epoll_create1(EPOLL_CLOEXEC), other = epoll_create1(EPOLL_CLOEXEC);
    reader(ep, -1, 1);
    connecter(ep);
    forgotten(ep);
    in_two_sets(ep, other);
    reader(ep, PAGE * PAGES - 1, 1);
    reader(ep, PAGE * PAGES, 0);
    reader(ep, PAGE * PAGES + 1000, 0);
    no_memory = 1;
    reader(ep, PAGE + 7, 0);
    no_memory = 0;
    reader(ep, PAGE + 7, 1);
    CHECK(zgate_epoll_ctl(ep, EPOLL_CTL_DEL, -1, NULL) == -1 && errno == EBADF);
    CHECK(zgate_epoll_wait(-1, &(struct epoll_event){0}, 1, 0) == -1 && errno == EBADF);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, engine, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    close(ep);
    close(other);
    for (int i = 0; i < PAGES; i++)
        free(book[i]);
    printf("epoll: fine\n");
    return 0;
}
