/* C side of the fence: small helpers over libzmq's own functions, one for each
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

/* Opaque handles: one type each, so that one cannot pass for another. */
typedef struct zgo_ctx zgo_ctx;
typedef struct zgo_sock zgo_sock;

/* A message of any engine fits: 32, 48 and 64 bytes have been in use. */
typedef union {
    zmq_msg_t m;
    unsigned char room[64];
    void *align;
} zgo_msg;

/* What one operation brings back. ev holds ZMQ_EVENTS where it was asked for. */
typedef struct {
    int64_t n;
    int64_t bytes;
    unsigned char *data;
    int err;
    int ev;
    int more;
} zgo_res;

enum {
    ZGO_MORE = 1,  /* more parts follow the last one given */
    ZGO_LATER = 2, /* continues a message whose first part was accepted */
    ZGO_WANT = 4,  /* somebody is parked: read ZMQ_EVENTS after the call */
    ZGO_SURE = 8,  /* on EAGAIN read ZMQ_EVENTS and believe them */
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
    if (!(mode & (bit == ZMQ_POLLIN ? ZGO_WANT : ZGO_SURE | ZGO_WANT)))
        return 0;
    int ev = zgo_events(s);
    if (ev < 0) {
        r->err = -ev;
        return 0;
    }
    r->ev = ev;
    if (e != EAGAIN || !(mode & ZGO_SURE) || !(ev & bit) || ++*rounds > ZGO_ROUNDS)
        return 0;
    /* A send to one full peer fails while another peer is writable: it does
     * not help to insist. */
    if (bit == ZMQ_POLLOUT && *rounds > 1)
        return 0;
    return 1;
}

/* zgo_after closes an operation that may have drained somebody else's edge. */
static zgo_res zgo_after(zgo_sock *s, zgo_res r, int mode) {
    if (mode & ZGO_WANT) {
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

/* zgo_seed gives C's rand(), of which libzmq makes the ids of a ROUTER's peers, a state that nobody can foresee: libzmq
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

/* zgo_wait_briefly returns when fd is readable, or somebody has rung the bell (an eventfd, which it reads), or after
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

/* Between zgo_quiet and zgo_loud no signal interrupts this thread. Some calls have an event sent to a
 * monitor, as a message of two parts: libzmq drops what of it a signal interrupts, and says nothing. A
 * signal that is meant for the process goes to another thread. */
#if defined(_WIN32)
typedef int zgo_signals;
static void zgo_quiet(zgo_signals *old) { (void)old; }
static void zgo_loud(const zgo_signals *old) { (void)old; }
#else
typedef sigset_t zgo_signals;

static void zgo_quiet(zgo_signals *old) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t all;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, old);
}

static void zgo_loud(const zgo_signals *old) { pthread_sigmask(SIG_SETMASK, old, NULL); }
#endif

enum { ZGO_BIND, ZGO_CONNECT, ZGO_UNBIND, ZGO_DISCONNECT };

static int zgo_endpoint_quietly(zgo_sock *s, int what, const char *endpoint) {
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
    zgo_quiet(&old);
    int e = zgo_endpoint_quietly(s, what, endpoint);
    zgo_loud(&old);
    return e;
}

