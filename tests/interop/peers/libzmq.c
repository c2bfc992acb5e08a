/* The program of the interoperability tests that is C on libzmq: a peer like the others, and, in the place of package
 * zmq, the control that shows whose fault a failure is. peer/peer.go says what it obeys.
 */
#include <errno.h>
#include <zmq.h>

#include "peer.h"

static void *ctx, *sock;
static unsigned char identity[256];
static size_t identity_size;

static void failed(void) {
    if (zmq_errno() == EAGAIN)
        printf("none\n");
    else
        printf("error %s\n", zmq_strerror(zmq_errno()));
}

static void open_socket(const char *kind, const char *how, const char *endpoint) {
    int linger = 0, patience = PATIENCE, rc;
    char at[512];
    size_t n = sizeof at;
    snprintf(type, sizeof type, "%s", kind);
    sock = zmq_socket(ctx, type_of(kind));
    if (!sock) {
        failed();
        return;
    }
    zmq_setsockopt(sock, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(sock, ZMQ_SNDTIMEO, &patience, sizeof patience);
    rc = strcmp(how, "bind") ? zmq_connect(sock, endpoint) : zmq_bind(sock, endpoint);
    if (rc == -1 || zmq_getsockopt(sock, ZMQ_LAST_ENDPOINT, at, &n) == -1)
        failed();
    else
        printf("at %s\n", at);
}

static void subscribe(const char *hex) {
    unsigned char topic[256] = {1};
    size_t n = 1;
    unsigned byte;
    for (; n < sizeof topic && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        topic[n++] = (unsigned char)byte;
    if ((strcmp(type, "xsub") ? zmq_setsockopt(sock, ZMQ_SUBSCRIBE, topic + 1, n - 1) : zmq_send(sock, topic, n, 0)) == -1)
        failed();
    else
        printf("ok\n");
}

/* The first part decides whether there is room for the message. */
static void send_message(char *args) {
    char *word = strtok(args, " ");
    size_t seed = (size_t)atol(word);
    if (!strcmp(type, "router") && zmq_send(sock, identity, identity_size, ZMQ_SNDMORE) == -1) {
        failed();
        return;
    }
    for (word = strtok(NULL, " "); word; seed++) {
        size_t n = (size_t)atol(word);
        zmq_msg_t m;
        unsigned char *p;
        zmq_msg_init_size(&m, n);
        p = zmq_msg_data(&m);
        for (size_t i = 0; i < n; i++)
            p[i] = (unsigned char)((seed + i) % 251);
        word = strtok(NULL, " ");
        if (zmq_msg_send(&m, sock, word ? ZMQ_SNDMORE : 0) == -1) {
            failed();
            zmq_msg_close(&m);
            return;
        }
    }
    printf("ok\n");
}

static void receive(int ms) {
    int more = 1, first = 1;
    zmq_setsockopt(sock, ZMQ_RCVTIMEO, &ms, sizeof ms);
    while (more) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        if (zmq_msg_recv(&m, sock, 0) == -1) {
            failed();
            zmq_msg_close(&m);
            return;
        }
        more = zmq_msg_more(&m);
        if (first)
            printf("got");
        if (first && !strcmp(type, "router")) {
            identity_size = zmq_msg_size(&m);
            memcpy(identity, zmq_msg_data(&m), identity_size);
        } else
            printf(" %zu:%08x", zmq_msg_size(&m), crc(zmq_msg_data(&m), zmq_msg_size(&m)));
        first = 0;
        zmq_msg_close(&m);
    }
    printf("\n");
}

static void close_socket(void) {
    printf(zmq_close(sock) ? "error\n" : "ok\n");
    sock = NULL;
}

int main(void) {
    ctx = zmq_ctx_new();
    obey();
    if (sock)
        zmq_close(sock);
    return zmq_ctx_term(ctx);
}
