#include "peer.h"

/* socks absent | hangs-up | refuses | denies | resets | nonsense: a PUSH connects by a proxy that does so, and is closed or disconnected
 * a little later. */
static int listener;
static const char *how;

static int is(const char *word) { return strcmp(how, word) == 0; }

static void *proxy(void *none) {
    unsigned r = 1;
    for (;;) {
        unsigned char b[300];
        int fd = accept(listener, NULL, NULL);
        if (fd == -1)
            return none;
        if (!is("hangs-up"))
            (void)!recv(fd, b, sizeof b, 0);
        if (is("refuses")) {
            put(fd, "\5\377", 2);
        } else if (is("denies")) {
            put(fd, "\5\0", 2);
            (void)!recv(fd, b, sizeof b, 0);
            put(fd, "\5\1\0\1\0\0\0\0\0\0", 10);
        } else if (is("nonsense")) {
            for (size_t i = 0; i < sizeof b; i++)
                b[i] = (unsigned char)((r = r * 1103515245 + 12345) >> 16);
            if (r & 1 << 16)
                memcpy(b, "\5\0", 2);
            put(fd, b, 2);
            (void)!recv(fd, b, sizeof b, 0);
            memcpy(b, "\5\0\0", 3);
            b[3] = (unsigned char)(r >> 20 & 7);
            put(fd, b, sizeof b);
        } else if (is("resets")) {
            reset(fd);
            continue;
        }
        pause_ms(1);
        close(fd);
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    char at[64];
    pthread_t thread;
    how = argc > 1 ? argv[1] : "absent";
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    MUST(bind(listener, (struct sockaddr *)&a, n) == 0 && getsockname(listener, (struct sockaddr *)&a, &n) == 0);
    if (!is("absent")) {
        MUST(listen(listener, 10) == 0);
        MUST(pthread_create(&thread, NULL, proxy, NULL) == 0);
    }
    snprintf(at, sizeof at, "127.0.0.1:%d", ntohs(a.sin_port));
    for (int i = 0; i < 10; i++) {
        void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PUSH);
        set(s, ZMQ_RECONNECT_IVL, 20);
        MUST(zmq_setsockopt(s, ZMQ_SOCKS_PROXY, at, strlen(at)) == 0);
        MUST(zmq_connect(s, "tcp://127.0.0.1:5555") == 0);
        pause_ms(37 + 20 * i);
        if (i % 2) {
            zmq_disconnect(s, "tcp://127.0.0.1:5555");
            pause_ms(20);
        }
        end(s, context);
    }
    printf("10 sockets\n");
    fflush(stdout);
    _exit(0);
}
