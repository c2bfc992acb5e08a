/* C side of the fence, continued: rooms, for whole messages in one crossing. shim.h includes it. */
#ifndef ZGO_SHIM_FRAMES_H
#define ZGO_SHIM_FRAMES_H

/* A row is one part. Its bytes are in the room's arena, in the message of the row, or, for
 * sending only, in memory that Go has pinned. */
typedef struct {
    unsigned char *data;
    size_t size;
    int more;
    int held; /* the row's message holds the bytes */
} zgo_row;

/* A room holds the parts of one message or of many. The messages are kept apart from the rows, and
 * initialised only where they are used: most rows use none, and the fewer bytes a burst
 * touches, the faster it is. */
typedef struct {
    zgo_row *rows;
    zgo_msg *msgs; /* one for each row */
    unsigned char *arena;
    size_t cap, nrows; /* rows: allocated, in use */
    size_t size, used; /* arena bytes: allocated, in use */
    size_t held;       /* rows whose message must be closed */
    size_t bytes;      /* that the last zgo_recv_room_now has received */
    int lost;          /* the last receive has dropped a message for want of memory */
} zgo_room_t;

typedef struct zgo_room zgo_room; /* the same, as a handle */

#define ZGO_ROOM(r) ((zgo_room_t *)(r))

/* Parts up to this size are copied into the arena: cheaper than keeping their
 * message until the room is emptied. */
#define ZGO_COPY_MAX 2048

static zgo_room *zgo_room_new(size_t rows, size_t arena) {
    zgo_room_t *m = (zgo_room_t *)calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->rows = (zgo_row *)malloc(rows * sizeof *m->rows);
    m->msgs = (zgo_msg *)malloc(rows * sizeof *m->msgs);
    m->arena = (unsigned char *)malloc(arena ? arena : 1);
    m->cap = rows;
    m->size = arena;
    if (!m->rows || !m->msgs || !m->arena) {
        free(m->rows);
        free(m->msgs);
        free(m->arena);
        free(m);
        return NULL;
    }
    return (zgo_room *)m;
}

/* zgo_row_drop closes the message of row i, if it holds the bytes. */
static void zgo_row_drop(zgo_room_t *m, size_t i) {
    if (m->rows[i].held) {
        zmq_msg_close(&m->msgs[i].m);
        m->rows[i].held = 0;
        m->held--;
    }
}

/* zgo_row_take makes row i hold the bytes of an initialised message, which is empty and closed
 * afterwards. */
static void zgo_row_take(zgo_room_t *m, size_t i, zgo_msg *from) {
    zmq_msg_init(&m->msgs[i].m);
    zmq_msg_move(&m->msgs[i].m, &from->m);
    zmq_msg_close(&from->m);
    m->rows[i].data = (unsigned char *)zmq_msg_data(&m->msgs[i].m);
    m->rows[i].held = 1;
}

static void zgo_room_reset(zgo_room *room) {
    zgo_room_t *m = ZGO_ROOM(room);
    for (size_t i = 0; m->held && i < m->nrows; i++)
        zgo_row_drop(m, i);
    m->nrows = m->used = m->held = 0;
}

static void zgo_room_free(zgo_room *room) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_room_reset(room);
    free(m->rows);
    free(m->msgs);
    free(m->arena);
    free(m);
}

/* zgo_room_rows makes place for at least n rows; 0 when there is no memory. */
static int zgo_room_rows(zgo_room *room, size_t n) {
    zgo_room_t *m = ZGO_ROOM(room);
    if (n <= m->cap)
        return 1;
    size_t cap = m->cap * 2 > n ? m->cap * 2 : n;
    zgo_msg *old = m->msgs, *msgs = (zgo_msg *)malloc(cap * sizeof *msgs);
    zgo_row *rows = msgs ? (zgo_row *)realloc(m->rows, cap * sizeof *rows) : NULL;
    if (!rows) {
        free(msgs);
        return 0;
    }
    m->rows = rows;
    m->msgs = msgs;
    m->cap = cap;
    for (size_t i = 0; i < m->nrows; i++)
        if (rows[i].held)
            zgo_row_take(m, i, &old[i]);
    free(old);
    return 1;
}

/* zgo_room_to moves the bytes of row i to an initialised message. */
static zgo_res zgo_room_to(zgo_room *room, size_t i, zgo_msg *to) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_row *row = &m->rows[i];
    if (!row->held)
        return zgo_msg_size(to, row->data, row->size);
    zgo_res r = zgo_msg_move(to, &m->msgs[i]);
    if (!r.err) {
        zgo_row_drop(m, i);
        row->size = 0;
    }
    return r;
}

