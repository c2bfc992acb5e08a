//go:build ignore

/*
 * A gate between the queues of connections (pipe.cpp) and the sockets DEALER, REQ and PULL (dealer.cpp, req.cpp, pull.cpp).
 *
 * What the engine does: when a connection ends that was made with ZMQ_IMMEDIATE, its session has the socket drop what was
 * not sent yet (hiccup), and ends the queue in both directions (terminate).
 *
 * Why that is wrong: the socket takes the first for the end of what comes in, too, and drops the messages that had arrived
 * and were not received. A service that replies and closes takes its replies with it. Without the option they are received.
 *
 * What the gate answers instead: a queue that has something to be received is left alone. Its end follows as the session's next
 * command, as it does where this side is the one that accepted the connection: nothing is sent to the queue any more, and it goes when
 * it has been read. One with nothing in it goes at once, as before, so that a socket that never receives keeps none.
 *
 * It does not ask for the option as the socket's own function does, which ends the process if the option was taken back: sessions of
 * these types do this for the option alone. PAIR takes no second queue before the first has gone, a ROUTER or REP no second one of the
 * same name: those stay as they are.
 */
#include <stdbool.h>

struct socket; /* what a queue knows of its socket */
struct pipe;

bool pipe_check_read(struct pipe *) __asm__("_ZN3zmq6pipe_t10check_readEv");
void pipe_terminate(struct pipe *, bool) __asm__("_ZN3zmq6pipe_t9terminateEb");

void zgate_hiccuped(struct socket *s, struct pipe *p);

void zgate_hiccuped(struct socket *s, struct pipe *p) {
    (void)s;
    if (!pipe_check_read(p))
        pipe_terminate(p, false);
}
