/* What the programs of this folder share: peers that speak ZMTP over plain sockets, and ends. A program exits with 0 if it lived
 * and lost nothing, with LOST if it lost something, and with FAILED if it could not try; an abort is the engine's. */
#ifndef PEER_H
#define PEER_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { LOST = 1, FAILED = 3 };

#define MUST(x)                                                                                                        \
    do {                                                                                                               \
        if (!(x)) {                                                                                                    \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #x, strerror(errno));                               \
            exit(FAILED);                                                                                              \
        }                                                                                                              \
    } while (0)

/* How many milliseconds what has to happen may take, on however busy a machine. */
#define PATIENCE 60000

static inline void pause_ms(int n) {
    struct timespec t = {n / 1000, n % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static inline long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static inline void set(void *s, int option, int value) {
    MUST(zmq_setsockopt(s, option, &value, sizeof value) == 0);
}

static inline int events_of(void *s) {
    int events = 0;
    size_t n = sizeof events;
    zmq_getsockopt(s, ZMQ_EVENTS, &events, &n);
    return events;
}

/* bind_tcp binds a free port of the loopback and returns it. */
static inline int bind_tcp(void *s) {
    char at[256];
    size_t n = sizeof at;
    MUST(zmq_bind(s, "tcp://127.0.0.1:*") == 0);
    MUST(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &n) == 0);
    return atoi(strrchr(at, ':') + 1);
}

static inline void end(void *s, void *context) {
    set(s, ZMQ_LINGER, 0);
    zmq_close(s);
    zmq_ctx_term(context);
}

static inline void put(int fd, const void *data, size_t n) {
    const char *at = data;
    while (n > 0) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        at += k;
        n -= (size_t)k;
    }
}

static inline void get(int fd, void *data, size_t n) {
    char *at = data;
    while (n > 0) {
        ssize_t k = recv(fd, at, n, 0);
        MUST(k > 0);
        at += k;
        n -= (size_t)k;
    }
}

static inline int dial_tcp(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    MUST(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

static inline int dial_ipc(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    MUST(strlen(path) < sizeof a.sun_path);
    strcpy(a.sun_path, path);
    MUST(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

/* shake does the handshake of ZMTP 3.0 without security, as a socket of a type and a name. */
static inline void shake(int fd, const char *type, const char *name) {
    unsigned char greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    unsigned char said[256], ready[128] = "\4\0\5READY\13Socket-Type\0\0\0";
    size_t n = 2 + 6 + 12 + 3;
    put(fd, greeting, sizeof greeting);
    get(fd, said, sizeof greeting);
    ready[n++] = (unsigned char)strlen(type);
    memcpy(ready + n, type, strlen(type));
    n += strlen(type);
    memcpy(ready + n, "\10Identity\0\0\0", 12);
    n += 12;
    ready[n++] = (unsigned char)strlen(name);
    memcpy(ready + n, name, strlen(name));
    n += strlen(name);
    ready[1] = (unsigned char)(n - 2);
    put(fd, ready, n);
    get(fd, said, 2);
    get(fd, said, said[1]);
}

static inline int peer_named(int port, const char *type, const char *name) {
    int fd = dial_tcp(port);
    shake(fd, type, name);
    return fd;
}

static inline int peer_tcp(int port, const char *type) { return peer_named(port, type, ""); }

/* listening returns a socket that listens at a port of its own. */
static inline int listening(int *port) {
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    MUST(bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 5) == 0);
    MUST(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    *port = ntohs(a.sin_port);
    return fd;
}

/* accepted waits for a connection, and does its handshake. */
static inline int accepted(int listener, const char *type) {
    int fd = accept(listener, NULL, NULL);
    MUST(fd >= 0);
    shake(fd, type, "");
    return fd;
}

/* closed waits until the peer of a connection has closed it, too. */
static inline void closed(int fd) {
    char b[256];
    shutdown(fd, SHUT_WR);
    while (recv(fd, b, sizeof b, 0) > 0) {
    }
    close(fd);
}

/* frame sends one part of a message. */
static inline void frame(int fd, int more, const char *text) {
    unsigned char b[258];
    b[0] = (unsigned char)more;
    b[1] = (unsigned char)strlen(text);
    memcpy(b + 2, text, b[1]);
    put(fd, b, 2u + b[1]);
}

static inline void ping(int fd) { put(fd, "\4\7\4PING\0\0", 9); }

/* reset breaks a connection off. */
static inline void reset(int fd) {
    struct linger l = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    close(fd);
}

/* received takes messages until none has come for a while, even on a busy machine, and counts them. */
static inline int received(void *s, int most) {
    char b[256];
    int n = 0;
    set(s, ZMQ_RCVTIMEO, 10000);
    while (n < most && zmq_recv(s, b, sizeof b, 0) >= 0)
        n++;
    return n;
}

/* verdict ends the program with what became of the messages. */
static inline int verdict(int got, int sent) {
    printf("%d of %d messages arrived\n", got, sent);
    return got == sent ? 0 : LOST;
}

#endif
