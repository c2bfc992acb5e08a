/* C side of the fence, continued: frame buffers, for whole messages in one crossing. shim.h includes it. */
#ifndef ZGO_SHIM_FRAMES_H
#define ZGO_SHIM_FRAMES_H

/* A frame is one part of a message. Its bytes are in the buffer's arena, in the message of the frame, or, for
 * sending only, in memory that Go has pinned. */
typedef struct {
    unsigned char *data;
    size_t size;
    int more;
    int own;  /* the frame's message holds the bytes */
} zgo_frame;

/* A frame buffer holds the parts of one message or of many. The messages are kept apart from the frames, and
 * initialised only where they are used: most frames use none, and the fewer bytes a burst
 * touches, the faster it is. */
typedef struct {
    zgo_frame *frames;
    zgo_msg *msgs; /* one for each frame */
    unsigned char *arena;
    size_t cap, nframes; /* frames: allocated, in use */
    size_t size, used; /* arena bytes: allocated, in use */
    size_t owned;      /* frames whose message must be closed */
    size_t bytes;      /* that the last zgo_recv_frames_fast has received */
    int lost;          /* the last receive has dropped a message for want of memory */
    zgo_res res;       /* of the last zgo_recv_frames_here */
} zgo_frames_t;

typedef struct {
    char opaque;
} zgo_frames; /* the same, as a handle, see zgo_sock */

#define ZGO_FRAMES(r) ((zgo_frames_t *)(r))

/* Parts up to this size are copied into the arena: cheaper than keeping their
 * message until the buffer is emptied. */
#define ZGO_COPY_MAX 2048

static zgo_frames *zgo_frames_new(size_t frames, size_t arena) {
    zgo_frames_t *m = (zgo_frames_t *)calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->frames = (zgo_frame *)malloc(frames * sizeof *m->frames);
    m->msgs = (zgo_msg *)malloc(frames * sizeof *m->msgs);
    m->arena = (unsigned char *)malloc(arena ? arena : 1);
    m->cap = frames;
    m->size = arena;
    if (!m->frames || !m->msgs || !m->arena) {
        free(m->frames);
        free(m->msgs);
        free(m->arena);
        free(m);
        return NULL;
    }
    return (zgo_frames *)m;
}

/* zgo_frame_drop closes the message of frame i, if it holds the bytes. */
static void zgo_frame_drop(zgo_frames_t *m, size_t i) {
    if (m->frames[i].own) {
        zmq_msg_close(&m->msgs[i].m);
        m->frames[i].own = 0;
        m->owned--;
    }
}

/* zgo_frame_take makes frame i hold the bytes of an initialised message, which is empty and closed
 * afterwards. */
static void zgo_frame_take(zgo_frames_t *m, size_t i, zgo_msg *from) {
    zmq_msg_init(&m->msgs[i].m);
    zmq_msg_move(&m->msgs[i].m, &from->m);
    zmq_msg_close(&from->m);
    m->frames[i].data = (unsigned char *)zmq_msg_data(&m->msgs[i].m);
    m->frames[i].own = 1;
}

static void zgo_frames_reset(zgo_frames *buf) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    for (size_t i = 0; m->owned && i < m->nframes; i++)
        zgo_frame_drop(m, i);
    m->nframes = m->used = m->owned = 0;
}

static void zgo_frames_free(zgo_frames *buf) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    zgo_frames_reset(buf);
    free(m->frames);
    free(m->msgs);
    free(m->arena);
    free(m);
}

/* zgo_frames_reserve makes place for at least n frames; 0 when there is no memory. */
static int zgo_frames_reserve(zgo_frames *buf, size_t n) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    if (n <= m->cap)
        return 1;
    size_t cap = m->cap * 2 > n ? m->cap * 2 : n;
    zgo_msg *old = m->msgs, *msgs = (zgo_msg *)malloc(cap * sizeof *msgs);
    zgo_frame *frames = msgs ? (zgo_frame *)realloc(m->frames, cap * sizeof *frames) : NULL;
    if (!frames) {
        free(msgs);
        return 0;
    }
    m->frames = frames;
    m->msgs = msgs;
    m->cap = cap;
    for (size_t i = 0; i < m->nframes; i++)
        if (frames[i].own)
            zgo_frame_take(m, i, &old[i]);
    free(old);
    return 1;
}

