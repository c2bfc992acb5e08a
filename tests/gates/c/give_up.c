#include "peer.h"

/* give_up before | after | unbind SECONDS: a PUSH that is at sending messages of many parts is closed with no linger period, before
 * or after its connections break, or unbound. */
int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "before";
    static char part[3000];
    int rounds = 0;
    void *context = zmq_ctx_new();
    long limit = now_ms() + 1000L * (argc > 2 ? atoi(argv[2]) : 10);
    for (; now_ms() < limit; rounds++) {
        void *s = zmq_socket(context, ZMQ_PUSH);
        char at[256], taken[8192];
        size_t n = sizeof at;
        int fd[3];
        set(s, ZMQ_LINGER, 0);
        set(s, ZMQ_SNDHWM, 0);
        int port = bind_tcp(s);
        MUST(zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, at, &n) == 0);
        for (int i = 0; i < 3; i++)
            fd[i] = peer_tcp(port, "PULL");
        pause_ms(2);
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < 9; j++)
                zmq_send(s, part, (size_t)(i * 37 + j * 101) % sizeof part, ZMQ_SNDMORE | ZMQ_DONTWAIT);
            zmq_send(s, "x", 1, ZMQ_DONTWAIT);
        }
        for (int i = 0; i < 3; i++)
            (void)!recv(fd[i], taken, sizeof taken, MSG_DONTWAIT);
        if (strcmp(how, "after") == 0)
            zmq_close(s);
        else if (strcmp(how, "unbind") == 0)
            zmq_unbind(s, at);
        for (int i = 0; i < 3; i++)
            reset(fd[i]);
        if (strcmp(how, "unbind") == 0)
            events_of(s);
        if (strcmp(how, "after") != 0)
            zmq_close(s);
    }
    zmq_ctx_term(context);
    printf("%d rounds\n", rounds);
    return 0;
}