static int zgo_monitor(zgo_sock *s, const char *endpoint, int events) {
#if ZGO_API >= 40000
    zgo_signals old;
    zgo_quiet(&old);
    int e = zmq_socket_monitor(s, endpoint, events) == -1 ? zgo_errno() : 0;
    zgo_loud(&old);
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

/* --- one part ---------------------------------------------------------- */

static int zgo_flags(int mode) { return ZMQ_DONTWAIT | (mode & ZGO_MORE ? ZMQ_SNDMORE : 0); }

/* zgo_refused_later deals with a later part that was refused: 0 to try again, 1 when the part is to
 * be dropped, -1 for an error. A peer that took the first part has room for the others, so it is gone, and
 * the message with it; most types then drop the rest by themselves. A PAIR would give it to its
 * next peer as a message of its own, or wait for one for ever: *lost tells to keep the rest from it. */
static int zgo_refused_later(zgo_sock *s, int *lost) {
    int e = zgo_errno(), type = -1;
    size_t n = sizeof type;
    if (e == EINTR)
        return 0;
    if (e != EAGAIN)
        return -1;
    *lost = zmq_getsockopt(s, ZMQ_TYPE, &type, &n) != -1 && type == ZMQ_PAIR;
    return 1;
}

/* zgo_later sends a later part of a message, or drops it, and returns 0 or an errno. */
static int zgo_later(zgo_sock *s, zmq_msg_t *m, int flags, int *lost) {
    int again = 0;
    while (!*lost && !again && zmq_sendmsg(s, m, flags | ZMQ_DONTWAIT) == -1) {
        int e = zgo_errno();
        if ((again = zgo_refused_later(s, lost)) < 0)
            return e;
    }
    zmq_msg_close(m);
    zmq_msg_init(m);
    return 0;
}

/* zgo_send sends a part. r.more tells that the rest of its message must be dropped. */
static zgo_res zgo_send(zgo_sock *s, const unsigned char *p, size_t n, int mode) {
    zgo_res r = zgo_zero;
    int later = mode & ZGO_LATER, lost = 0, rounds = 0;
    while (zmq_send(s, (void *)p, n, zgo_flags(mode)) == -1) {
        if (later && zgo_refused_later(s, &lost) > 0)
            break;
        if (!zgo_again(s, &r, ZMQ_POLLOUT, later ? 0 : mode, &rounds))
            return r;
    }
    r.err = 0;
    r.n = (int64_t)n;
    r.more = lost;
    return zgo_after(s, r, mode);
}

static zgo_res zgo_recv(zgo_sock *s, unsigned char *p, size_t n, int mode) {
    zgo_res r = zgo_zero;
    zgo_msg m;
    int rounds = 0;
    zmq_msg_init(&m.m);
    while (zmq_recvmsg(s, &m.m, ZMQ_DONTWAIT) == -1)
        if (!zgo_again(s, &r, ZMQ_POLLIN, mode, &rounds)) {
            zmq_msg_close(&m.m);
            return r;
        }
    size_t size = zmq_msg_size(&m.m);
    if (size && n)
        memcpy(p, zmq_msg_data(&m.m), size < n ? size : n);
    r.err = 0;
    r.n = (int64_t)size;
    r.more = zgo_more(s, &m.m);
    zmq_msg_close(&m.m);
    return zgo_after(s, r, mode);
}

/* --- messages ---------------------------------------------------------- */

static zgo_msg *zgo_msgs_alloc(size_t count) {
    zgo_msg *m = (zgo_msg *)malloc(count * sizeof *m);
    for (size_t i = 0; m && i < count; i++)
        zmq_msg_init(&m[i].m);
    return m;
}

static zgo_msg *zgo_msgs_at(zgo_msg *m, size_t i) { return m + i; }

static void zgo_msgs_free(zgo_msg *m, size_t count) {
    for (size_t i = 0; i < count; i++)
        zmq_msg_close(&m[i].m);
    free(m);
}

/* zgo_msg_view fills in where the bytes of an initialised message are. */
static zgo_res zgo_msg_view(zgo_msg *m) {
    zgo_res r = zgo_zero;
    r.data = (unsigned char *)zmq_msg_data(&m->m);
    r.n = (int64_t)zmq_msg_size(&m->m);
    return r;
}

/* zgo_msg_see is zgo_msg_view for a message that others had in their hands. */
static zgo_res zgo_msg_see(zgo_msg *m) {
    zgo_res r = zgo_msg_view(m);
#if ZGO_API >= 30201
    r.more = zmq_msg_more(&m->m);
#endif
    return r;
}

/* zgo_msg_size gives an initialised message n bytes of its own. If p is not
 * NULL they are copied from there. On failure the message is empty. */
static zgo_res zgo_msg_size(zgo_msg *m, const unsigned char *p, size_t n) {
    zmq_msg_close(&m->m);
    if (n > (size_t)PTRDIFF_MAX - 4096 || zmq_msg_init_size(&m->m, n) == -1) {
        zmq_msg_init(&m->m);
        return zgo_fail(ENOMEM);
    }
    zgo_res r = zgo_msg_view(m);
    if (p && n)
        memcpy(r.data, p, n);
    return r;
}

/* zgo_msg_reset empties an initialised message and leaves it usable. */
static void zgo_msg_reset(zgo_msg *m) {
    zmq_msg_close(&m->m);
    zmq_msg_init(&m->m);
}

static zgo_res zgo_msg_copy(zgo_msg *dst, zgo_msg *src) {
    return zmq_msg_copy(&dst->m, &src->m) == -1 ? zgo_fail(zgo_errno()) : zgo_msg_view(dst);
}

static zgo_res zgo_msg_move(zgo_msg *dst, zgo_msg *src) {
    return zmq_msg_move(&dst->m, &src->m) == -1 ? zgo_fail(zgo_errno()) : zgo_msg_view(dst);
}

static const char *zgo_msg_gets(zgo_msg *m, const char *property) {
#if ZGO_API >= 40100
    return zmq_msg_gets(&m->m, property);
#else
    (void)m, (void)property;
    return NULL;
#endif
}

static zgo_res zgo_sendmsg(zgo_sock *s, zgo_msg *m, int mode) {
    zgo_res r = zgo_zero;
    int lost = 0, rounds = 0;
    size_t n = zmq_msg_size(&m->m);
    if (mode & ZGO_LATER) {
        if ((r.err = zgo_later(s, &m->m, zgo_flags(mode), &lost)))
            return zgo_after(s, r, mode);
    } else {
        while (zmq_sendmsg(s, &m->m, zgo_flags(mode)) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
    }
    /* An XSUB of 3.1.0 leaves a duplicate subscription in the message. */
    if (zmq_msg_size(&m->m))
        zgo_msg_reset(m);
    r.err = 0;
    r.n = (int64_t)n;
    r.more = lost;
    return zgo_after(s, r, mode);
}

static zgo_res zgo_recvmsg(zgo_sock *s, zgo_msg *m, int mode) {
    zgo_res r = zgo_zero;
    int rounds = 0;
    while (zmq_recvmsg(s, &m->m, ZMQ_DONTWAIT) == -1)
        if (!zgo_again(s, &r, ZMQ_POLLIN, mode, &rounds)) {
            zgo_res view = zgo_msg_view(m);
            r.data = view.data;
            r.n = view.n;
            return r;
        }
    int ev = r.ev;
    r = zgo_msg_view(m);
    r.ev = ev;
    r.more = zgo_more(s, &m->m);
    return zgo_after(s, r, mode);
}

/* The same for a socket that is ready and on which nobody is parked, in as few words as
 * they go: returning a zgo_res costs more than many a message does. What fails here is tried
 * again in the long way. */

/* zgo_send_now returns 0 or the errno. */
static int zgo_send_now(zgo_sock *s, const unsigned char *p, size_t n, int mode) { return zgo_send(s, p, n, mode).err; }

static int zgo_sendmsg_now(zgo_sock *s, zgo_msg *m, int mode) { return zgo_sendmsg(s, m, mode).err; }

/* zgo_recv_now returns twice the size, plus 1 if another part follows, or -errno. */
static int64_t zgo_recv_now(zgo_sock *s, unsigned char *p, size_t n) {
    zgo_res r = zgo_recv(s, p, n, 0);
    return r.err ? -r.err : r.n * 2 + r.more;
}

typedef struct {
    int64_t n;           /* as of zgo_recv_now */
    unsigned char *data; /* NULL if the message is empty */
} zgo_view;

static zgo_view zgo_recvmsg_now(zgo_sock *s, zgo_msg *m) {
    zgo_res r = zgo_recvmsg(s, m, 0);
    zgo_view v;
    v.n = r.err ? -r.err : r.n * 2 + r.more;
    v.data = r.n ? r.data : NULL;
    return v;
}

/* zgo_send_msgs sends count messages as the parts of one. The first part may be refused: then r.err is set, r.n is 0, and
 * all are as they were. The later ones are taken at once, unless the context ends among them: then r.err is set and the
 * message is lost. Where r.n is count all are empty, whatever r.err says. */
static zgo_res zgo_send_msgs(zgo_sock *s, zgo_msg **m, size_t count, int mode) {
    zgo_res r = zgo_zero;
    int rounds = 0, lost = 0;
    for (size_t i = 0; i < count; i++) {
        int flags = zgo_flags(i + 1 < count ? ZGO_MORE : 0);
        if (i && (r.err = zgo_later(s, &m[i]->m, flags, &lost))) {
            for (; i < count; i++)
                zgo_msg_reset(m[i]);
            r.n = (int64_t)count;
            return zgo_after(s, r, mode);
        }
        while (!i && zmq_sendmsg(s, &m[i]->m, flags) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
        if (zmq_msg_size(&m[i]->m))
            zgo_msg_reset(m[i]);
    }
    r.err = 0;
    r.n = (int64_t)count;
    return zgo_after(s, r, mode);
}

/* --- rooms: whole messages in one crossing ------------------------------- */

/* A row is one part. Its bytes are in the room's arena, in the message of the row, or, for
 * sending only, in memory that Go has pinned. */
typedef struct {
    unsigned char *data;
    size_t size;
    int more;
    int held; /* the row's message holds the bytes */
} zgo_row;

/* A room holds the parts of one message or of many. The messages are kept apart from the rows, and
 * initialised only where they are used: most rows use none, and the fewer bytes a burst
 * touches, the faster it is. */
typedef struct {
    zgo_row *rows;
    zgo_msg *msgs; /* one for each row */
    unsigned char *arena;
    size_t cap, nrows; /* rows: allocated, in use */
    size_t size, used; /* arena bytes: allocated, in use */
    size_t held;       /* rows whose message must be closed */
    size_t bytes;      /* that the last zgo_recv_room_now has received */
    int lost;          /* the last receive has dropped a message for want of memory */
} zgo_room_t;

typedef struct zgo_room zgo_room; /* the same, as a handle */

#define ZGO_ROOM(r) ((zgo_room_t *)(r))

/* Parts up to this size are copied into the arena: cheaper than keeping their
 * message until the room is emptied. */
#define ZGO_COPY_MAX 2048

static zgo_room *zgo_room_new(size_t rows, size_t arena) {
    zgo_room_t *m = (zgo_room_t *)calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->rows = (zgo_row *)malloc(rows * sizeof *m->rows);
    m->msgs = (zgo_msg *)malloc(rows * sizeof *m->msgs);
    m->arena = (unsigned char *)malloc(arena ? arena : 1);
    m->cap = rows;
    m->size = arena;
    if (!m->rows || !m->msgs || !m->arena) {
        free(m->rows);
        free(m->msgs);
        free(m->arena);
        free(m);
        return NULL;
    }
    return (zgo_room *)m;
}

/* zgo_row_drop closes the message of row i, if it holds the bytes. */
static void zgo_row_drop(zgo_room_t *m, size_t i) {
    if (m->rows[i].held) {
        zmq_msg_close(&m->msgs[i].m);
        m->rows[i].held = 0;
        m->held--;
    }
}

/* zgo_row_take makes row i hold the bytes of an initialised message, which is empty and closed
 * afterwards. */
static void zgo_row_take(zgo_room_t *m, size_t i, zgo_msg *from) {
    zmq_msg_init(&m->msgs[i].m);
    zmq_msg_move(&m->msgs[i].m, &from->m);
    zmq_msg_close(&from->m);
    m->rows[i].data = (unsigned char *)zmq_msg_data(&m->msgs[i].m);
    m->rows[i].held = 1;
}

static void zgo_room_reset(zgo_room *room) {
    zgo_room_t *m = ZGO_ROOM(room);
    for (size_t i = 0; m->held && i < m->nrows; i++)
        zgo_row_drop(m, i);
    m->nrows = m->used = m->held = 0;
}

static void zgo_room_free(zgo_room *room) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_room_reset(room);
    free(m->rows);
    free(m->msgs);
    free(m->arena);
    free(m);
}

/* zgo_room_rows makes place for at least n rows; 0 when there is no memory. */
static int zgo_room_rows(zgo_room *room, size_t n) {
    zgo_room_t *m = ZGO_ROOM(room);
    if (n <= m->cap)
        return 1;
    size_t cap = m->cap * 2 > n ? m->cap * 2 : n;
    zgo_msg *old = m->msgs, *msgs = (zgo_msg *)malloc(cap * sizeof *msgs);
    zgo_row *rows = msgs ? (zgo_row *)realloc(m->rows, cap * sizeof *rows) : NULL;
    if (!rows) {
        free(msgs);
        return 0;
    }
    m->rows = rows;
    m->msgs = msgs;
    m->cap = cap;
    for (size_t i = 0; i < m->nrows; i++)
        if (rows[i].held)
            zgo_row_take(m, i, &old[i]);
    free(old);
    return 1;
}

/* zgo_room_to moves the bytes of row i to an initialised message. */
static zgo_res zgo_room_to(zgo_room *room, size_t i, zgo_msg *to) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_row *row = &m->rows[i];
    if (!row->held)
        return zgo_msg_size(to, row->data, row->size);
    zgo_res r = zgo_msg_move(to, &m->msgs[i]);
    if (!r.err) {
        zgo_row_drop(m, i);
        row->size = 0;
    }
    return r;
}

/* zgo_room_cut drops the rows from row n on, and the arena's bytes from used on. */
static void zgo_room_cut(zgo_room *room, size_t n, size_t used) {
    zgo_room_t *m = ZGO_ROOM(room);
    while (m->nrows > n)
        zgo_row_drop(m, --m->nrows);
    m->used = used;
}

/* zgo_room_take receives one part into the next row. */
static int zgo_room_take(zgo_sock *s, zgo_room_t *m, int flags) {
    zgo_row *row = &m->rows[m->nrows];
    zgo_msg part;
    zmq_msg_init(&part.m);
    if (zmq_recvmsg(s, &part.m, flags) == -1) {
        int e = zgo_errno();
        zmq_msg_close(&part.m);
        errno = e;
        return -1;
    }
    row->size = zmq_msg_size(&part.m);
    row->more = zgo_more(s, &part.m);
    if (row->size > ZGO_COPY_MAX || row->size >= m->size - m->used) {
        zgo_row_take(m, m->nrows, &part);
        m->held++;
    } else {
        row->held = 0;
        row->data = m->arena + m->used;
        memcpy(row->data, zmq_msg_data(&part.m), row->size);
        m->used += row->size;
        zmq_msg_close(&part.m);
    }
    m->nrows++;
    return 0;
}

/* zgo_skip_rest receives the later parts of a message for which there is no memory, and drops them: the next message
 * must not begin with them. */
static void zgo_skip_rest(zgo_sock *s) {
    zgo_msg part;
    int more = 1;
    zmq_msg_init(&part.m);
    while (more)
        if (zmq_recvmsg(s, &part.m, 0) != -1)
            more = zgo_more(s, &part.m);
        else if (zgo_errno() != EINTR)
            break;
    zmq_msg_close(&part.m);
}

/* zgo_room_rest receives the later parts of a message. They have arrived with its first one. */
static int zgo_room_rest(zgo_sock *s, zgo_room *room) {
    zgo_room_t *m = ZGO_ROOM(room);
    while (m->rows[m->nrows - 1].more) {
        if (!zgo_room_rows(room, m->nrows + 1)) {
            zgo_skip_rest(s);
            return ENOMEM;
        }
        while (zgo_room_take(s, m, 0) == -1) {
            int e = zgo_errno();
            if (e != EINTR)
                return e;
        }
    }
    return 0;
}

/* zgo_recv_room receives whole messages into the room, which it does not empty first, until
 * max rows are in use or there are no more messages: one at least, whatever its size, and the last
 * one goes beyond max rather than be split. r.n counts the messages, r.bytes their bytes. A message for whose parts there
 * is no memory is dropped: then room->lost is set, and r.err is ENOMEM unless others were taken before. */
static zgo_res zgo_recv_room(zgo_sock *s, zgo_room *room, size_t max, int mode) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_res r = zgo_zero;
    int rounds = 0;
    m->lost = 0;
    while (!r.n || m->nrows < max) {
        size_t first = m->nrows, used = m->used;
        if (first == m->cap && !zgo_room_rows(room, first + 1)) {
            r.err = r.n ? 0 : ENOMEM;
            break;
        }
        if (zgo_room_take(s, m, ZMQ_DONTWAIT) == -1) {
            if (zgo_again(s, &r, ZMQ_POLLIN, r.n ? 0 : mode, &rounds))
                continue;
            /* Another error will be there at the next call; what was taken would not. */
            if (r.n)
                r.err = 0;
            break;
        }
        if (!(mode & ZGO_PART) && (r.err = zgo_room_rest(s, room)) != 0) {
            zgo_room_cut(room, first, used);
            m->lost = 1;
            if (r.n)
                r.err = 0;
            break;
        }
        for (size_t i = first; i < m->nrows; i++)
            r.bytes += (int64_t)m->rows[i].size;
        r.n++;
    }
    return r.n ? zgo_after(s, r, mode) : r;
}

