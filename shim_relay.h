/* C side of the fence, continued: relays move messages from socket to socket, for
 * devices. The messages never enter Go. */
#ifndef ZGO_SHIM_RELAY_H
#define ZGO_SHIM_RELAY_H

/* What one crossing of a relay did, and how it left the sockets. */
typedef struct {
    int64_t messages, parts, bytes;
    int64_t dropped; /* messages that the destination or the limit refused for good */
    int64_t missed;  /* messages that the capture had no room for */
    int err;
    int held;         /* the destination is full: a message is kept here for it */
    int capture_full; /* nothing moves before the capture has room */
    int ev_from, ev_to, ev_capture;
} zgo_moved;

/* A relay keeps the message that its destination had no room for. */
typedef struct {
    zgo_msg *held;
    size_t count, cap;
    zgo_msg part;
} zgo_relay_t;

typedef struct zgo_relay zgo_relay; /* the same, as a handle */

#define ZGO_RELAY(r) ((zgo_relay_t *)(r))

static zgo_relay *zgo_relay_new(void) {
    zgo_relay_t *r = (zgo_relay_t *)calloc(1, sizeof *r);
    if (r)
        zmq_msg_init(&r->part.m);
    return (zgo_relay *)r;
}

static void zgo_relay_free(zgo_relay *relay) {
    zgo_relay_t *r = ZGO_RELAY(relay);
    for (size_t i = 0; i < r->count; i++)
        zmq_msg_close(&r->held[i].m);
    zmq_msg_close(&r->part.m);
    free(r->held);
    free(r);
}

/* zgo_relay_recv receives a part; only the first of a message may be missing. */
static int zgo_relay_recv(zgo_sock *from, zgo_msg *m, int first) {
    while (zmq_recvmsg(from, &m->m, first ? ZMQ_DONTWAIT : 0) == -1) {
        int e = zgo_errno();
        if (e != EINTR)
            return e;
    }
    return 0;
}

static int zgo_relay_send(zgo_sock *to, zgo_msg *m, int first, int more) {
    int flags = (first ? ZMQ_DONTWAIT : 0) | (more ? ZMQ_SNDMORE : 0);
    while (zmq_sendmsg(to, &m->m, flags) == -1) {
        int e = zgo_errno();
        if (e != EINTR)
            return e;
    }
    return 0;
}

/* zgo_relay_hold keeps the part at hand. */
static int zgo_relay_hold(zgo_relay_t *r) {
    if (r->count == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 8;
        zgo_msg *held = (zgo_msg *)malloc(cap * sizeof *held);
        if (!held)
            return ENOMEM;
        for (size_t i = 0; i < r->count; i++) {
            zmq_msg_init(&held[i].m);
            zmq_msg_move(&held[i].m, &r->held[i].m);
            zmq_msg_close(&r->held[i].m);
        }
        free(r->held);
        r->held = held;
        r->cap = cap;
    }
    zmq_msg_init(&r->held[r->count].m);
    zmq_msg_move(&r->held[r->count++].m, &r->part.m);
    return 0;
}

/* zgo_relay_skip drops the later parts of a message. */
static int zgo_relay_skip(zgo_sock *from, zgo_relay_t *r, int more) {
    while (more) {
        int e = zgo_relay_recv(from, &r->part, 0);
        if (e)
            return e;
        more = zgo_more(from, &r->part.m);
    }
    return 0;
}

/* zgo_relay_flush sends the message that is kept. */
static int zgo_relay_flush(zgo_sock *to, zgo_relay_t *r, zgo_moved *d) {
    int err = 0;
    for (size_t i = 0; i < r->count && !err; i++)
        err = zgo_relay_send(to, &r->held[i], i == 0, i + 1 < r->count);
    if (err == EAGAIN)
        return err;
    for (size_t i = 0; i < r->count; i++)
        zmq_msg_close(&r->held[i].m);
    r->count = 0;
    if (err == EHOSTUNREACH) {
        d->dropped++;
        err = 0;
    }
    return err;
}

/* zgo_relay_copy gives the capture its copy of the part at hand. */
static int zgo_relay_copy(zgo_sock *capture, zgo_msg *part, int first, int more) {
    zgo_msg copy;
    zmq_msg_init(&copy.m);
    zmq_msg_copy(&copy.m, &part->m);
    int e = zgo_relay_send(capture, &copy, first, more);
    zmq_msg_close(&copy.m);
    return e;
}

