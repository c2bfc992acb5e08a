/* C side of the fence, continued: relays move messages from socket to socket, for
 * devices. The messages never enter Go. */
#ifndef ZGO_SHIM_RELAY_H
#define ZGO_SHIM_RELAY_H

typedef struct {
    int64_t messages, parts, bytes;
} zgo_count;

/* What a relay did in one crossing. */
typedef struct {
    zgo_count in, out;
    int64_t dropped; /* messages that the destination or the limit refused for good */
    int64_t missed;  /* messages that the capture had no room for */
    int err;
    int full;         /* the destination has no room */
    int capture_full; /* the capture has no room, and nothing moves before it has */
    int false_ready;       /* what calls itself ready is not */
} zgo_moved;

/* What the two relays of a device did in one crossing, and how it left the sockets. */
typedef struct {
    zgo_moved forth, backw;
    int ev_front, ev_back, ev_capture;
} zgo_turned;

/* A relay holds the message at hand. It is taken in as a whole before any of it is sent, so that a
 * failure on either side leaves no half of one; and it stays here while there is no room for it. */
typedef struct {
    zgo_msg *part; /* cap of them, all initialised */
    size_t count;  /* parts of the message at hand, 0 if there is none */
    size_t cap;
    int64_t bytes;
    int captured; /* the capture has had its copy */
    int stalled;  /* a lossy capture had no room in this burst */
} zgo_relay_t;

typedef struct {
    char opaque;
} zgo_relay; /* the same, as a handle, see zgo_sock */

#define ZGO_RELAY(r) ((zgo_relay_t *)(r))

#define ZGO_RELAY_PARTS 8

enum {
    ZGO_LOSSY = 1,  /* the capture misses what it has no room for */
    ZGO_SUBS = 2,   /* what begins with 0 or 1 is a subscription, of limited length */
    ZGO_DISCARD = 4 /* nothing is passed on */
};

static zgo_relay *zgo_relay_new(void) {
    zgo_relay_t *r = (zgo_relay_t *)calloc(1, sizeof *r);
    if (r && !(r->part = zgo_msgs_alloc(ZGO_RELAY_PARTS))) {
        free(r);
        return NULL;
    }
    if (r)
        r->cap = ZGO_RELAY_PARTS;
    return (zgo_relay *)r;
}

static void zgo_relay_free(zgo_relay *relay) {
    zgo_relay_t *r = ZGO_RELAY(relay);
    zgo_msgs_free(r->part, r->cap);
    free(r);
}

/* zgo_relay_grow makes place for more parts. */
static int zgo_relay_grow(zgo_relay_t *r) {
    zgo_msg *part = zgo_msgs_alloc(2 * r->cap);
    if (!part)
        return 0;
    for (size_t i = 0; i < r->cap; i++)
        zmq_msg_move(&part[i].m, &r->part[i].m);
    zgo_msgs_free(r->part, r->cap);
    r->part = part;
    r->cap *= 2;
    return 1;
}

/* zgo_relay_drop forgets the message at hand. */
static void zgo_relay_drop(zgo_relay_t *r) {
    for (size_t i = 0; i < r->count; i++)
        zgo_msg_reset(&r->part[i]);
    r->count = 0;
}

/* zgo_relay_size is the size of a part that was received with this answer, which an int may be too small for. */
static int64_t zgo_relay_size(int rc, zgo_msg *m) { return rc >= 0 && rc < INT_MAX ? rc : (int64_t)zmq_msg_size(&m->m); }

/* zgo_relay_recv receives a part; only the first of a message may be missing. */
static int zgo_relay_recv(zgo_sock *from, zgo_msg *m, int first, int64_t *bytes) {
    int rc;
    while ((rc = zmq_recvmsg(from, &m->m, first ? ZMQ_DONTWAIT : 0)) == -1) {
        int e = zgo_errno();
        if (e != EINTR)
            return first && e == EFSM ? EAGAIN : e; /* not this side's turn (REQ, REP) */
    }
    *bytes += zgo_relay_size(rc, m);
    return 0;
}