/* zgo_recv_room_now returns the number of messages or -errno, and leaves their bytes in the room. */
static int64_t zgo_recv_room_now(zgo_sock *s, zgo_room *room, size_t max, int mode) {
    zgo_res r = zgo_recv_room(s, room, max, mode);
    ZGO_ROOM(room)->bytes = (size_t)r.bytes;
    return r.n ? r.n : -r.err;
}

/* zgo_row_hold gives row i a message with its bytes. */
static int zgo_row_hold(zgo_room_t *m, size_t i) {
    zgo_row *row = &m->rows[i];
    zmq_msg_t *msg = &m->msgs[i].m;
    if (row->held)
        return 1;
    if (row->size > (size_t)PTRDIFF_MAX - 4096 || zmq_msg_init_size(msg, row->size) == -1)
        return 0;
    if (row->size)
        memcpy(zmq_msg_data(msg), row->data, row->size);
    row->data = (unsigned char *)zmq_msg_data(msg);
    row->held = 1;
    m->held++;
    return 1;
}

/* zgo_send_rows sends the message that begins at row i, all of it or nothing. All parts have
 * messages before the first one is sent, so that want of memory cannot leave half a message in
 * the socket. Where the context ends behind the first part the message is lost: r.err is set, and so is r.more. Once the
 * first part was taken the rows hold nothing any more. With ZGO_LATER the rows are the rest of a message that was begun before. */
