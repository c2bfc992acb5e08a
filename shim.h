/* C side of the fence, with shim_*.h: small helpers over libzmq's own functions, one for each
 * operation that Go performs, so that an operation costs one crossing and its
 * errno is read before Go can move to another thread. No helper calls Go. No
 * helper blocks, except zgo_ctx_term.
 *
 * It compiles against every header from 3.1.0 on: what is newer is guarded by
 * ZGO_API. ZMQ_API_FLOOR hides everything above 3.1, whatever the header has.
 */
#ifndef ZGO_SHIM_H
#define ZGO_SHIM_H

#if defined(__has_include)
#if !__has_include(<zmq.h>)
#define ZGO_NO_ENGINE 1
#endif
#endif

#ifdef ZGO_NO_ENGINE
#error "libzmq was not found: run scripts/vendor in the module's folder, or install the system's libzmq development package (libzmq3-dev, zeromq-devel, zeromq); for an unusual prefix build with -tags zmq_pkgconfig"
#else

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#if !defined(_WIN32)
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#endif
#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#include <link.h>
#define ZGO_PHDR 1
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#if ZMQ_VERSION < 30100
#error "this package needs libzmq 3.1.0 or newer: the zmq.h that was found is older"
#endif

#ifdef ZMQ_API_FLOOR
#define ZGO_API 30100
#else
#define ZGO_API ZMQ_VERSION
#endif

#if ZMQ_VERSION < 40100
#include <zmq_utils.h>
#endif

#if defined(__has_include)
#if __has_include(<zmq_staged.h>)
#include <zmq_staged.h>
#endif
#endif
#ifdef ZMQ_STAGED
#define ZGO_VENDORED 1
#else
#define ZGO_VENDORED 0
#endif
/* The gates around the engine: a space before and after the name of each. */
#ifdef ZMQ_STAGED_GATES
#define ZGO_GATES ZMQ_STAGED_GATES
#else
#define ZGO_GATES ""
#endif

/* Opaque handles: one type each, so that one cannot pass for another. cgo looks at each argument that may hold a pointer
 * to Go's memory, at every call, and of an incomplete type it cannot know: hence the member. */
typedef struct {
    char opaque;
} zgo_ctx;
typedef struct {
    char opaque;
} zgo_sock;

/* A message of any engine fits: 32, 48 and 64 bytes have been in use. It is aligned as a pointer is, without having one, see
 * zgo_sock. */
typedef union {
    zmq_msg_t m;
    unsigned char room[64];
    uintptr_t align;
} zgo_msg;

/* What one operation brings back. ev holds ZMQ_EVENTS where it was asked for. */
typedef struct {
    int64_t n;
    int64_t bytes;
    unsigned char *data;
    int err;
    int ev;
    int more; /* another part of the message follows */
    int lost; /* the message is lost: its later parts must not be sent */
    int sent; /* messages, of zgo_send_frames */
} zgo_res;

enum {
    ZGO_MORE = 1,  /* more parts follow the last one given */
    ZGO_CONTINUATION = 2, /* continues a message whose first part was accepted */
    ZGO_REPORT_EVENTS = 4,  /* a goroutine is parked: read ZMQ_EVENTS after the call */
    ZGO_CONFIRM_REFUSAL = 8,  /* on EAGAIN read ZMQ_EVENTS and believe them */
    ZGO_PART = 16  /* receive one part, and leave the others of its message */
};

/* How often one crossing tries again when ZMQ_EVENTS and the call disagree. */
#define ZGO_ROUNDS 64

/* errno can be 0 after a failure (pgm): the failure must not vanish. */
static int zgo_errno(void) {
    int e = zmq_errno();
    return e ? e : EINVAL;
}

static int zgo_events(zgo_sock *s) {
    for (;;) {
        int ev = 0;
        size_t n = sizeof ev;
        if (zmq_getsockopt(s, ZMQ_EVENTS, &ev, &n) != -1)
            return ev;
        int e = zgo_errno();
        if (e != EINTR)
            return -e;
    }
}

