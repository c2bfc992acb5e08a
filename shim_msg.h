/* C side of the fence, continued: single parts and messages, sent and received one at a time.
 * shim.h includes it. */
#ifndef ZGO_SHIM_MSG_H
#define ZGO_SHIM_MSG_H

/* --- one part ---------------------------------------------------------- */

static int zgo_flags(int mode) { return ZMQ_DONTWAIT | (mode & ZGO_MORE ? ZMQ_SNDMORE : 0); }

/* zgo_refused_later deals with a later part that was refused: 0 to try again, 1 when the part is to
 * be dropped, -1 for an error. A peer that took the first part has room for the others, so it is gone, and
 * the message with it; most types then drop the rest by themselves. A PAIR would give it to its
 * next peer as a message of its own, or wait for one for ever: *lost tells to keep the rest from it. */
static int zgo_refused_later(zgo_sock *s, int *lost) {
    int e = zgo_errno(), type = -1;
    size_t n = sizeof type;
    if (e == EINTR)
        return 0;
    if (e != EAGAIN)
        return -1;
    *lost = zmq_getsockopt(s, ZMQ_TYPE, &type, &n) != -1 && type == ZMQ_PAIR;
    return 1;
}

/* zgo_empty empties a message that is most likely empty, as it is after a send. */
static void zgo_empty(zmq_msg_t *m) {
    /* An XSUB of 3.1.0 leaves a duplicate subscription in the message. */
    if (zmq_msg_size(m)) {
        zmq_msg_close(m);
        zmq_msg_init(m);
    }
}

/* zgo_later sends a later part of a message, or drops it, and returns 0 or an errno. */
static int zgo_later(zgo_sock *s, zmq_msg_t *m, int flags, int *lost) {
    int again = 0;
    while (!*lost && !again && zmq_sendmsg(s, m, flags | ZMQ_DONTWAIT) == -1) {
        int e = zgo_errno();
        if ((again = zgo_refused_later(s, lost)) < 0)
            return e;
    }
    zgo_empty(m);
    return 0;
}

/* zgo_send sends a part. r.lost tells that the rest of its message must be dropped. */
static zgo_res zgo_send(zgo_sock *s, const unsigned char *p, size_t n, int mode) {
    zgo_res r = zgo_zero;
    int later = mode & ZGO_CONTINUATION, lost = 0, rounds = 0;
    while (zmq_send(s, (void *)p, n, zgo_flags(mode)) == -1) {
        if (later && zgo_refused_later(s, &lost) > 0)
            break;
        if (!zgo_again(s, &r, ZMQ_POLLOUT, later ? 0 : mode, &rounds))
            return r;
    }
    r.err = 0;
    r.n = (int64_t)n;
    r.lost = lost;
    return zgo_after(s, r, mode);
}

static zgo_res zgo_recv(zgo_sock *s, unsigned char *p, size_t n, int mode) {
    zgo_res r = zgo_zero;
    zgo_msg m;
    int rounds = 0;
    zmq_msg_init(&m.m);
    while (zmq_recvmsg(s, &m.m, ZMQ_DONTWAIT) == -1)
        if (!zgo_again(s, &r, ZMQ_POLLIN, mode, &rounds)) {
            zmq_msg_close(&m.m);
            return r;
        }
    size_t size = zmq_msg_size(&m.m);
    if (size && n)
        memcpy(p, zmq_msg_data(&m.m), size < n ? size : n);
    r.err = 0;
    r.n = (int64_t)size;
    r.more = zgo_more(s, &m.m);
    zmq_msg_close(&m.m);
    return zgo_after(s, r, mode);
}

/* --- messages ---------------------------------------------------------- */

static zgo_msg *zgo_msgs_alloc(size_t count) {
    zgo_msg *m = (zgo_msg *)malloc(count * sizeof *m);
    for (size_t i = 0; m && i < count; i++)
        zmq_msg_init(&m[i].m);
    return m;
}

static void zgo_msgs_free(zgo_msg *m, size_t count) {
    for (size_t i = 0; i < count; i++)
        zmq_msg_close(&m[i].m);
    free(m);
}

/* zgo_msg_view fills in where the bytes of an initialised message are. */
static zgo_res zgo_msg_view(zgo_msg *m) {
    zgo_res r = zgo_zero;
    r.data = (unsigned char *)zmq_msg_data(&m->m);
    r.n = (int64_t)zmq_msg_size(&m->m);
    return r;
}

/* zgo_msg_see is zgo_msg_view for a message that others had in their hands. */
static zgo_res zgo_msg_see(zgo_msg *m) {
    zgo_res r = zgo_msg_view(m);
#if ZGO_API >= 30201
    r.more = zmq_msg_more(&m->m);
#endif
    return r;
}

/* zgo_msg_size gives an initialised message n bytes of its own. If p is not
 * NULL they are copied from there. On failure the message is empty. */
