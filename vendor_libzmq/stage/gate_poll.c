//go:build ignore

/*
 * A gate between libzmq's mailboxes (signaler.cpp) and poll.
 *
 * What the engine does: it looks whether a mailbox has a command, without waiting, and takes an interruption by a
 * signal (EINTR) for a failure.
 *
 * Why that is wrong: a call that waits for nothing has nothing to be interrupted in. Some callers drop what they were about
 * to do: an event for a monitor is then lost in silence. Go's own preemption sends such signals all the time.
 *
 * What the gate answers instead: a look that was interrupted is taken again. Waiting is interrupted as ever.
 */
#include <errno.h>
#include <poll.h>

int zgate_poll(struct pollfd *fds, nfds_t n, int timeout);

int zgate_poll(struct pollfd *fds, nfds_t n, int timeout) {
    int rc;
    do
        rc = poll(fds, n, timeout);
    while (rc == -1 && errno == EINTR && timeout == 0);
    return rc;
}
