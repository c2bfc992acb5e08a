//go:build ignore

/*
 * A gate between libzmq's handshakes on the server's side (plain_server.cpp, curve_server.cpp) and the monitors of their socket.
 *
 * What the engine does: when there is nobody to ask whether a peer may come in, the handshake fails. It sends an event to the
 * socket's monitor, and returns -1 to its engine, which asks errno why: EAGAIN is no failure, but a full queue.
 *
 * Why that is wrong: errno is what sending the event has left. That looks for commands if it has not done so for a millisecond, and
 * finds none: EAGAIN. The engine then stops reading, for a queue that has room. The peer is not refused but held, to the end of its
 * time for the handshake, which is 30 seconds, and does not learn why.
 *
 * What the gate answers instead: EPROTO, as after every other failure of a handshake. The connection ends at once.
 */
#include <errno.h>

struct socket;
struct endpoints;

void socket_failed(struct socket *, const struct endpoints *,
                   int) __asm__("_ZN3zmq13socket_base_t32event_handshake_failed_no_detailERKNS_19endpoint_uri_pair_tEi");

void zgate_refused(struct socket *s, const struct endpoints *e, int err);

void zgate_refused(struct socket *s, const struct endpoints *e, int err) {
    socket_failed(s, e, err);
    errno = EPROTO;
}