static zgo_res zgo_msg_size(zgo_msg *m, const unsigned char *p, size_t n) {
    zmq_msg_close(&m->m);
    if (n > (size_t)PTRDIFF_MAX - 4096 || zmq_msg_init_size(&m->m, n) == -1) {
        zmq_msg_init(&m->m);
        return zgo_fail(ENOMEM);
    }
    zgo_res r = zgo_msg_view(m);
    if (p && n)
        memcpy(r.data, p, n);
    return r;
}

/* zgo_msg_reset empties an initialised message and leaves it usable. */
static void zgo_msg_reset(zgo_msg *m) {
    zmq_msg_close(&m->m);
    zmq_msg_init(&m->m);
}

static zgo_res zgo_msg_copy(zgo_msg *dst, zgo_msg *src) {
    return zmq_msg_copy(&dst->m, &src->m) == -1 ? zgo_fail(zgo_errno()) : zgo_msg_view(dst);
}

static zgo_res zgo_msg_move(zgo_msg *dst, zgo_msg *src) {
    return zmq_msg_move(&dst->m, &src->m) == -1 ? zgo_fail(zgo_errno()) : zgo_msg_view(dst);
}

static const char *zgo_msg_gets(zgo_msg *m, const char *property) {
#if ZGO_API >= 40100
    return zmq_msg_gets(&m->m, property);
#else
    (void)m, (void)property;
    return NULL;
#endif
}

static zgo_res zgo_sendmsg(zgo_sock *s, zgo_msg *m, int mode) {
    zgo_res r = zgo_zero;
    int lost = 0, rounds = 0;
    size_t n = zmq_msg_size(&m->m);
    if (mode & ZGO_CONTINUATION) {
        if ((r.err = zgo_later(s, &m->m, zgo_flags(mode), &lost)))
            return zgo_after(s, r, mode);
    } else {
        while (zmq_sendmsg(s, &m->m, zgo_flags(mode)) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
    }
    zgo_empty(&m->m);
    r.err = 0;
    r.n = (int64_t)n;
    r.lost = lost;
    return zgo_after(s, r, mode);
}

static zgo_res zgo_recvmsg(zgo_sock *s, zgo_msg *m, int mode) {
    zgo_res r = zgo_zero;
    int rounds = 0;
    while (zmq_recvmsg(s, &m->m, ZMQ_DONTWAIT) == -1)
        if (!zgo_again(s, &r, ZMQ_POLLIN, mode, &rounds)) {
            zgo_res view = zgo_msg_view(m);
            r.data = view.data;
            r.n = view.n;
            return r;
        }
    int ev = r.ev;
    r = zgo_msg_view(m);
    r.ev = ev;
    r.more = zgo_more(s, &m->m);
    return zgo_after(s, r, mode);
}

/* The same for a socket that is ready and on which no goroutine is parked, in as few words as
 * they go: returning a zgo_res costs more than many a message does. What fails here is tried
 * again in the long way. */

/* zgo_send_fast returns 0 or the errno. */
static int zgo_send_fast(zgo_sock *s, const unsigned char *p, size_t n, int mode) { return zgo_send(s, p, n, mode).err; }

static int zgo_sendmsg_fast(zgo_sock *s, zgo_msg *m, int mode) { return zgo_sendmsg(s, m, mode).err; }

/* zgo_recv_fast returns twice the size, plus 1 if another part follows, or -errno. */
static int64_t zgo_recv_fast(zgo_sock *s, unsigned char *p, size_t n) {
    zgo_res r = zgo_recv(s, p, n, 0);
    return r.err ? -r.err : r.n * 2 + r.more;
}

typedef struct {
    int64_t n;           /* as of zgo_recv_fast */
    unsigned char *data; /* NULL if the message is empty */
} zgo_view;

static zgo_view zgo_recvmsg_fast(zgo_sock *s, zgo_msg *m) {
    zgo_res r = zgo_recvmsg(s, m, 0);
    zgo_view v;
    v.n = r.err ? -r.err : r.n * 2 + r.more;
    v.data = r.n ? r.data : NULL;
    return v;
}

/* zgo_send_msgs sends count messages as the parts of one. The first part may be refused: then r.err is set, r.n is 0, and
 * all are as they were. The later ones are taken at once, unless the context ends among them: then r.err is set and the
 * message is lost. Where r.n is count all are empty, whatever r.err says. */
static zgo_res zgo_send_msgs(zgo_sock *s, zgo_msg **m, size_t count, int mode) {
    zgo_res r = zgo_zero;
    int rounds = 0, lost = 0;
    for (size_t i = 0; i < count; i++) {
        int flags = zgo_flags(i + 1 < count ? ZGO_MORE : 0);
        if (i && (r.err = zgo_later(s, &m[i]->m, flags, &lost))) {
            for (; i < count; i++)
                zgo_msg_reset(m[i]);
            r.n = (int64_t)count;
            return zgo_after(s, r, mode);
        }
        while (!i && zmq_sendmsg(s, &m[i]->m, flags) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
        zgo_empty(&m[i]->m);
    }
    r.err = 0;
    r.n = (int64_t)count;
    return zgo_after(s, r, mode);
}

#endif /* ZGO_SHIM_MSG_H */
