//go:build ignore

/*
 * A gate between libzmq's sessions and their engines (zmtp_engine.cpp, raw_engine.cpp, ws_engine.cpp on stream_engine_base.cpp).
 *
 * What the engine does: when a socket's queue is full, the engine of the connection stops reading, and the session restarts
 * it when the queue has room again.
 *
 * Why that is wrong: the queue outlives the connection where this side connects. When heartbeats cut the connection off
 * meanwhile, the next one has another engine, and the session restarts that one, which asserts that it has stopped: the
 * process ends. It does so without heartbeats, too, when a peer comes back to a ROUTER or REP whose queue has no room for
 * the peer's name: the engine leaves its handshake half done, takes the peer's next message for a part of it, and gives the
 * endpoint up for good; or, with peers of ZMTP 1.0 and 2.0, ends the process at once. A STREAM ends it when the
 * queue has no room for the word that a peer is there again. For peers of ZMTP 1.0 a PUB or XPUB makes
 * up a subscription to all messages, and ends the process, too, where the queue has no room for that or is about to go, since the
 * socket is closed.
 *
 * What the gate answers instead:
 *
 *   - An engine that has not stopped reading is not restarted. It is told to write, which sessions tell engines at all times:
 *     a handshake that is half done goes on there.
 *   - A name that has no room is dropped. The socket has it from the first connection, and drops those that follow.
 *   - So is a subscription that was made up: the socket has it from the first connection, or is at its end. It is known by being
 *     made by the engine itself and written by the session; what else the engine makes it sends to the peer.
 *
 * Which engines have stopped is known from what they ask of the poller, and kept in a table of each thread: the one thread
 * that serves an engine makes all these calls.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct engine;
struct pipe;
struct msg;
struct base; /* what sessions know of an engine: it lies BASE bytes into it, which is what the symbols' _ZThn16 says */
enum { BASE = 16 };

void io_set_pollin(struct engine *, void *) __asm__("_ZN3zmq11io_object_t10set_pollinEPv");
void io_reset_pollin(struct engine *, void *) __asm__("_ZN3zmq11io_object_t12reset_pollinEPv");
void io_unplug(struct engine *) __asm__("_ZN3zmq11io_object_t6unplugEv");
bool engine_restart_input(struct base *) __asm__("_ZThn16_N3zmq20stream_engine_base_t13restart_inputEv");
void engine_restart_output(struct base *) __asm__("_ZThn16_N3zmq20stream_engine_base_t14restart_outputEv");
bool msg_is_routing_id(const struct msg *) __asm__("_ZNK3zmq5msg_t13is_routing_idEv");
int msg_close(struct msg *) __asm__("_ZN3zmq5msg_t5closeEv");
int msg_init_size(struct msg *, size_t) __asm__("_ZN3zmq5msg_t9init_sizeEm");
bool zgate_pipe_write(struct pipe *, const struct msg *); /* of the gate clean_pipes */

bool zgate_write_name(struct pipe *p, struct msg *m);
int zgate_init_size(struct msg *m, size_t size);
void zgate_set_pollin(struct engine *e, void *handle);
void zgate_reset_pollin(struct engine *e, void *handle);
void zgate_unplug(struct engine *e);
bool zgate_restart_input(struct base *b);

enum { LISTS = 64 };

struct stopped {
    struct stopped *next;
    const struct engine *engine;
};

/* This thread's engines that have stopped reading, and how many did so for which there was no memory. */
static __thread struct stopped *lists[LISTS];
static __thread size_t unknown;

/* The message that an engine of this thread has made last, until a session writes one. */
static __thread const struct msg *made;

/* find returns where an engine is linked, or would be. */
static struct stopped **find(const struct engine *e) {
    struct stopped **at = &lists[((uintptr_t)e >> 6) % LISTS];
    while (*at && (*at)->engine != e)
        at = &(*at)->next;
    return at;
}

static bool has_stopped(const struct engine *e) { return *find(e) || unknown > 0; }

static void stops(const struct engine *e) {
    struct stopped **at = find(e);
    if (*at)
        return;
    struct stopped *s = malloc(sizeof *s);
    if (!s) {
        unknown++; /* for good: this thread's engines are left as they are */
        return;
    }
    s->next = NULL;
    s->engine = e;
    *at = s;
}

static void goes_on(const struct engine *e) {
    struct stopped **at = find(e), *s = *at;
    if (!s)
        return;
    *at = s->next;
    free(s);
}

void zgate_reset_pollin(struct engine *e, void *handle) {
    stops(e);
    io_reset_pollin(e, handle);
}

void zgate_set_pollin(struct engine *e, void *handle) {
    goes_on(e);
    io_set_pollin(e, handle);
}

void zgate_unplug(struct engine *e) {
    goes_on(e);
    io_unplug(e);
}

bool zgate_restart_input(struct base *b) {
    if (has_stopped((const struct engine *)((const char *)b - BASE)))
        return engine_restart_input(b);
    engine_restart_output(b);
    return true;
}

int zgate_init_size(struct msg *m, size_t size) {
    made = m;
    return msg_init_size(m, size);
}

bool zgate_write_name(struct pipe *p, struct msg *m) {
    bool made_up = made == m;
    made = NULL;
    if (zgate_pipe_write(p, m))
        return true;
    if (!made_up && !msg_is_routing_id(m))
        return false;
    return msg_close(m) == 0; /* the session makes it an empty one, as it does with one that was written */
}