/* zgo_relay_send sends a part; only the first of a message may be refused. */
static int zgo_relay_send(zgo_sock *to, zgo_msg *m, int first, int more, int *lost) {
    int flags = zgo_flags(more ? ZGO_MORE : 0);
    if (!first)
        return zgo_later(to, &m->m, flags, lost);
    while (zmq_sendmsg(to, &m->m, flags) == -1) {
        int e = zgo_errno();
        if (e != EINTR)
            return e == EFSM ? EAGAIN : e;
    }
    return 0;
}

/* zgo_relay_take takes in a message. EAGAIN: there is none. */
static int zgo_relay_take(zgo_sock *from, zgo_relay_t *r, zgo_count *in) {
    int64_t bytes = 0;
    int err = zgo_relay_recv(from, &r->part[0], 1, &bytes);
    if (err)
        return err;
    size_t n = 1;
    while (zgo_more(from, &r->part[n - 1].m)) {
        if (n == r->cap && !zgo_relay_grow(r)) {
            zgo_skip_rest(from);
            return ENOMEM;
        }
        if ((err = zgo_relay_recv(from, &r->part[n++], 0, &bytes)))
            return err;
    }
    r->count = n;
    r->bytes = bytes;
    r->captured = 0;
    in->messages++;
    in->parts += (int64_t)n;
    in->bytes += bytes;
    return 0;
}

/* zgo_relay_copy gives the capture its copy of the message at hand. EAGAIN: it has no room. */
static int zgo_relay_copy(zgo_sock *capture, zgo_relay_t *r) {
    int lost = 0;
    for (size_t i = 0; i < r->count; i++) {
        zgo_msg copy;
        zmq_msg_init(&copy.m);
        zmq_msg_copy(&copy.m, &r->part[i].m);
        int err = zgo_relay_send(capture, &copy, i == 0, i + 1 < r->count, &lost);
        zmq_msg_close(&copy.m);
        if (err)
            return err;
    }
    return 0;
}

/* zgo_relay_pass sends the message at hand. EAGAIN: there is no room for it. */
static int zgo_relay_pass(zgo_sock *to, zgo_relay_t *r, int how, zgo_moved *d) {
    int lost = 0;
    for (size_t i = 0; i < r->count; i++) {
        int err = zgo_relay_send(to, &r->part[i], i == 0, i + 1 < r->count, &lost);
        if (err) {
            /* No such peer; or, of 3.1.0, no subscription: it dislikes an empty message. libzmq would take
             * the next part for the first of another message. */
            int refused = err == EHOSTUNREACH || (err == EINVAL && (how & ZGO_SUBS));
            if (refused || i) {
                d->dropped++;
                zgo_relay_drop(r);
            }
            return refused ? 0 : err;
        }
    }
    d->out.messages++;
    d->out.parts += (int64_t)r->count;
    d->out.bytes += r->bytes;
    r->count = 0;
    return 0;
}

/* zgo_relay_room decides what follows when a socket had no room: 1 to try once more, since a send that
 * does not wait may not have looked who has made room; 0 to give up. */
static int zgo_relay_room(zgo_sock *s, int *tried, zgo_moved *d, int *full) {
    int ev = zgo_events(s);
    if (ev < 0) {
        d->err = -ev;
        return 0;
    }
    if ((ev & ZMQ_POLLOUT) && !*tried)
        return *tried = 1;
    *full = 1;
    d->false_ready = (ev & ZMQ_POLLOUT) != 0;
    return 0;
}

/* zgo_relay_long reports whether this is a subscription, or the end of one, to more than max bytes, or to as many as the
 * engine loses on their way. */
static int zgo_relay_long(zmq_msg_t *m, size_t max) {
    size_t size = zmq_msg_size(m);
    if (size <= 1 || *(unsigned char *)zmq_msg_data(m) > 1)
        return 0;
    if (size - 1 > max)
        return 1;
    if (size - 1 < 246 || size - 1 > 255)
        return 0;
    int v = zgo_version();
    return v == 40303 || v == 40304;
}