static zgo_res zgo_send_rows(zgo_sock *s, zgo_room_t *m, size_t i, size_t count, int mode) {
    zgo_res r = zgo_zero;
    for (size_t j = i; j < i + count; j++)
        if (!zgo_row_hold(m, j))
            return zgo_fail(ENOMEM);
    int lost = 0, rounds = 0;
    for (size_t j = i; j < i + count; j++) {
        zmq_msg_t *msg = &m->msgs[j].m;
        int flags = zgo_flags(j + 1 < i + count ? ZGO_MORE : 0);
        int later = j > i || mode & ZGO_LATER;
        if (later && (r.err = zgo_later(s, msg, flags, &lost))) {
            for (; j < i + count; j++)
                zgo_row_drop(m, j);
            r.more = 1;
            return r;
        }
        while (!later && zmq_sendmsg(s, msg, flags) == -1)
            if (!zgo_again(s, &r, ZMQ_POLLOUT, mode, &rounds))
                return r;
        zgo_row_drop(m, j);
    }
    r.err = 0;
    return r;
}

/* zgo_send_room sends the room's whole messages from row from on, until one is
 * refused; what was sent must not be looked at again. r.n is the row after the last message
 * sent, r.more the number of messages sent. r.err is set when not all could be sent; a message that was lost among its
 * parts counts as sent. With ZGO_LATER the first of them is the rest of a message that was begun before. */