static int zgo_rcvmore(zgo_sock *s) {
    int more = 0;
    size_t n = sizeof more;
    if (zmq_getsockopt(s, ZMQ_RCVMORE, &more, &n) == -1)
        return 0;
    return more != 0;
}

/* zgo_more reports whether another part follows the one that was received into m: the message
 * knows, which is cheaper than asking the socket. */
static int zgo_more(zgo_sock *s, zmq_msg_t *m) {
#if ZGO_API >= 30201
    (void)s;
    return zmq_msg_more(m);
#else
    (void)m;
    return zgo_rcvmore(s);
#endif
}

static const zgo_res zgo_zero;

static zgo_res zgo_fail(int err) {
    zgo_res r = zgo_zero;
    r.err = err;
    return r;
}

/* zgo_again decides what follows a failure: 1 to try again, 0 to report r. */
static int zgo_again(zgo_sock *s, zgo_res *r, int bit, int mode, int *rounds) {
    int e = zgo_errno();
    if (e == EINTR)
        return 1;
    r->err = e;
    /* A receive processes all commands before it gives up: that is sure already. */
    if (!(mode & (bit == ZMQ_POLLIN ? ZGO_REPORT_EVENTS : ZGO_CONFIRM_REFUSAL | ZGO_REPORT_EVENTS)))
        return 0;
    int ev = zgo_events(s);
    if (ev < 0) {
        r->err = -ev;
        return 0;
    }
    r->ev = ev;
    if (e != EAGAIN || !(mode & ZGO_CONFIRM_REFUSAL) || !(ev & bit) || ++*rounds > ZGO_ROUNDS)
        return 0;
    /* A send to one full peer fails while another peer is writable: it does
     * not help to insist. */
    if (bit == ZMQ_POLLOUT && *rounds > 1)
        return 0;
    return 1;
}

/* zgo_after closes an operation that may have drained the edge that another goroutine waits for. */
static zgo_res zgo_after(zgo_sock *s, zgo_res r, int mode) {
    if (mode & ZGO_REPORT_EVENTS) {
        int ev = zgo_events(s);
        r.ev = ev < 0 ? 0 : ev;
    }
    return r;
}

/* --- version ----------------------------------------------------------- */

static int zgo_version(void) {
    int major = 0, minor = 0, patch = 0;
    zmq_version(&major, &minor, &patch);
    return major * 10000 + minor * 100 + patch;
}

static int zgo_has(const char *capability) {
#if ZGO_API >= 40100
    return zmq_has(capability);
#elif !defined(_WIN32)
    return strcmp(capability, "ipc") == 0;
#else
    return 0;
#endif
}

#ifdef ZGO_PHDR
static int zgo_is_libzmq(struct dl_phdr_info *info, size_t size, void *found) {
    (void)size;
    if (info->dlpi_name && strstr(info->dlpi_name, "libzmq"))
        *(int *)found = 1;
    return 0;
}
#endif

/* zgo_shared reports whether a shared libzmq is loaded. */
static int zgo_shared(void) {
    int found = 0;
#if defined(ZGO_PHDR)
    dl_iterate_phdr(zgo_is_libzmq, &found);
#elif defined(__APPLE__)
    for (uint32_t i = 0; i < _dyld_image_count(); i++)
        if (strstr(_dyld_get_image_name(i), "libzmq"))
            found = 1;
#endif
    return found;
}

/* --- context ----------------------------------------------------------- */

static zgo_ctx *zgo_ctx_new(int io_threads, int *err) {
#if ZGO_API >= 30200
    void *c = zmq_ctx_new();
    if (c && io_threads >= 0 && zmq_ctx_set(c, ZMQ_IO_THREADS, io_threads) == -1) {
        *err = zgo_errno();
        zmq_ctx_destroy(c);
        return NULL;
    }
#else
    void *c = zmq_init(io_threads < 0 ? 1 : io_threads);
#endif
    *err = c ? 0 : zgo_errno();
    return (zgo_ctx *)c;
}