/* zgo_frames_to moves the bytes of frame i to an initialised message. */
static zgo_res zgo_frames_to(zgo_frames *buf, size_t i, zgo_msg *to) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    zgo_frame *frame = &m->frames[i];
    if (!frame->own)
        return zgo_msg_size(to, frame->data, frame->size);
    zgo_res r = zgo_msg_move(to, &m->msgs[i]);
    if (!r.err) {
        zgo_frame_drop(m, i);
        frame->size = 0;
    }
    return r;
}

/* zgo_frames_cut drops the frames from frame n on, and the arena's bytes from used on. */
static void zgo_frames_cut(zgo_frames *buf, size_t n, size_t used) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    while (m->nframes > n)
        zgo_frame_drop(m, --m->nframes);
    m->used = used;
}

/* zgo_frames_put makes the next frame of a part that was received, which is closed afterwards. */
static void zgo_frames_put(zgo_sock *s, zgo_frames_t *m, zgo_msg *part) {
    zgo_frame *frame = &m->frames[m->nframes];
    size_t size = zmq_msg_size(&part->m);
    frame->size = size;
    frame->more = zgo_more(s, &part->m);
    if (size > ZGO_COPY_MAX || size >= m->size - m->used) {
        zgo_frame_take(m, m->nframes, part);
        m->owned++;
    } else {
        frame->own = 0;
        frame->data = m->arena + m->used;
        memcpy(frame->data, zmq_msg_data(&part->m), size);
        m->used += size;
        zmq_msg_close(&part->m);
    }
    m->nframes++;
}

/* zgo_frames_take receives one part into the next frame. */
static int zgo_frames_take(zgo_sock *s, zgo_frames_t *m, int flags) {
    zgo_msg part;
    zmq_msg_init(&part.m);
    if (zmq_recvmsg(s, &part.m, flags) == -1) {
        int e = zgo_errno();
        zmq_msg_close(&part.m);
        errno = e;
        return -1;
    }
    zgo_frames_put(s, m, &part);
    return 0;
}

/* zgo_skip_rest receives the later parts of a message for which there is no memory, and drops them: the next message
 * must not begin with them. */
static void zgo_skip_rest(zgo_sock *s) {
    zgo_msg part;
    int more = 1;
    zmq_msg_init(&part.m);
    while (more)
        if (zmq_recvmsg(s, &part.m, 0) != -1)
            more = zgo_more(s, &part.m);
        else if (zgo_errno() != EINTR)
            break;
    zmq_msg_close(&part.m);
}

/* zgo_frames_rest receives the later parts of a message. They have arrived with its first one. */
static int zgo_frames_rest(zgo_sock *s, zgo_frames *buf) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    while (m->frames[m->nframes - 1].more) {
        if (!zgo_frames_reserve(buf, m->nframes + 1)) {
            zgo_skip_rest(s);
            return ENOMEM;
        }
        while (zgo_frames_take(s, m, 0) == -1) {
            int e = zgo_errno();
            if (e != EINTR)
                return e;
        }
    }
    return 0;
}

/* zgo_recv_frames receives whole messages into the buffer, which it does not empty first, until
 * max frames are in use or there are no more messages: one at least, whatever its size, and the last
 * one goes beyond max rather than be split. r.n counts the messages, r.bytes their bytes. A message for whose parts there
 * is no memory is dropped: then the buffer's lost is set, and r.err is ENOMEM unless others were taken before. */
static zgo_res zgo_recv_frames(zgo_sock *s, zgo_frames *buf, size_t max, int mode) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    zgo_res r = zgo_zero;
    int rounds = 0;
    m->lost = 0;
    while (!r.n || m->nframes < max) {
        size_t first = m->nframes, used = m->used;
        if (first == m->cap && !zgo_frames_reserve(buf, first + 1)) {
            r.err = r.n ? 0 : ENOMEM;
            break;
        }
        if (zgo_frames_take(s, m, ZMQ_DONTWAIT) == -1) {
            if (zgo_again(s, &r, ZMQ_POLLIN, r.n ? 0 : mode, &rounds))
                continue;
            /* Another error will be there at the next call; what was taken would not. */
            if (r.n)
                r.err = 0;
            break;
        }
        /* An earlier round may have left EAGAIN. */
        r.err = mode & ZGO_PART ? 0 : zgo_frames_rest(s, buf);
        if (r.err) {
            zgo_frames_cut(buf, first, used);
            m->lost = 1;
            if (r.n)
                r.err = 0;
            break;
        }
        for (size_t i = first; i < m->nframes; i++)
            r.bytes += (int64_t)m->frames[i].size;
        r.n++;
    }
    return r.n ? zgo_after(s, r, mode) : r;
}