static zgo_res zgo_send_room(zgo_sock *s, zgo_room *room, size_t from, int mode) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_res r = zgo_zero;
    size_t at = from;
    int64_t bytes = 0;
    int sent = 0;
    while (at < m->nrows) {
        zgo_row *row = &m->rows[at];
        size_t count = 1;
        int later = at == from ? mode & ZGO_LATER : 0;
        if (!row->more && !row->held && !later) {
            if (zmq_send(s, row->data, row->size, ZMQ_DONTWAIT) == -1) {
                r = zgo_send(s, row->data, row->size, mode & ZGO_SURE);
                if (r.err)
                    break;
            }
            bytes += (int64_t)row->size;
        } else {
            while (row[count - 1].more && at + count < m->nrows)
                count++;
            r = zgo_send_rows(s, m, at, count, (mode & ZGO_SURE) | later);
            if (r.err && !r.more)
                break;
            for (size_t i = 0; i < count; i++)
                bytes += (int64_t)row[i].size;
        }
        at += count;
        sent++;
        if (r.err)
            break;
    }
    r.n = (int64_t)at;
    r.bytes = bytes;
    r.data = NULL;
    r.more = sent;
    /* A sure refusal has brought the events. */
    return r.err && mode & ZGO_SURE ? r : zgo_after(s, r, mode);
}