static zgo_res zgo_ctx_term(zgo_ctx *c) {
    for (;;) {
        if (zmq_term(c) != -1)
            return zgo_zero;
        int e = zgo_errno();
        if (e != EINTR)
            return zgo_fail(e);
    }
}

static int zgo_ctx_shutdown(zgo_ctx *c) {
#if ZGO_API >= 40000
    return zmq_ctx_shutdown(c) == -1 ? zgo_errno() : 0;
#else
    (void)c;
    return ENOTSUP;
#endif
}

static int zgo_ctx_set(zgo_ctx *c, int option, int value) {
#if ZGO_API >= 30200
    return zmq_ctx_set(c, option, value) == -1 ? zgo_errno() : 0;
#else
    (void)c, (void)option, (void)value;
    return ENOTSUP;
#endif
}

static zgo_res zgo_ctx_get(zgo_ctx *c, int option) {
#if ZGO_API >= 30200
    zgo_res r = zgo_zero;
    /* -1 is a legal value of some options: errno tells it from a failure. */
    errno = 0;
    r.n = zmq_ctx_get(c, option);
    if (r.n == -1)
        r.err = errno;
    return r;
#else
    (void)c, (void)option;
    return zgo_fail(ENOTSUP);
#endif
}

/* zgo_seed gives C's rand(), of which libzmq makes the ids of a ROUTER's peers, a state that cannot be foreseen: libzmq
 * seeds it nowhere. p holds at least as many random bytes as the state. */
enum { ZGO_SEED = 256 };

static void zgo_seed(const unsigned char *p) {
    unsigned seed;
    memcpy(&seed, p, sizeof seed);
#if defined(__GLIBC__)
    /* rand() is random() here, whose state is larger than a seed: a type, and then nothing but numbers. */
    static int32_t state[ZGO_SEED / sizeof(int32_t)];
    if (initstate(seed, (char *)state, sizeof state)) {
        memcpy(state + 1, p, sizeof state - sizeof *state);
        state[1] |= 1;
        return;
    }
#endif
    srand(seed);
}

/* What is asked of the threads of a context; -1 is as the system has it. */
typedef struct {
    int policy, priority;
    int plain; /* engines before 4.2.3: the priority as it is, whatever the policy */
    const int *cpus;
    size_t ncpus;
} zgo_manner;

/* The steps at which a thread can fail to be as it is wanted. */
enum { ZGO_THREAD_START = 1, ZGO_THREAD_SCHED, ZGO_THREAD_NICE, ZGO_THREAD_CPU };

#if !defined(_WIN32)
/* zgo_manage does to this thread what libzmq does to each of its own, in libzmq's order. libzmq aborts where this
 * returns an errno. */
static int zgo_manage(const zgo_manner *m, int *step) {
    *step = ZGO_THREAD_SCHED;
    if (m->policy != -1 || m->priority != -1) {
        struct sched_param param;
        int policy = 0, e = pthread_getschedparam(pthread_self(), &policy, &param);
        if (e)
            return e;
        if (m->policy != -1)
            policy = m->policy;
        int nicely = !m->plain && policy != SCHED_FIFO && policy != SCHED_RR;
        if (nicely)
            param.sched_priority = 0;
        else if (m->priority != -1)
            param.sched_priority = m->priority;
        if ((e = pthread_setschedparam(pthread_self(), policy, &param)))
            return e;
        *step = ZGO_THREAD_NICE;
        errno = 0;
        /* A niceness of -1 looks like a failure to libzmq. Later engines may leave a priority of 0 alone. */
        if (nicely && m->priority != -1 && nice(-20) == -1)
            return errno ? errno : ERANGE;
    }
#if defined(CPU_SET)
    *step = ZGO_THREAD_CPU;
    if (m->ncpus > 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (size_t i = 0; i < m->ncpus; i++)
            CPU_SET(m->cpus[i], &set);
        return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    }
#endif
    return 0;
}

