//go:build ignore

/*
 * A gate between libzmq's connecter by a SOCKS proxy (socks_connecter.cpp) and what it is built on.
 *
 * What the engine does: when the proxy is absent, refuses, hangs up or says no, the connecter takes its descriptor out of the
 * poller (io_object_t::rm_fd), closes it, and waits to try again. It forgets to forget the poller's handle. Where the
 * socket is closed or disconnected meanwhile, it takes the same handle out a second time; by then the handle's memory is
 * freed.
 *
 * Why that is wrong: what is in that memory now decides. Most often the kernel is asked to take out a descriptor that is
 * none, and the process ends (epoll.cpp).
 *
 * What the gate answers instead: rm_fd is put off until the close that follows it, which then calls rm_handle of the same
 * connecter: that takes the descriptor out and forgets the handle.
 *
 * The connecter also asserts that the reason for which a proxy cannot be reached is one of seven. The gate answers
 * ECONNREFUSED for any other.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

struct io_object;
struct connecter;

void connecter_rm_handle(struct connecter *) __asm__("_ZN3zmq23stream_connecter_base_t9rm_handleEv");
void connecter_close(struct connecter *) __asm__("_ZN3zmq23stream_connecter_base_t5closeEv");

void zgate_socks_rm_fd(struct io_object *o, void *handle);
void zgate_socks_close(struct connecter *c);
int zgate_socks_getsockopt(int fd, int level, int name, void *value, socklen_t *size);

/* Whether this thread's connecter has asked for rm_fd and not yet for close. */
static __thread bool put_off;

void zgate_socks_rm_fd(struct io_object *o, void *handle) {
    (void)o;
    (void)handle;
    put_off = true;
}

void zgate_socks_close(struct connecter *c) {
    if (put_off)
        connecter_rm_handle(c);
    put_off = false;
    connecter_close(c);
}

static bool expected(int err) {
    switch (err) {
    case 0:
    case ECONNREFUSED:
    case ECONNRESET:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EINVAL:
        return true;
    }
    return false;
}

int zgate_socks_getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
    int rc = getsockopt(fd, level, name, value, size);
    if (rc == 0 && level == SOL_SOCKET && name == SO_ERROR && *size == sizeof(int) && !expected(*(int *)value))
        *(int *)value = ECONNREFUSED;
    return rc;
}