/* zgo_room_drop forgets the first n rows; the others keep their order and their bytes. */
static void zgo_room_drop(zgo_room *room, size_t n) {
    zgo_room_t *m = ZGO_ROOM(room);
    size_t low = m->used;
    for (size_t i = 0; i < m->nrows; i++) {
        zgo_row *row = &m->rows[i];
        if (i < n)
            zgo_row_drop(m, i);
        else if (!row->held && row->size && (size_t)(row->data - m->arena) < low)
            low = (size_t)(row->data - m->arena);
    }
    memmove(m->arena, m->arena + low, m->used - low);
    m->used -= low;
    for (size_t i = n; i < m->nrows; i++) {
        zgo_row *to = &m->rows[i - n];
        *to = m->rows[i];
        if (!to->held && to->size)
            to->data -= low;
        if (n && to->held)
            zgo_row_take(m, i - n, &m->msgs[i]);
    }
    m->nrows -= n;
}

/* zgo_room_keep makes a row of a message of its own with a copy of n bytes at p. */
static int zgo_room_keep(zgo_room *room, const unsigned char *p, size_t n, int more) {
    zgo_room_t *m = ZGO_ROOM(room);
    zgo_row *row = &m->rows[m->nrows];
    row->data = (unsigned char *)p;
    row->size = n;
    row->more = more;
    row->held = 0;
    if (!zgo_row_hold(m, m->nrows))
        return 0;
    m->nrows++;
    return 1;
}

