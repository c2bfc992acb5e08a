//go:build ignore

/*
 * A gate between the queues of connections (pipe.cpp) and the sockets PUSH and PAIR (push.cpp, pair.cpp).
 *
 * What the engine does: when a connection ends that was made with ZMQ_IMMEDIATE, its session has the socket drop what was not sent yet
 * (hiccup). The socket then asks for the option as it is at that moment.
 *
 * Why that is wrong: if the option was taken back meanwhile, the socket calls a function that these types do not have, and the
 * process ends (socket_base.cpp).
 *
 * What the gate answers instead: the queue ends, as it does while the option is on. Sessions of these types do this for the option
 * alone.
 */
#include <stdbool.h>

struct socket; /* what a queue knows of its socket */
struct pipe;

void pipe_terminate(struct pipe *, bool) __asm__("_ZN3zmq6pipe_t9terminateEb");

void zgate_hiccuped_unasked(struct socket *s, struct pipe *p);

void zgate_hiccuped_unasked(struct socket *s, struct pipe *p) {
    (void)s;
    pipe_terminate(p, false);
}
