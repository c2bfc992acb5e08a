#include "peer.h"

/* last_words FOLDER: messages and the end of the connection come together, and the queue is full, with heartbeats; over tcp
 * and ipc. */
static int round_over(int tcp, const char *path) {
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL);
    char at[256], said[20 * 7];
    int fd;
    set(s, ZMQ_RCVHWM, 1);
    set(s, ZMQ_HEARTBEAT_IVL, 20);
    set(s, ZMQ_HEARTBEAT_TIMEOUT, 60000);
    if (tcp) {
        fd = peer_tcp(bind_tcp(s), "PUSH");
    } else {
        unlink(path);
        snprintf(at, sizeof at, "ipc://%s", path);
        MUST(zmq_bind(s, at) == 0);
        fd = dial_ipc(path);
        shake(fd, "PUSH", "");
    }
    for (int i = 0; i < 20; i++)
        memcpy(said + i * 7, "\0\5hello", 7);
    put(fd, said, sizeof said);
    close(fd);
    pause_ms(60);
    int got = received(s, 20);
    end(s, context);
    return got;
}

int main(int argc, char **argv) {
    char path[200];
    int got = 0, rounds = 10;
    snprintf(path, sizeof path, "%s/last", argc > 1 ? argv[1] : ".");
    for (int i = 0; i < rounds; i++)
        got += round_over(1, NULL) + round_over(0, path);
    return verdict(got, rounds * 40);
}