typedef struct {
    const zgo_manner *manner;
    pthread_mutex_t lock;
    pthread_cond_t end;
    int over, err, step;
} zgo_trial;

static void *zgo_try(void *arg) {
    zgo_trial *t = (zgo_trial *)arg;
    int step = 0, e = zgo_manage(t->manner, &step);
    pthread_mutex_lock(&t->lock);
    if (e && !t->err)
        t->err = e, t->step = step;
    while (!t->over)
        pthread_cond_wait(&t->end, &t->lock);
    pthread_mutex_unlock(&t->lock);
    return NULL;
}
#endif

/* zgo_try_threads starts n threads as libzmq would, all at once, and ends them. It reports the errno, and in n the step, of
 * what fails. */
static zgo_res zgo_try_threads(int n, int policy, int priority, int plain, const int *cpus, size_t ncpus) {
    zgo_res r = zgo_zero;
#if defined(_WIN32)
    (void)n, (void)policy, (void)priority, (void)plain, (void)cpus, (void)ncpus;
#else
    zgo_manner m = {policy, priority, plain, cpus, ncpus};
    zgo_trial t = {&m, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
    pthread_t few[8], *threads = few;
    if (n > 8 && !(threads = (pthread_t *)malloc((size_t)n * sizeof *threads)))
        return zgo_fail(ENOMEM);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old); /* the threads inherit it */
    int started = 0;
    for (; started < n && !r.err; started += !r.err)
        r.err = pthread_create(&threads[started], NULL, zgo_try, &t);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r.err)
        r.n = ZGO_THREAD_START;
    pthread_mutex_lock(&t.lock);
    t.over = 1;
    pthread_cond_broadcast(&t.end);
    pthread_mutex_unlock(&t.lock);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (threads != few)
        free(threads);
    if (!r.err && t.err)
        r.err = t.err, r.n = t.step;
#endif
    return r;
}

/* --- socket ------------------------------------------------------------ */

static zgo_sock *zgo_socket(zgo_ctx *c, int type, int *err) {
    void *s = zmq_socket(c, type);
    *err = s ? 0 : zgo_errno();
    return (zgo_sock *)s;
}

static int zgo_close(zgo_sock *s) { return zmq_close(s) == -1 ? zgo_errno() : 0; }

static int zgo_setsockopt(zgo_sock *s, int option, const unsigned char *value, size_t n) {
    while (zmq_setsockopt(s, option, value, n) == -1) {
        int e = zgo_errno();
        if (e != EINTR)
            return e;
    }
    return 0;
}

static zgo_res zgo_getsockopt(zgo_sock *s, int option, unsigned char *value, size_t cap) {
    for (;;) {
        size_t n = cap;
        if (zmq_getsockopt(s, option, value, &n) != -1) {
            zgo_res r = zgo_zero;
            r.n = (int64_t)n;
            return r;
        }
        int e = zgo_errno();
        if (e != EINTR)
            return zgo_fail(e);
    }
}

static zgo_res zgo_getsockopt_int(zgo_sock *s, int option) {
    int v = 0;
    zgo_res r = zgo_getsockopt(s, option, (unsigned char *)&v, sizeof v);
    r.n = v;
    return r;
}

/* zgo_fd returns the socket's descriptor, or -errno. It is to be waited on and
 * never read, written or closed. */
static int zgo_fd(zgo_sock *s) {
#if defined(_WIN32)
    (void)s;
    return -ENOTSUP;
#else
    int fd = -1;
    zgo_res r = zgo_getsockopt(s, ZMQ_FD, (unsigned char *)&fd, sizeof fd);
    return r.err ? -r.err : fd;
#endif
}

/* zgo_dup returns a duplicate that children do not inherit, or -errno. */
static int zgo_dup(int fd) {
#if defined(_WIN32)
    (void)fd;
    return -ENOTSUP;
#else
    int dup = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return dup == -1 ? -errno : dup;
#endif
}

/* zgo_wait_briefly returns when fd is readable, or the bell was rung (an eventfd, which it reads), or after
 * so many milliseconds. */
