//go:build ignore

/*
 * A gate between libzmq's sessions (session_base.cpp) and their pipes.
 *
 * What the engine does: when a connection breaks, session_base_t::clean_pipes drops what was half written to the pipe
 * (rollback, flush), and reads and drops the rest of a message of which it has sent some parts.
 *
 * Why that is wrong: a pipe that is ending, because the socket was closed with no linger period or the endpoint was unbound,
 * has dropped that rest itself, and answers that there is nothing to read. The session asserts that there is: the
 * process ends.
 *
 * What the gate answers instead: "an empty last part", which is what the session is looking for.
 *
 * It knows clean_pipes by its calls: rollback and flush of one pipe, one directly after the other on one thread, and from
 * there on nothing but reads of that pipe. Every other call ends that.
 */
#include <stdbool.h>
#include <stddef.h>

struct pipe;
struct msg;

int msg_init(struct msg *) __asm__("_ZN3zmq5msg_t4initEv");
bool pipe_read(struct pipe *, struct msg *) __asm__("_ZN3zmq6pipe_t4readEPNS_5msg_tE");
void pipe_rollback(const struct pipe *) __asm__("_ZNK3zmq6pipe_t8rollbackEv");
void pipe_flush(struct pipe *) __asm__("_ZN3zmq6pipe_t5flushEv");
bool pipe_check_read(struct pipe *) __asm__("_ZN3zmq6pipe_t10check_readEv");
void pipe_terminate(struct pipe *, bool) __asm__("_ZN3zmq6pipe_t9terminateEb");
void pipe_hiccup(struct pipe *) __asm__("_ZN3zmq6pipe_t6hiccupEv");
bool pipe_write(struct pipe *, const struct msg *) __asm__("_ZN3zmq6pipe_t5writeEPKNS_5msg_tE");

bool zgate_pipe_read(struct pipe *p, struct msg *m);
void zgate_pipe_rollback(const struct pipe *p);
void zgate_pipe_flush(struct pipe *p);
bool zgate_pipe_check_read(struct pipe *p);
void zgate_pipe_terminate(struct pipe *p, bool delay);
void zgate_pipe_hiccup(struct pipe *p);
bool zgate_pipe_write(struct pipe *p, const struct msg *m);

/* The pipe that this thread's last call rolled back, and the one that it is cleaning. They are compared, never used. */
static __thread const struct pipe *rolled_back, *cleaning;

static void other_call(void) { rolled_back = cleaning = NULL; }

void zgate_pipe_rollback(const struct pipe *p) {
    pipe_rollback(p);
    other_call();
    rolled_back = p;
}

void zgate_pipe_flush(struct pipe *p) {
    const struct pipe *before = rolled_back;
    pipe_flush(p);
    other_call();
    if (before == p)
        cleaning = p;
}

bool zgate_pipe_read(struct pipe *p, struct msg *m) {
    bool ok = pipe_read(p, m);
    rolled_back = NULL;
    if (cleaning != p) {
        cleaning = NULL;
        return ok;
    }
    if (ok)
        return true;
    cleaning = NULL;
    /* What a failing read leaves in m, at most the mark at a pipe's end, holds no memory. */
    return msg_init(m) == 0;
}

bool zgate_pipe_check_read(struct pipe *p) {
    other_call();
    return pipe_check_read(p);
}

void zgate_pipe_terminate(struct pipe *p, bool delay) {
    other_call();
    pipe_terminate(p, delay);
}

void zgate_pipe_hiccup(struct pipe *p) {
    other_call();
    pipe_hiccup(p);
}

bool zgate_pipe_write(struct pipe *p, const struct msg *m) {
    other_call();
    return pipe_write(p, m);
}