/* zgo_relay_one moves one message and reports whether there may be another one to move. */
static int zgo_relay_one(zgo_sock *from, zgo_sock *to, zgo_sock *capture, zgo_relay_t *r, int how, size_t topic_max,
                         zgo_moved *d) {
    int err, tried = 0;
    if (!r->count) {
        if ((err = zgo_relay_take(from, r, &d->in)))
            goto failed;
        if ((how & ZGO_SUBS) && zgo_relay_long(&r->part[0].m, topic_max)) {
            d->dropped++;
            zgo_relay_drop(r);
            return 1;
        }
        if (how & ZGO_DISCARD)
            zgo_relay_drop(r);
    }
    while (capture && r->count && !r->captured) {
        err = zgo_relay_copy(capture, r);
        if (err == EAGAIN && !r->stalled && zgo_relay_room(capture, &tried, d, &d->capture_full))
            continue;
        if (err && (err != EAGAIN || !(how & ZGO_LOSSY)))
            goto failed;
        if (err) {
            d->missed++;
            d->capture_full = d->false_ready = 0;
            r->stalled = 1;
        }
        r->captured = 1;
    }
    for (tried = 0; r->count && (err = zgo_relay_pass(to, r, how, d));)
        if (err != EAGAIN || !zgo_relay_room(to, &tried, d, &d->full))
            goto failed;
    return 1;
failed:
    if (err != EAGAIN && !d->err)
        d->err = err;
    return 0;
}

/* What one direction of a device consists of. */
typedef struct {
    zgo_sock *from, *to, *capture;
    int ev_from, ev_to;
    int how;
} zgo_route;

static int zgo_relay_idle(const zgo_moved *d) { return !(d->in.messages | d->out.messages | d->dropped); }

/* zgo_relay_move moves up to max messages. */
static zgo_moved zgo_relay_move(zgo_route w, zgo_relay *relay, int max, size_t topic_max) {
    zgo_relay_t *r = ZGO_RELAY(relay);
    zgo_moved d;
    memset(&d, 0, sizeof d);
    if (!r || (!r->count && !(w.ev_from & ZMQ_POLLIN)))
        return d;
    /* Nothing is taken in while there is no room for it, as far as that can be known beforehand. */
    if (!(w.how & ZGO_DISCARD) && !(w.ev_to & ZMQ_POLLOUT)) {
        d.full = 1;
        return d;
    }
    r->stalled = 0;
    for (int i = 0; i < max && zgo_relay_one(w.from, w.to, w.capture, r, w.how, topic_max, &d); i++)
        ;
    if (zgo_relay_idle(&d) && !d.full && !d.capture_full)
        d.false_ready = 1; /* ready to receive, and then there was nothing */
    return d;
}

/* zgo_device_turn moves up to max messages either way. A relay that is NULL moves none. Negative events are errors. */
static zgo_turned zgo_device_turn(zgo_sock *front, zgo_sock *back, zgo_sock *capture, zgo_relay *forth, zgo_relay *backw,
                                  int max, int how_forth, int how_backw, size_t topic_max) {
    zgo_turned t;
    memset(&t, 0, sizeof t);
    t.ev_front = zgo_events(front);
    t.ev_back = back == front ? t.ev_front : zgo_events(back);
    if (t.ev_front < 0 || t.ev_back < 0)
        return t;
    zgo_route there = {front, back, capture, t.ev_front, t.ev_back, how_forth};
    zgo_route here = {back, front, capture, t.ev_back, t.ev_front, how_backw};
    t.forth = zgo_relay_move(there, forth, max, topic_max);
    t.backw = zgo_relay_move(here, backw, max, topic_max);
    if (!zgo_relay_idle(&t.forth) || !zgo_relay_idle(&t.backw)) {
        t.ev_front = zgo_events(front);
        t.ev_back = back == front ? t.ev_front : zgo_events(back);
    }
    if (capture)
        t.ev_capture = zgo_events(capture);
    return t;
}

#endif /* ZGO_SHIM_RELAY_H */
