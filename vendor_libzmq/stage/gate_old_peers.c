//go:build ignore

/*
 * A gate between libzmq's engines (stream_engine_base.cpp, zmtp_engine.cpp) and their timers and events.
 *
 * What the engine does: a peer has ZMQ_HANDSHAKE_IVL, 30 seconds by default, to finish its handshake. The timer is taken off,
 * and the event ZMQ_EVENT_HANDSHAKE_SUCCEEDED sent, where the handshake of ZMTP 3 ends. That of ZMTP 1.0 and 2.0 ends
 * elsewhere, with the peer's name, where nobody does either.
 *
 * Why that is wrong: every peer on ØMQ 2.x, 3.1 or 3.2 is thrown out every 30 seconds, with what is under way to it, and
 * monitors never see it come; that it leaves is reported as a handshake that failed.
 *
 * What the gate answers instead: when the peer's name has come, the timer is cancelled and the event is sent. When the peer
 * leaves, there is no word of a handshake. A peer that does not get that far is thrown out as before.
 *
 * What is known of a connection is kept by its descriptor, and touched by the one thread that serves it. The engine's steps
 * are known by its calls, which are all made by that thread within one event of the connection:
 *
 *   io_object_t::add_fd                 a connection begins: its engine, and its descriptor
 *   io_object_t::add_timer, next to it  the handshake's timer
 *   tcp_read                            the connection whose turn it is
 *   session_base_t::zap_enabled         its peer speaks ZMTP 1.0 or 2.0, and its session
 *   msg_t::set_flags, or close and init of one message: the peer's name, which is kept or dropped
 *   session_base_t::flush, or a read that finds nothing: the end of its turn
 *
 * The engine cancels the timer a second time when the connection ends, which the poller takes for what it is: one that is not
 * there any more.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct io_object;
struct session;
struct socket;
struct endpoints;
struct msg;

void *io_add_fd(struct io_object *, int) __asm__("_ZN3zmq11io_object_t6add_fdEi");
void io_add_timer(struct io_object *, int, int) __asm__("_ZN3zmq11io_object_t9add_timerEii");
void io_cancel_timer(struct io_object *, int) __asm__("_ZN3zmq11io_object_t12cancel_timerEi");
int tcp_read(int, void *, size_t) __asm__("_ZN3zmq8tcp_readEiPvm");
void session_flush(struct session *) __asm__("_ZN3zmq14session_base_t5flushEv");
bool session_zap_enabled(const struct session *) __asm__("_ZNK3zmq14session_base_t11zap_enabledEv");
struct socket *session_get_socket(const struct session *) __asm__("_ZNK3zmq14session_base_t10get_socketEv");
const struct endpoints *session_get_endpoint(const struct session *) __asm__("_ZNK3zmq14session_base_t12get_endpointEv");
void socket_succeeded(struct socket *, const struct endpoints *,
                      int) __asm__("_ZN3zmq13socket_base_t25event_handshake_succeededERKNS_19endpoint_uri_pair_tEi");
void socket_failed(struct socket *, const struct endpoints *,
                   int) __asm__("_ZN3zmq13socket_base_t32event_handshake_failed_no_detailERKNS_19endpoint_uri_pair_tEi");
int msg_init(struct msg *) __asm__("_ZN3zmq5msg_t4initEv");
int msg_close(struct msg *) __asm__("_ZN3zmq5msg_t5closeEv");
void msg_set_flags(struct msg *, unsigned char) __asm__("_ZN3zmq5msg_t9set_flagsEh");

void *zgate_io_add_fd(struct io_object *engine, int fd);
void zgate_io_add_timer(struct io_object *engine, int ms, int id);
int zgate_tcp_read(int fd, void *data, size_t size);
void zgate_session_flush(struct session *s);
bool zgate_session_zap_enabled(const struct session *s);
void zgate_socket_failed(struct socket *s, const struct endpoints *e, int err);
int zgate_msg_init(struct msg *m);
int zgate_msg_close(struct msg *m);
void zgate_msg_set_flags(struct msg *m, unsigned char flags);

enum { UNKNOWN, OLD, OLD_AND_DONE };

struct seat {
    atomic_int peer; /* written last and read first, since another thread may serve the next connection of this number */
    int timer;       /* the handshake timer's id */
    bool timed;      /* whether there is one */
    struct io_object *engine;
    const struct session *session;
    const struct endpoints *ends; /* of the engine, which they tell from another */
};

#include "book.h"

/* This thread's connection that begins, that whose turn it is, and the message that it closed last. */
static __thread struct seat *begins, *turn;
static __thread const struct msg *closed;

static int peer_of(const struct seat *s) { return s ? atomic_load_explicit(&s->peer, memory_order_acquire) : UNKNOWN; }

static void set_peer(struct seat *s, int peer) { atomic_store_explicit(&s->peer, peer, memory_order_release); }

void *zgate_io_add_fd(struct io_object *engine, int fd) {
    begins = seat_of(fd);
    turn = NULL;
    if (begins) {
        peer_of(begins);
        begins->engine = engine;
        begins->timed = false;
        begins->session = NULL;
        begins->ends = NULL;
        set_peer(begins, UNKNOWN);
    }
    return io_add_fd(engine, fd);
}

void zgate_io_add_timer(struct io_object *engine, int ms, int id) {
    if (begins && begins->engine == engine && !begins->timed) {
        begins->timer = id;
        begins->timed = true;
    }
    begins = NULL;
    io_add_timer(engine, ms, id);
}

int zgate_tcp_read(int fd, void *data, size_t size) {
    begins = NULL;
    turn = seat_of(fd);
    int rc = tcp_read(fd, data, size);
    if (rc == -1 && errno == EAGAIN)
        turn = NULL;
    return rc;
}

void zgate_session_flush(struct session *s) {
    turn = NULL;
    session_flush(s);
}

bool zgate_session_zap_enabled(const struct session *s) {
    bool enabled = session_zap_enabled(s);
    if (turn && !enabled) { /* such a peer is refused where there is an authenticator */
        turn->session = s;
        set_peer(turn, OLD);
    }
    return enabled;
}

/* name_came ends the handshake of the connection whose turn it is, if it is of the old kind. */
static void name_came(void) {
    struct seat *s = turn;
    if (peer_of(s) != OLD)
        return;
    if (s->timed)
        io_cancel_timer(s->engine, s->timer);
    s->ends = session_get_endpoint(s->session);
    set_peer(s, OLD_AND_DONE);
    socket_succeeded(session_get_socket(s->session), s->ends, 0);
}

void zgate_msg_set_flags(struct msg *m, unsigned char flags) {
    closed = NULL;
    msg_set_flags(m, flags);
    name_came();
}

int zgate_msg_close(struct msg *m) {
    closed = m;
    return msg_close(m);
}

int zgate_msg_init(struct msg *m) {
    bool same = closed == m;
    closed = NULL;
    int rc = msg_init(m);
    if (same && rc == 0)
        name_came();
    return rc;
}

void zgate_socket_failed(struct socket *s, const struct endpoints *e, int err) {
    if (peer_of(turn) == OLD_AND_DONE && turn->ends == e)
        return;
    socket_failed(s, e, err);
}