/* zgo_recv_frames_here leaves its result in the buffer, and takes no room for it on a goroutine's stack. */
static void zgo_recv_frames_here(zgo_sock *s, zgo_frames *buf, size_t max, int mode) {
    ZGO_FRAMES(buf)->res = zgo_recv_frames(s, buf, max, mode);
}

/* zgo_recv_frames_fast returns the number of messages or -errno, and leaves their bytes in the buffer. */
static int64_t zgo_recv_frames_fast(zgo_sock *s, zgo_frames *buf, size_t max, int mode) {
    zgo_res r = zgo_recv_frames(s, buf, max, mode);
    ZGO_FRAMES(buf)->bytes = (size_t)r.bytes;
    return r.n ? r.n : -r.err;
}

enum { ZGO_LOST = 1 << 20 }; /* no errno: a message was dropped for want of memory */

typedef struct {
    int64_t n;     /* the size, 0 with a part left, or -errno, or -ZGO_LOST */
    zgo_msg *left; /* the first part of a message that did not fit */
} zgo_whole;

/* zgo_recv_whole receives a message of one part of at most n bytes into p. Of any other one it returns the first part,
 * for zgo_recv_left. It is for sockets on which no goroutine is parked. */
static zgo_whole zgo_recv_whole(zgo_sock *s, unsigned char *p, size_t n) {
    zgo_whole w = {0, NULL};
    zgo_msg m;
    zmq_msg_init(&m.m);
    while (zmq_recvmsg(s, &m.m, ZMQ_DONTWAIT) == -1) {
        int e = zgo_errno();
        if (e == EINTR)
            continue;
        zmq_msg_close(&m.m);
        w.n = -e;
        return w;
    }
    size_t size = zmq_msg_size(&m.m);
    int more = zgo_more(s, &m.m);
    if (!more && size <= n) {
        if (size)
            memcpy(p, zmq_msg_data(&m.m), size);
        w.n = (int64_t)size;
    } else if ((w.left = zgo_msgs_alloc(1))) {
        zmq_msg_move(&w.left->m, &m.m);
    } else {
        if (more)
            zgo_skip_rest(s);
        w.n = -ZGO_LOST;
    }
    zmq_msg_close(&m.m);
    return w;
}

/* zgo_recv_left receives the rest of a message of which zgo_recv_whole has left the first part, into an empty buffer, and
 * returns its bytes or -errno. Without a buffer it drops the message. */
static int64_t zgo_recv_left(zgo_sock *s, zgo_frames *buf, zgo_msg *left) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    if (!m) {
        if (zgo_more(s, &left->m))
            zgo_skip_rest(s);
        zgo_msgs_free(left, 1);
        return -ENOMEM;
    }
    zgo_frames_put(s, m, left);
    free(left);
    int e = zgo_frames_rest(s, buf);
    if (e)
        return -e;
    int64_t bytes = 0;
    for (size_t i = 0; i < m->nframes; i++)
        bytes += (int64_t)m->frames[i].size;
    return bytes;
}

/* zgo_frame_own gives frame i a message with its bytes. */
static int zgo_frame_own(zgo_frames_t *m, size_t i) {
    zgo_frame *frame = &m->frames[i];
    zmq_msg_t *msg = &m->msgs[i].m;
    if (frame->own)
        return 1;
    if (frame->size > (size_t)PTRDIFF_MAX - 4096 || zmq_msg_init_size(msg, frame->size) == -1)
        return 0;
    unsigned char *data = (unsigned char *)zmq_msg_data(msg);
    if (frame->size)
        memcpy(data, frame->data, frame->size);
    frame->data = data;
    frame->own = 1;
    m->owned++;
    return 1;
}

/* zgo_send_message sends the message that begins at frame i, all of it or nothing. All parts have
 * messages before the first one is sent, so that want of memory cannot leave half a message in
 * the socket. Where the context ends behind the first part the message is lost: r.err is set, and so is r.lost. Once the
 * first part was taken the frames hold nothing any more. With ZGO_CONTINUATION the frames are the rest of a message that was begun before. */
