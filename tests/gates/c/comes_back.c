#include "peer.h"

static int listener;

static int listen_tcp(void) {
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    MUST(bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 8) == 0);
    MUST(getsockname(listener, (struct sockaddr *)&a, &n) == 0);
    return ntohs(a.sin_port);
}

/* comes waits for the socket's connection; -1 if none comes. */
static int comes(void) {
    struct pollfd p = {.fd = listener, .events = POLLIN};
    return poll(&p, 1, PATIENCE) == 1 ? accept(listener, NULL, NULL) : -1;
}

/* cut_off reports whether the socket ends a connection. */
static int cut_off(int fd, int ms) {
    char b[256];
    struct timeval t = {0, 20000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    for (long limit = now_ms() + ms; now_ms() < limit;) {
        ssize_t n = recv(fd, b, sizeof b, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return 1;
    }
    return 0;
}

/* heartbeats: the peer fills the queue and is silent until it is cut off. It comes back, the queue is read, and it goes on. */
static int heartbeats(void *s, const char *at) {
    set(s, ZMQ_HEARTBEAT_IVL, 100);
    set(s, ZMQ_HEARTBEAT_TIMEOUT, 1500);
    MUST(zmq_connect(s, at) == 0);
    int fd = comes();
    MUST(fd >= 0);
    shake(fd, "PUSH", "");
    for (int i = 0; i < 10; i++)
        frame(fd, 0, "hello");
    MUST(cut_off(fd, PATIENCE));
    close(fd);
    fd = comes();
    MUST(fd >= 0);
    shake(fd, "PUSH", "");
    int got = received(s, 1); /* the rest of the first ten is lost with its connection */
    pause_ms(100);
    for (int i = 0; i < 19; i++)
        frame(fd, 0, "hello");
    return got + received(s, 19);
}

static void shake_old(int fd) { put(fd, "\377\0\0\0\0\0\0\0\1\177\1\5\0\4peer", 18); }

/* leaves: a named peer sends as much as the queue holds, leaves and comes back, for whose name there is no room. The queue is
 * read before or after the peer goes on. */
static int leaves(void *s, const char *at, int old) {
    MUST(zmq_connect(s, at) == 0);
    int got = 0;
    for (int i = 0; i < 10; i++) {
        int fd = comes();
        MUST(fd >= 0);
        if (old)
            shake_old(fd);
        else
            shake(fd, "DEALER", "peer");
        if (i % 2 == 0)
            frame(fd, 0, "hello");
        pause_ms(50);
        if (i > 0)
            got += received(s, 2);
        if (i % 2)
            frame(fd, 0, "hello");
        pause_ms(50);
        close(fd);
    }
    return got + received(s, 2); /* the name is a part of each */
}

/* says reports whether the socket sends what ends with a word. */
static int says(int fd, const char *word) {
    char b[256];
    size_t n = 0, k = strlen(word);
    for (struct pollfd p = {.fd = fd, .events = POLLIN}; n < sizeof b && poll(&p, 1, PATIENCE) == 1; n++) {
        if (recv(fd, b + n, 1, 0) != 1)
            return 0;
        if (n + 1 >= k && memcmp(b + n + 1 - k, word, k) == 0)
            return 1;
    }
    return 0;
}

/* subscribes: a peer of ZMTP 1.0, for which an XPUB makes up a subscription, leaves and comes back, and there is no room for
 * another one. */
static int subscribes(void *s, const char *at) {
    MUST(zmq_connect(s, at) == 0);
    int got = 0, fd = -1;
    for (int i = 0; i < 5; i++) {
        if (fd >= 0)
            close(fd);
        fd = comes();
        MUST(fd >= 0);
        put(fd, "\1\0", 2); /* the greeting: a name of no bytes */
        pause_ms(100);
    }
    got += received(s, 1);
    MUST(zmq_send(s, "hello", 5, 0) == 5);
    return got + says(fd, "hello");
}

/* streams: a peer that speaks no ZMTP leaves and comes back, and there is no room for the word that it is there. */
static int streams(void *s, const char *at) {
    char b[256];
    MUST(zmq_connect(s, at) == 0);
    int got = 0;
    for (int i = 0; i < 5; i++) {
        int fd = comes();
        MUST(fd >= 0);
        pause_ms(50);
        close(fd);
        fd = comes();
        MUST(fd >= 0);
        pause_ms(50);
        MUST(received(s, 2) == 2); /* the first word, behind the peer's name */
        pause_ms(50);
        put(fd, "hello", 5);
        for (int k; (k = zmq_recv(s, b, sizeof b, 0)) >= 0;)
            if (k == 5 && memcmp(b, "hello", 5) == 0) {
                got++;
                break;
            }
        close(fd);
    }
    return got;
}

/* comes_back heartbeats | leaves | old | subscribes | streams: a socket connects to a peer that fills its queue, and is connected anew. The
 * old peer speaks ZMTP 2.0, the one that subscribes 1.0. */
int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";
    int beats = strcmp(how, "heartbeats") == 0, xpub = strcmp(how, "subscribes") == 0, raw = strcmp(how, "streams") == 0;
    char at[64];
    void *context = zmq_ctx_new(), *s = zmq_socket(context, beats ? ZMQ_PULL : xpub ? ZMQ_XPUB : raw ? ZMQ_STREAM : ZMQ_ROUTER);
    snprintf(at, sizeof at, "tcp://127.0.0.1:%d", listen_tcp());
    set(s, ZMQ_RCVHWM, 1);
    set(s, ZMQ_RECONNECT_IVL, 10);
    int got = beats ? heartbeats(s, at) : raw ? streams(s, at) : xpub ? subscribes(s, at) : leaves(s, at, strcmp(how, "old") == 0);
    end(s, context);
    return verdict(got, xpub ? 2 : raw ? 5 : 20);
}
