//go:build ignore

/*
 * A gate between libzmq's listeners (tcp_listener.cpp, ws_listener.cpp, ipc_listener.cpp) and accept4.
 *
 * What the engine does: it asserts that a connection can be accepted, or that it cannot for one of a few reasons.
 *
 * Why that is wrong: Linux reports what happened to a connection before it was accepted as an error of accept: a firewall's
 * EPERM, EHOSTUNREACH, ENETDOWN and others (accept(2)); these end the process. The list of the ipc listener even
 * lacks EMFILE: when a process has no descriptor left, the next client that connects over ipc ends it.
 *
 * What the gate answers instead: ECONNABORTED, which the engine knows, for what concerns one connection, and for ipc
 * ENFILE for every want of descriptors or memory. The engine reports them as EventAcceptFailed and goes on. What says
 * that the listener itself is none (EBADF, EINVAL, ENOTSOCK) is passed on: going on would be for ever.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>

int zgate_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int zgate_accept4_ipc(int fd, struct sockaddr *address, socklen_t *size, int flags);

int zgate_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags) {
    int rc = accept4(fd, address, size, flags);
    if (rc != -1)
        return rc;
    switch (errno) {
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
    case ETIMEDOUT:
        errno = ECONNABORTED;
    }
    return rc;
}

int zgate_accept4_ipc(int fd, struct sockaddr *address, socklen_t *size, int flags) {
    int rc = zgate_accept4(fd, address, size, flags);
    if (rc == -1 && (errno == EMFILE || errno == ENOBUFS || errno == ENOMEM))
        errno = ENFILE;
    return rc;
}