/* zgo_room_cut drops the rows from row n on, and the arena's bytes from used on. */
static void zgo_room_cut(zgo_room *room, size_t n, size_t used) {
    zgo_room_t *m = ZGO_ROOM(room);
    while (m->nrows > n)
        zgo_row_drop(m, --m->nrows);
    m->used = used;
}

/* zgo_room_take receives one part into the next row. */
static int zgo_room_take(zgo_sock *s, zgo_room_t *m, int flags) {
    zgo_row *row = &m->rows[m->nrows];
    zgo_msg part;
    zmq_msg_init(&part.m);
    if (zmq_recvmsg(s, &part.m, flags) == -1) {
        int e = zgo_errno();
        zmq_msg_close(&part.m);
        errno = e;
        return -1;
    }
    row->size = zmq_msg_size(&part.m);
    row->more = zgo_more(s, &part.m);
    if (row->size > ZGO_COPY_MAX || row->size >= m->size - m->used) {
        zgo_row_take(m, m->nrows, &part);
        m->held++;
    } else {
        row->held = 0;
        row->data = m->arena + m->used;
        memcpy(row->data, zmq_msg_data(&part.m), row->size);
        m->used += row->size;
        zmq_msg_close(&part.m);
    }
    m->nrows++;
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

/* zgo_room_rest receives the later parts of a message. They have arrived with its first one. */
static int zgo_room_rest(zgo_sock *s, zgo_room *room) {
    zgo_room_t *m = ZGO_ROOM(room);
    while (m->rows[m->nrows - 1].more) {
        if (!zgo_room_rows(room, m->nrows + 1)) {
            zgo_skip_rest(s);
            return ENOMEM;
        }
        while (zgo_room_take(s, m, 0) == -1) {
            int e = zgo_errno();
            if (e != EINTR)
                return e;
        }
    }
    return 0;
}

/* zgo_recv_room receives whole messages into the room, which it does not empty first, until
 * max rows are in use or there are no more messages: one at least, whatever its size, and the last
 * one goes beyond max rather than be split. r.n counts the messages, r.bytes their bytes. A message for whose parts there
 * is no memory is dropped: then room->lost is set, and r.err is ENOMEM unless others were taken before. */
static zgo_res zgo_recv_room(zgo_sock *s, zgo_room *room, size_t max, int mode) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_res r = zgo_zero;
    int rounds = 0;
    m->lost = 0;
    while (!r.n || m->nrows < max) {
        size_t first = m->nrows, used = m->used;
        if (first == m->cap && !zgo_room_rows(room, first + 1)) {
            r.err = r.n ? 0 : ENOMEM;
            break;
        }
        if (zgo_room_take(s, m, ZMQ_DONTWAIT) == -1) {
            if (zgo_again(s, &r, ZMQ_POLLIN, r.n ? 0 : mode, &rounds))
                continue;
            /* Another error will be there at the next call; what was taken would not. */
            if (r.n)
                r.err = 0;
            break;
        }
        if (!(mode & ZGO_PART) && (r.err = zgo_room_rest(s, room)) != 0) {
            zgo_room_cut(room, first, used);
            m->lost = 1;
            if (r.n)
                r.err = 0;
            break;
        }
        for (size_t i = first; i < m->nrows; i++)
            r.bytes += (int64_t)m->rows[i].size;
        r.n++;
    }
    return r.n ? zgo_after(s, r, mode) : r;
}

/* zgo_recv_room_now returns the number of messages or -errno, and leaves their bytes in the room. */
static int64_t zgo_recv_room_now(zgo_sock *s, zgo_room *room, size_t max, int mode) {
    zgo_res r = zgo_recv_room(s, room, max, mode);
    ZGO_ROOM(room)->bytes = (size_t)r.bytes;
    return r.n ? r.n : -r.err;
}

/* zgo_row_hold gives row i a message with its bytes. */
static int zgo_row_hold(zgo_room_t *m, size_t i) {
    zgo_row *row = &m->rows[i];
    zmq_msg_t *msg = &m->msgs[i].m;
    if (row->held)
        return 1;
    if (row->size > (size_t)PTRDIFF_MAX - 4096 || zmq_msg_init_size(msg, row->size) == -1)
        return 0;
    if (row->size)
        memcpy(zmq_msg_data(msg), row->data, row->size);
    row->data = (unsigned char *)zmq_msg_data(msg);
    row->held = 1;
    m->held++;
    return 1;
}