#include "shim_relay.h"

/* --- memory lent to libzmq ------------------------------------------------ */

/* libzmq releases a lent buffer on any of its threads, which must not enter Go: the
 * release is put on this list, and a pipe wakes the goroutine that empties it. A wake-up costs more
 * than all else about a release, so there is one for many, and none for a quiet release, with
 * which nobody waits. */
typedef struct zgo_pin {
    struct zgo_pin *next;
    uint64_t id;
    int quiet;
} zgo_pin;

static zgo_pin *zgo_pins;
static int zgo_pin_pipe = -1;
static int zgo_pin_due; /* the goroutine has been woken and has not looked yet */

static void zgo_pin_release(void *data, void *hint) {
    zgo_pin *p = (zgo_pin *)hint, *head = __atomic_load_n(&zgo_pins, __ATOMIC_RELAXED);
    int quiet = p->quiet; /* p is gone as soon as it is on the list */
    (void)data;
    do
        p->next = head;
    while (!__atomic_compare_exchange_n(&zgo_pins, &head, p, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
#if !defined(_WIN32)
    if (!quiet && !__atomic_exchange_n(&zgo_pin_due, 1, __ATOMIC_ACQ_REL)) {
        int fd = __atomic_load_n(&zgo_pin_pipe, __ATOMIC_ACQUIRE);
        ssize_t n;
        do
            n = write(fd, "", 1);
        while (n == -1 && errno == EINTR);
    }
#endif
}

static void zgo_pin_wake_by(int fd) { __atomic_store_n(&zgo_pin_pipe, fd, __ATOMIC_RELEASE); }

/* zgo_pin_drain writes up to cap released ids to ids and returns how many. */
static size_t zgo_pin_drain(uint64_t *ids, size_t cap) {
    static zgo_pin *left; /* one caller at a time */
    size_t n = 0;
    __atomic_exchange_n(&zgo_pin_due, 0, __ATOMIC_ACQ_REL);
    for (;;) {
        if (!left)
            left = __atomic_exchange_n(&zgo_pins, NULL, __ATOMIC_ACQUIRE);
        if (!left || n == cap)
            return n;
        zgo_pin *p = left;
        left = p->next;
        ids[n++] = p->id;
        free(p);
    }
}

/* zgo_msg_data makes an initialised message refer to n bytes at p, which stay
 * where they are until id comes out of zgo_pin_drain; quiet says that nobody waits for it. */
static zgo_res zgo_msg_data(zgo_msg *m, unsigned char *p, size_t n, uint64_t id, int quiet) {
    zgo_pin *pin = (zgo_pin *)malloc(sizeof *pin);
    if (!pin)
        return zgo_fail(ENOMEM);
    pin->id = id;
    pin->quiet = quiet;
    zmq_msg_close(&m->m);
    if (zmq_msg_init_data(&m->m, p, n, zgo_pin_release, pin) == -1) {
        int e = zgo_errno();
        free(pin);
        zmq_msg_init(&m->m);
        return zgo_fail(e);
    }
    return zgo_msg_view(m);
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

#endif /* ZGO_NO_ENGINE */
#endif /* ZGO_SHIM_H */
