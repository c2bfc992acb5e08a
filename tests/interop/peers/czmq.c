/* The program of the interoperability tests that has CZMQ inside. peer/peer.go says what it obeys. */
#include <czmq.h>

#include "peer.h"

static zsock_t *sock;
static zframe_t *identity;

static void result(int rc) {
    if (rc != -1)
        printf("ok\n");
    else if (errno == EAGAIN)
        printf("none\n");
    else
        printf("error %s\n", strerror(errno));
}

static void open_socket(const char *kind, const char *how, const char *endpoint) {
    int rc;
    snprintf(type, sizeof type, "%s", kind);
    sock = zsock_new(type_of(kind));
    zsock_set_linger(sock, 0);
    zsock_set_sndtimeo(sock, PATIENCE);
    rc = strcmp(how, "bind") ? zsock_connect(sock, "%s", endpoint) : zsock_bind(sock, "%s", endpoint);
    if (rc == -1)
        result(rc);
    else
        printf("at %s\n", zsock_endpoint(sock));
}

static void subscribe(const char *hex) {
    char topic[256] = {1};
    size_t n = 1;
    unsigned byte;
    for (; n < sizeof topic - 1 && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        topic[n++] = (char)byte;
    if (strcmp(type, "xsub")) {
        zsock_set_subscribe(sock, topic + 1);
        result(0);
    } else {
        zframe_t *f = zframe_new(topic, n);
        result(zframe_send(&f, sock, 0));
    }
}

static void send_message(char *args) {
    zmsg_t *m = zmsg_new();
    char *word = strtok(args, " ");
    size_t seed = (size_t)atol(word);
    int rc;
    if (streq(type, "router")) {
        zframe_t *f = zframe_dup(identity);
        zmsg_append(m, &f);
    }
    for (; (word = strtok(NULL, " ")); seed++) {
        size_t n = (size_t)atol(word);
        zframe_t *f = zframe_new(NULL, n);
        for (size_t i = 0; i < n; i++)
            zframe_data(f)[i] = (byte)((seed + i) % 251);
        zmsg_append(m, &f);
    }
    rc = zmsg_send(&m, sock);
    result(rc);
    zmsg_destroy(&m);
}

static void receive(int ms) {
    zmsg_t *m;
    zsock_set_rcvtimeo(sock, ms);
    m = zmsg_recv(sock);
    if (!m) {
        printf("none\n");
        return;
    }
    if (streq(type, "router")) {
        zframe_destroy(&identity);
        identity = zmsg_pop(m);
    }
    printf("got");
    for (zframe_t *f = zmsg_first(m); f; f = zmsg_next(m))
        printf(" %zu:%08x", zframe_size(f), crc(zframe_data(f), zframe_size(f)));
    printf("\n");
    zmsg_destroy(&m);
}

static void close_socket(void) {
    zsock_destroy(&sock);
    result(0);
}

int main(void) {
    obey();
    zsock_destroy(&sock);
    zframe_destroy(&identity);
    return 0;
}