enum {
    ZGO_LOSSY = 1,  /* the capture misses what it has no room for */
    ZGO_SUBS = 2,   /* the messages are subscriptions, of limited length */
    ZGO_DISCARD = 4 /* nothing is passed on */
};

/* Where the parts of a message go after its first one. */
typedef struct {
    zgo_sock *to;      /* NULL: nowhere, or to what is kept */
    zgo_sock *capture; /* NULL: nobody looks, or had no room for the first */
    int keep;
} zgo_way;

static int zgo_relay_later(zgo_sock *from, zgo_relay_t *r, int more, zgo_way way, zgo_moved *d) {
    while (more) {
        int err = zgo_relay_recv(from, &r->part, 0);
        if (err)
            return err;
        more = zgo_more(from, &r->part.m);
        if (way.to || way.keep) {
            d->parts++;
            d->bytes += (int64_t)zmq_msg_size(&r->part.m);
        }
        if (way.capture && (err = zgo_relay_copy(way.capture, &r->part, 0, more)))
            return err;
        if (way.keep)
            err = zgo_relay_hold(r);
        else if (way.to)
            err = zgo_relay_send(way.to, &r->part, 0, more);
        if (err)
            return err;
    }
    return 0;
}

/* zgo_relay_one moves one message. EAGAIN: there is none, or no room for it. */
static int zgo_relay_one(zgo_sock *from, zgo_way way, zgo_relay_t *r, int how, size_t topic_max, zgo_moved *d) {
    if (way.capture && !(how & ZGO_LOSSY)) {
        int ev = zgo_events(way.capture);
        if (ev < 0)
            return -ev;
        if (!(ev & ZMQ_POLLOUT)) {
            d->capture_full = 1;
            return EAGAIN;
        }
    }
    int err = zgo_relay_recv(from, &r->part, 1);
    if (err)
        return err;
    int more = zgo_more(from, &r->part.m);
    size_t size = zmq_msg_size(&r->part.m);
    if (how & ZGO_DISCARD)
        return zgo_relay_skip(from, r, more);
    if ((how & ZGO_SUBS) && size > topic_max + 1 && *(unsigned char *)zmq_msg_data(&r->part.m) <= 1) {
        d->dropped++;
        return zgo_relay_skip(from, r, more);
    }
    if (way.capture && (err = zgo_relay_copy(way.capture, &r->part, 1, more))) {
        if (err != EAGAIN && err != EHOSTUNREACH)
            return err;
        d->missed++;
        way.capture = NULL;
    }
    err = zgo_relay_send(way.to, &r->part, 1, more);
    /* No such peer; or, of 3.1.0, no subscription: it dislikes an empty one. */
    if (err == EHOSTUNREACH || (err == EINVAL && (how & ZGO_SUBS))) {
        d->dropped++;
        way.to = NULL;
        return zgo_relay_later(from, r, more, way, d);
    }
    if (err && err != EAGAIN)
        return err;
    d->messages++;
    d->parts++;
    d->bytes += (int64_t)size;
    way.keep = err == EAGAIN;
    if (way.keep && (err = zgo_relay_hold(r)))
        return err;
    if ((err = zgo_relay_later(from, r, more, way, d)))
        return err;
    return way.keep ? EAGAIN : 0;
}

/* zgo_relay_move moves up to max messages. */
static zgo_moved zgo_relay_move(zgo_sock *from, zgo_sock *to, zgo_sock *capture, zgo_relay *relay, int max, int how,
                                size_t topic_max) {
    zgo_relay_t *r = ZGO_RELAY(relay);
    zgo_way way = {to, capture, 0};
    zgo_moved d;
    memset(&d, 0, sizeof d);
    if (r->count)
        d.err = zgo_relay_flush(to, r, &d);
    for (int i = 0; i < max && !d.err; i++)
        d.err = zgo_relay_one(from, way, r, how, topic_max, &d);
    if (d.err == EAGAIN)
        d.err = 0;
    d.held = r->count > 0;
    d.ev_from = zgo_events(from);
    d.ev_to = zgo_events(to);
    if (capture)
        d.ev_capture = zgo_events(capture);
    return d;
}

#endif /* ZGO_SHIM_RELAY_H */