static void zgo_wait_briefly(int fd, int bell, int ms) {
#if defined(_WIN32)
    (void)fd;
    (void)bell;
    (void)ms;
#else
    struct pollfd p[2] = {{fd, POLLIN, 0}, {bell, POLLIN, 0}};
    uint64_t rung;
    if (poll(p, 2, ms) > 0 && p[1].revents && read(bell, &rung, sizeof rung) < 0)
        return;
#endif
}

/* zgo_spare reports whether n more descriptors could be opened now. It opens
 * them, since no count tells what other limits there are. */
static int zgo_spare(int n) {
#if defined(_WIN32)
    (void)n;
    return 1;
#else
    int few[64], *fds = few, got = 0, pair[2];
    if (n > 64 && !(fds = (int *)malloc((size_t)n * sizeof *fds)))
        return 0;
    if (pipe(pair) == -1) {
        if (fds != few)
            free(fds);
        return 0;
    }
    fds[got++] = pair[0];
    fds[got++] = pair[1];
    while (got < n && (fds[got] = fcntl(pair[0], F_DUPFD_CLOEXEC, 0)) != -1)
        got++;
    for (int i = 0; i < got; i++)
        close(fds[i]);
    if (fds != few)
        free(fds);
    return got >= n;
#endif
}

/* Between zgo_block_signals and zgo_restore_signals no signal interrupts this thread. Some calls have an event sent to a
 * monitor, as a message of two parts: libzmq drops what of it a signal interrupts, and says nothing. A
 * signal that is meant for the process goes to another thread. */
#if defined(_WIN32)
typedef int zgo_signals;
static void zgo_block_signals(zgo_signals *old) { (void)old; }
static void zgo_restore_signals(const zgo_signals *old) { (void)old; }
#else
typedef sigset_t zgo_signals;

static void zgo_block_signals(zgo_signals *old) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t all;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, old);
}

static void zgo_restore_signals(const zgo_signals *old) { pthread_sigmask(SIG_SETMASK, old, NULL); }
#endif

enum { ZGO_BIND, ZGO_CONNECT, ZGO_UNBIND, ZGO_DISCONNECT };

static int zgo_endpoint_blocked(zgo_sock *s, int what, const char *endpoint) {
    for (int tries = 0;; tries++) {
        int rc = -1;
        errno = 0; /* some transports fail without setting it */
        switch (what) {
        case ZGO_BIND:
            rc = zmq_bind(s, endpoint);
            break;
        case ZGO_CONNECT:
            rc = zmq_connect(s, endpoint);
            break;
#if ZGO_API >= 30200
        case ZGO_UNBIND:
            rc = zmq_unbind(s, endpoint);
            break;
        case ZGO_DISCONNECT:
            rc = zmq_disconnect(s, endpoint);
            break;
#endif
        default:
            return ENOTSUP;
        }
        if (rc != -1)
            return 0;
        int e = zgo_errno();
        /* None of these calls waits: EAGAIN is left by an event that a monitor was sent
         * after the failure, in place of its errno. */
        if (e != EINTR && (e != EAGAIN || tries == 8))
            return e;
    }
}

static int zgo_endpoint(zgo_sock *s, int what, const char *endpoint) {
    zgo_signals old;
    zgo_block_signals(&old);
    int e = zgo_endpoint_blocked(s, what, endpoint);
    zgo_restore_signals(&old);
    return e;
}

static int zgo_monitor(zgo_sock *s, const char *endpoint, int events) {
#if ZGO_API >= 40000
    zgo_signals old;
    zgo_block_signals(&old);
    int e = zmq_socket_monitor(s, endpoint, events) == -1 ? zgo_errno() : 0;
    zgo_restore_signals(&old);
    return e;
#else
    (void)s, (void)endpoint, (void)events;
    return ENOTSUP;
#endif
}

/* zgo_interfaces returns the errno over which libzmq aborts when it looks for a network interface's address, as
 * it does at each bind to an address, or 0. strict is for engines that bear no failure at all. */
