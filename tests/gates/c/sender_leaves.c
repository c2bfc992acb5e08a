#include "peer.h"

/* sender_leaves FOLDER: a PUSH sends over ipc and is closed while the queue of the PULL is full. */
int main(int argc, char **argv) {
    void *there = zmq_ctx_new(), *here = zmq_ctx_new();
    void *push = zmq_socket(there, ZMQ_PUSH), *pull = zmq_socket(here, ZMQ_PULL);
    char at[256], text[100] = "";
    int sent = 100;
    snprintf(at, sizeof at, "ipc://%s/leave", argc > 1 ? argv[1] : ".");
    set(pull, ZMQ_RCVHWM, 1);
    MUST(zmq_bind(pull, at) == 0);
    MUST(zmq_connect(push, at) == 0);
    for (int i = 0; i < sent; i++)
        MUST(zmq_send(push, text, sizeof text, 0) == sizeof text);
    zmq_close(push);
    MUST(zmq_ctx_term(there) == 0); /* all of it is in the kernel now, or here */
    pause_ms(100);
    int got = received(pull, sent);
    end(pull, here);
    return verdict(got, sent);
}