/* zgo_send_rows sends the message that begins at row i, all of it or nothing. All parts have
 * messages before the first one is sent, so that want of memory cannot leave half a message in
 * the socket. Where the context ends behind the first part the message is lost: r.err is set, and so is r.lost. Once the
 * first part was taken the rows hold nothing any more. With ZGO_LATER the rows are the rest of a message that was begun before. */
static zgo_res zgo_send_rows(zgo_sock *s, zgo_room_t *m, size_t i, size_t count, int mode) {
    zgo_res r = zgo_zero;
    for (size_t j = i; j < i + count; j++)
        if (!zgo_row_hold(m, j))
            return zgo_fail(ENOMEM);
    int lost = 0, rounds = 0;
    for (size_t j = i; j < i + count; j++) {
        zmq_msg_t *msg = &m->msgs[j].m;
        int flags = zgo_flags(j + 1 < i + count ? ZGO_MORE : 0);
        int later = j > i || mode & ZGO_LATER;
        if (later && (r.err = zgo_later(s, msg, flags, &lost))) {
            for (; j < i + count; j++)
                zgo_row_drop(m, j);
            r.lost = 1;
            return r;
        }
        while (!later && zmq_sendmsg(s, msg, flags) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
        zgo_row_drop(m, j);
    }
    r.err = 0;
    return r;
}

/* zgo_send_room sends the room's whole messages from row from on, until one is
 * refused; what was sent must not be looked at again. r.n is the row after the last message
 * sent, r.sent the number of messages sent. r.err is set when not all could be sent; a message that was lost among its
 * parts counts as sent. With ZGO_LATER the first of them is the rest of a message that was begun before. */
static zgo_res zgo_send_room(zgo_sock *s, zgo_room *room, size_t from, int mode) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_res r = zgo_zero;
    size_t at = from;
    int64_t bytes = 0;
    int sent = 0;
    while (at < m->nrows) {
        zgo_row *row = &m->rows[at];
        size_t count = 1;
        int later = at == from ? mode & ZGO_LATER : 0;
        if (!row->more && !row->held && !later) {
            if (zmq_send(s, row->data, row->size, ZMQ_DONTWAIT) == -1) {
                r = zgo_send(s, row->data, row->size, mode & ZGO_SURE);
                if (r.err)
                    break;
            }
            bytes += (int64_t)row->size;
        } else {
            while (row[count - 1].more && at + count < m->nrows)
                count++;
            r = zgo_send_rows(s, m, at, count, (mode & ZGO_SURE) | later);
            if (r.err && !r.lost)
                break;
            for (size_t i = 0; i < count; i++)
                bytes += (int64_t)row[i].size;
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
    return r.err && mode & ZGO_SURE ? r : zgo_after(s, r, mode);
}

/* zgo_room_drop forgets the first n rows; the others keep their order and their bytes. */
static void zgo_room_drop(zgo_room *room, size_t n) {
    zgo_room_t *m = ZGO_ROOM(room);
    size_t low = m->used;
    for (size_t i = 0; i < m->nrows; i++) {
        zgo_row *row = &m->rows[i];
        if (i < n)
            zgo_row_drop(m, i);
        else if (!row->held && row->size && (size_t)(row->data - m->arena) < low)
            low = (size_t)(row->data - m->arena);
    }
    memmove(m->arena, m->arena + low, m->used - low);
    m->used -= low;
    for (size_t i = n; i < m->nrows; i++) {
        zgo_row *to = &m->rows[i - n];
        *to = m->rows[i];
        if (!to->held && to->size)
            to->data -= low;
        if (n && to->held)
            zgo_row_take(m, i - n, &m->msgs[i]);
    }
    m->nrows -= n;
}

/* zgo_room_keep makes a row of a message of its own with a copy of n bytes at p. */
static int zgo_room_keep(zgo_room *room, const unsigned char *p, size_t n, int more) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_row *row = &m->rows[m->nrows];
    row->data = (unsigned char *)p;
    row->size = n;
    row->more = more;
    row->held = 0;
    if (!zgo_row_hold(m, m->nrows))
        return 0;
    m->nrows++;
    return 1;
}

#endif /* ZGO_SHIM_FRAMES_H */