static int zgo_interfaces(int strict) {
#if defined(_WIN32)
    (void)strict;
    return 0;
#else
    struct ifaddrs *list = NULL;
    int rc = getifaddrs(&list);
    for (int tries = 0; rc == -1 && errno == ECONNREFUSED && tries < 10; tries++) {
        usleep(1000u << tries);
        rc = getifaddrs(&list);
    }
    if (rc == -1)
        return !strict && (errno == EINVAL || errno == EOPNOTSUPP) ? 0 : errno;
    if (!list)
        return ENODEV;
    freeifaddrs(list);
    return 0;
#endif
}

/* The kinds of listening sockets. */
enum { ZGO_LISTENS_OTHER, ZGO_LISTENS_UNIX, ZGO_LISTENS_IP4, ZGO_LISTENS_IP6 };

/* zgo_listener returns in n of what kind the listening stream socket fd is, and in bytes the number of its inode, which no
 * other open socket has; EINVAL for a socket that does not listen. */
static zgo_res zgo_listener(int fd) {
    zgo_res r = zgo_zero;
#if defined(_WIN32)
    (void)fd;
    r.err = ENOTSUP;
#else
    int type = 0, listens = 0;
    socklen_t n = sizeof type;
    struct stat st;
    if (fstat(fd, &st) == -1 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == -1)
        return zgo_fail(errno);
    r.bytes = (int64_t)st.st_ino;
    n = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == -1)
        return zgo_fail(errno);
    if (type != SOCK_STREAM || !listens)
        return zgo_fail(EINVAL);
    struct sockaddr_storage at;
    n = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &n) == -1)
        return zgo_fail(errno);
    switch (at.ss_family) {
    case AF_UNIX:
        r.n = ZGO_LISTENS_UNIX;
        break;
    case AF_INET:
        r.n = ZGO_LISTENS_IP4;
        break;
    case AF_INET6:
        r.n = ZGO_LISTENS_IP6;
    }
#endif
    return r;
}

/* --- plain descriptors ------------------------------------------------------ */

typedef struct {
    int fd;
    short events, revents;
} zgo_pollfd;

/* zgo_poll_now asks zmq_poll about plain descriptors, without waiting. */
static zgo_res zgo_poll_now(zgo_pollfd *f, size_t n) {
    zmq_pollitem_t few[16], *items = few;
    zgo_res r = zgo_zero;
    int rc;
    if (n > 16 && !(items = (zmq_pollitem_t *)malloc(n * sizeof *items)))
        return zgo_fail(ENOMEM);
    for (size_t i = 0; i < n; i++) {
        items[i].socket = NULL;
        items[i].fd = f[i].fd;
        items[i].events = f[i].events;
        items[i].revents = 0;
    }
    do
        rc = zmq_poll(items, (int)n, 0);
    while (rc == -1 && zmq_errno() == EINTR);
    if (rc == -1)
        r.err = zgo_errno();
    r.n = rc;
    for (size_t i = 0; i < n; i++)
        f[i].revents = items[i].revents;
    if (items != few)
        free(items);
    return r;
}

/* --- security ------------------------------------------------------------------ */

static int zgo_curve_keypair(unsigned char *pub, unsigned char *secret) {
#if ZGO_API >= 40001
    return zmq_curve_keypair((char *)pub, (char *)secret) == -1 ? zgo_errno() : 0;
#else
    (void)pub, (void)secret;
    return ENOTSUP;
#endif
}

static int zgo_curve_public(unsigned char *pub, const unsigned char *secret) {
#if ZGO_API >= 40200
    return zmq_curve_public((char *)pub, (const char *)secret) == -1 ? zgo_errno() : 0;
#else
    (void)pub, (void)secret;
    return ENOTSUP;
#endif
}

/* What builds on this, in this order. */
#include "shim_msg.h"
#include "shim_frames.h"
#include "shim_relay.h"
#include "shim_pin.h"

#endif /* ZGO_NO_ENGINE */
#endif /* ZGO_SHIM_H */
