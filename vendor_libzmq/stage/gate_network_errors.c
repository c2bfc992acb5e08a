//go:build ignore

/*
 * A gate between libzmq's connections (tcp_connecter.cpp, ws_connecter.cpp, tcp.cpp) and what the system says of them.
 *
 * What the engine does: it asserts that a connect, a read and a write do not fail for reasons that it holds for errors of
 * its own.
 *
 * Why that is wrong: the network has a say in them. ENOPROTOOPT is what a connect ends with when a firewall or a router on
 * the way answers "protocol unreachable": one such packet ends the process. ENOBUFS and ENOMEM pass; EACCES, EOPNOTSUPP and
 * others may come of rules of the system or of what the network said.
 *
 * What the gate answers instead: a connect has failed with ECONNREFUSED, and is tried again. A read or write for which there
 * was no memory is tried again. A connection on which nothing can be written is ended, so that both ends learn of it. What
 * says that the descriptor is none (EBADF, EFAULT, ENOTSOCK) is passed on.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

int zgate_connect_error(int fd, int level, int name, void *value, socklen_t *size);
ssize_t zgate_recv(int fd, void *data, size_t size, int flags);
ssize_t zgate_send(int fd, const void *data, size_t size, int flags);

int zgate_connect_error(int fd, int level, int name, void *value, socklen_t *size) {
    int rc = getsockopt(fd, level, name, value, size);
    if (rc == 0 && level == SOL_SOCKET && name == SO_ERROR && *size == sizeof(int)) {
        int *err = value;
        if (*err == ENOPROTOOPT || *err == ENOBUFS)
            *err = ECONNREFUSED;
    }
    return rc;
}

ssize_t zgate_recv(int fd, void *data, size_t size, int flags) {
    ssize_t n = recv(fd, data, size, flags);
    if (n == -1 && errno == ENOMEM)
        errno = EAGAIN;
    return n;
}

ssize_t zgate_send(int fd, const void *data, size_t size, int flags) {
    ssize_t n = send(fd, data, size, flags);
    if (n != -1)
        return n;
    switch (errno) {
    case ENOMEM:
        errno = EAGAIN;
        break;
    case EACCES:
    case EDESTADDRREQ:
    case EISCONN:
    case EMSGSIZE:
    case EOPNOTSUPP:
        shutdown(fd, SHUT_RDWR);
        errno = ECONNRESET;
    }
    return n;
}
