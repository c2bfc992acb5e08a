//go:build ignore

/*
 * A gate between libzmq's poller (epoll.cpp) and the kernel.
 *
 * What the engine does: when a queue is full it stops asking for input (EPOLLIN). The kernel reports EPOLLHUP and
 * EPOLLERR whatever was asked for, and the poller answers either with in_event.
 *
 * Why that is wrong: in_event of an engine that has stopped reading takes the descriptor out of the poller and notes
 * an input/output error, although messages may still lie in the kernel's buffer: they are lost. Heartbeats (a timer here,
 * or a PING of the peer's that is in the queue) then call an engine that asserts that no such error was noted: the
 * process ends. EPOLLIN and EPOLLHUP together call in_event twice, the second time although the first has just
 * stopped reading: the same end.
 *
 * What the gate answers instead: who has stopped reading does not hear of the end of a connection before it reads again.
 *
 *   - A descriptor that was asked for input once, and is asked for nothing now, is armed for one report (EPOLLONESHOT)
 *     that the gate keeps to itself. The next EPOLL_CTL_MOD arms it again, and the kernel repeats what it had to say.
 *   - Where only output is asked for, EPOLLHUP and EPOLLERR become EPOLLOUT: the write fails, and the engine stops
 *     writing as it always does.
 *   - EPOLLIN that comes with EPOLLHUP or EPOLLERR is handed on as EPOLLIN alone: what is to be read is read, the
 *     kernel repeats the rest, and the last read says how it ended.
 *   - A descriptor that was never asked for input (a connect that is under way) is left as it is.
 *
 * The gate knows a descriptor by its number: its seat in a table.
 * A seat belongs to one epoll set at a time, and only the thread of that set touches it; the owner is an atomic, so
 * that another thread that gets the same number later sees what the last one wrote. What has no seat (numbers beyond the
 * table, no memory for a page, a descriptor that is in another set already) passes straight through.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct seat {
    atomic_int owner; /* the epoll set and one, 0 while nobody sits here */
    uint32_t mask;    /* what the engine asks for */
    void *data;       /* what the engine wants to be told with an event */
    int has_read;     /* whether it has asked for input since it came */
};

#include "book.h"

/* The engine's data are pointers to objects of its own, which have even addresses: an odd one is a seat. */
static void *ticket(struct seat *s) { return (char *)s + 1; }

static struct seat *seat_with(void *ticket) {
    return (uintptr_t)ticket & 1 ? (struct seat *)((char *)ticket - 1) : NULL;
}

/* take has a seat belong to a set. It reports whether it does: a set may already have it, where a descriptor was closed
 * before it was taken out. */
static int take(struct seat *s, int ep) {
    int owner = 0;
    return atomic_compare_exchange_strong_explicit(&s->owner, &owner, ep + 1, memory_order_acquire,
                                                   memory_order_acquire) ||
           owner == ep + 1;
}

static int has(struct seat *s, int ep, void *data) {
    return s && atomic_load_explicit(&s->owner, memory_order_acquire) == ep + 1 && s->data == data;
}

static void leave(struct seat *s) { atomic_store_explicit(&s->owner, 0, memory_order_release); }

/* arm tells the kernel what the engine asks for. */
static int arm(int ep, int op, int fd, struct seat *s) {
    struct epoll_event ev = {.events = s->mask, .data.ptr = ticket(s)};
    if (s->has_read && !(s->mask & (EPOLLIN | EPOLLOUT)))
        ev.events |= EPOLLONESHOT;
    return epoll_ctl(ep, op, fd, &ev);
}

int zgate_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev);
int zgate_epoll_wait(int ep, struct epoll_event *evs, int max, int timeout);

int zgate_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev) {
    struct seat *s = seat_of(fd);
    if (!s || !ev || (uintptr_t)ev->data.ptr & 1)
        return epoll_ctl(ep, op, fd, ev);
    if (op == EPOLL_CTL_ADD) {
        if (!take(s, ep))
            return epoll_ctl(ep, op, fd, ev);
        s->data = ev->data.ptr;
        s->mask = ev->events;
        s->has_read = (s->mask & EPOLLIN) != 0;
        int rc = arm(ep, op, fd, s);
        if (rc == -1)
            leave(s);
        return rc;
    }
    if (!has(s, ep, ev->data.ptr))
        return epoll_ctl(ep, op, fd, ev);
    if (op == EPOLL_CTL_DEL) {
        leave(s);
        return epoll_ctl(ep, op, fd, ev);
    }
    s->mask = ev->events;
    if (s->mask & EPOLLIN)
        s->has_read = 1;
    return arm(ep, op, fd, s);
}

/* told returns what the engine is told of what the kernel reports, 0 for nothing. */
static uint32_t told(const struct seat *s, uint32_t events) {
    if (!s->has_read || !(events & (EPOLLERR | EPOLLHUP)))
        return events;
    if (!(s->mask & EPOLLIN))
        return s->mask & EPOLLOUT;
    if (events & EPOLLIN)
        return events & ~(uint32_t)(EPOLLERR | EPOLLHUP);
    return events;
}

int zgate_epoll_wait(int ep, struct epoll_event *evs, int max, int timeout) {
    int n = epoll_wait(ep, evs, max, timeout), kept = 0;
    for (int i = 0; i < n; i++) {
        struct epoll_event ev = evs[i];
        struct seat *s = seat_with(ev.data.ptr);
        if (s) {
            ev.events = told(s, ev.events);
            ev.data.ptr = s->data;
            if (!ev.events)
                continue;
        }
        evs[kept++] = ev;
    }
    return n < 0 ? n : kept;
}