static zgo_res zgo_send_message(zgo_sock *s, zgo_frames_t *m, size_t i, size_t count, int mode) {
    zgo_res r = zgo_zero;
    for (size_t j = i; j < i + count; j++)
        if (!zgo_frame_own(m, j))
            return zgo_fail(ENOMEM);
    int lost = 0, rounds = 0;
    for (size_t j = i; j < i + count; j++) {
        zmq_msg_t *msg = &m->msgs[j].m;
        int flags = zgo_flags(j + 1 < i + count ? ZGO_MORE : 0);
        int later = j > i || mode & ZGO_CONTINUATION;
        if (later && (r.err = zgo_later(s, msg, flags, &lost))) {
            for (; j < i + count; j++)
                zgo_frame_drop(m, j);
            r.lost = 1;
            return r;
        }
        while (!later && zmq_sendmsg(s, msg, flags) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
        zgo_empty(msg);
        m->frames[j].own = 0;
        m->owned--;
    }
    r.err = 0;
    return r;
}

/* zgo_send_frames sends the buffer's whole messages from frame from on, until one is
 * refused; what was sent must not be looked at again. r.n is the frame after the last message
 * sent, r.sent the number of messages sent. r.err is set when not all could be sent; a message that was lost among its
 * parts counts as sent. With ZGO_CONTINUATION the first of them is the rest of a message that was begun before. */
static zgo_res zgo_send_frames(zgo_sock *s, zgo_frames *buf, size_t from, int mode) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    zgo_res r = zgo_zero;
    size_t at = from;
    int64_t bytes = 0;
    int sent = 0;
    while (at < m->nframes) {
        zgo_frame *frame = &m->frames[at];
        size_t count = 1;
        int later = at == from ? mode & ZGO_CONTINUATION : 0;
        if (!frame->more && !frame->own && !later) {
            if (zmq_send(s, frame->data, frame->size, ZMQ_DONTWAIT) == -1) {
                r = zgo_send(s, frame->data, frame->size, mode & ZGO_CONFIRM_REFUSAL);
                if (r.err)
                    break;
            }
            bytes += (int64_t)frame->size;
        } else {
            while (frame[count - 1].more && at + count < m->nframes)
                count++;
            r = zgo_send_message(s, m, at, count, (mode & ZGO_CONFIRM_REFUSAL) | later);
            if (r.err && !r.lost)
                break;
            for (size_t i = 0; i < count; i++)
                bytes += (int64_t)frame[i].size;
        }
        at += count;
        sent++;
        if (r.err)
            break;
    }
    r.n = (int64_t)at;
    r.bytes = bytes;
    r.data = NULL;
    r.sent = sent;
    /* A sure refusal has brought the events. */
    return r.err && mode & ZGO_CONFIRM_REFUSAL ? r : zgo_after(s, r, mode);
}

/* zgo_send_frames_fast sends a buffer that holds one message. It returns 0, or the errno, or -errno where the message is
 * lost: then nothing is left to be sent. It is for sockets that are ready and on which no goroutine is parked. */
static int zgo_send_frames_fast(zgo_sock *s, zgo_frames *buf) {
    zgo_res r = zgo_send_message(s, ZGO_FRAMES(buf), 0, ZGO_FRAMES(buf)->nframes, 0);
    return r.lost ? -r.err : r.err;
}

/* zgo_frames_drop forgets the first n frames; the others keep their order and their bytes. */
static void zgo_frames_drop(zgo_frames *buf, size_t n) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    size_t low = m->used;
    for (size_t i = 0; i < m->nframes; i++) {
        zgo_frame *frame = &m->frames[i];
        if (i < n)
            zgo_frame_drop(m, i);
        else if (!frame->own && frame->size && (size_t)(frame->data - m->arena) < low)
            low = (size_t)(frame->data - m->arena);
    }
    memmove(m->arena, m->arena + low, m->used - low);
    m->used -= low;
    for (size_t i = n; i < m->nframes; i++) {
        zgo_frame *to = &m->frames[i - n];
        *to = m->frames[i];
        if (!to->own && to->size)
            to->data -= low;
        if (n && to->own)
            zgo_frame_take(m, i - n, &m->msgs[i]);
    }
    m->nframes -= n;
}

/* zgo_frames_append makes a frame of a message of its own with a copy of n bytes at p. */
static int zgo_frames_append(zgo_frames *buf, const unsigned char *p, size_t n, int more) {
    zgo_frames_t *m = ZGO_FRAMES(buf);
    zgo_frame *frame = &m->frames[m->nframes];
    frame->data = (unsigned char *)p;
    frame->size = n;
    frame->more = more;
    frame->own = 0;
    if (!zgo_frame_own(m, m->nframes))
        return 0;
    m->nframes++;
    return 1;
}

#endif /* ZGO_SHIM_FRAMES_H */
