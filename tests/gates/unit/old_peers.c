/* The gate of old peers between engines and all that they call, which is played here. */
#include "gate_old_peers.c"

#include "check.h"

struct session {
    int zap;
    const struct endpoints *ends;
};
struct endpoints {
    int number;
};
struct msg {
    int flags;
};
struct io_object {
    int cancelled;
};

static int succeeded, failed, read_errno;

void *io_add_fd(struct io_object *o, int fd) { return (void)fd, o; }
void io_add_timer(struct io_object *o, int ms, int id) { (void)o, (void)ms, (void)id; }
void io_cancel_timer(struct io_object *o, int id) { o->cancelled = id; }
int tcp_read(int fd, void *data, size_t n) {
    (void)fd, (void)data;
    errno = read_errno;
    return read_errno ? -1 : (int)n;
}
void session_flush(struct session *s) { (void)s; }
bool session_zap_enabled(const struct session *s) { return s->zap; }
struct socket *session_get_socket(const struct session *s) { return (struct socket *)s; }
const struct endpoints *session_get_endpoint(const struct session *s) { return s->ends; }
void socket_succeeded(struct socket *s, const struct endpoints *e, int n) {
    CHECK(((struct session *)s)->ends == e && n == 0);
    succeeded++;
}
void socket_failed(struct socket *s, const struct endpoints *e, int n) {
    (void)s, (void)e, (void)n;
    failed++;
}
int msg_init(struct msg *m) { return m->flags = 0; }
int msg_close(struct msg *m) { return (void)m, 0; }
void msg_set_flags(struct msg *m, unsigned char flags) { m->flags |= flags; }

/* who is a connection. */
struct who {
    int fd;
    struct io_object engine;
    struct session session;
    struct endpoints ends;
};

static void come(struct who *w, int fd, int zap, int timed) {
    *w = (struct who){.fd = fd, .session = {.zap = zap}};
    w->session.ends = &w->ends;
    zgate_io_add_fd(&w->engine, fd);
    if (timed)
        zgate_io_add_timer(&w->engine, 500, 64);
}

static void reads(struct who *w, int err) {
    read_errno = err;
    zgate_tcp_read(w->fd, NULL, 1);
}

static void named(bool kept) {
    struct msg m = {0};
    if (kept) {
        zgate_msg_set_flags(&m, 64);
        return;
    }
    zgate_msg_close(&m);
    zgate_msg_init(&m);
}

static void pings(void) { named(true); }

static void old_peer(int fd, bool kept, int timed) {
    struct who w;
    int before = succeeded, failures = failed;
    come(&w, fd, 0, timed);
    reads(&w, EAGAIN);
    reads(&w, 0);
    CHECK(!zgate_session_zap_enabled(&w.session));
    zgate_session_flush(&w.session);
    pings(); /* somebody else's */
    reads(&w, EAGAIN);
    pings();
    CHECK(succeeded == before && w.engine.cancelled == 0);
    reads(&w, 0);
    named(kept);
    CHECK(succeeded == before + 1 && w.engine.cancelled == (timed ? 64 : 0));
    named(kept);
    zgate_session_flush(&w.session);
    CHECK(succeeded == before + 1); /* once */
    reads(&w, ECONNRESET);
    zgate_socket_failed((struct socket *)&w.session, &w.ends, 0);
    CHECK(failed == failures); /* it has not failed */
    zgate_session_flush(&w.session);
    reads(&w, ECONNRESET);
    zgate_socket_failed((struct socket *)&w.session, &(struct endpoints){0}, 0);
    CHECK(failed == failures + 1); /* this is another's */
    zgate_session_flush(&w.session);
    zgate_socket_failed((struct socket *)&w.session, &w.ends, 0);
    CHECK(failed == failures + 2); /* out of turn */
}

static void *engines(void *at) {
    for (int i = 0; i < 1000; i++)
        old_peer((int)(size_t)at, i % 2, i % 3);
    return NULL;
}

int main(void) {
    struct who w;
    for (int i = 0; i < 4; i++)
        old_peer(7, i & 1, i & 2);
    int before = succeeded;
    come(&w, 7, 1, 1); /* an authenticator refuses it */
    reads(&w, 0);
    CHECK(zgate_session_zap_enabled(&w.session));
    named(true);
    named(false);
    CHECK(succeeded == before && w.engine.cancelled == 0);
    come(&w, 7, 0, 1); /* it speaks ZMTP 3: nobody asks */
    reads(&w, 0);
    named(true);
    named(false);
    CHECK(succeeded == before && w.engine.cancelled == 0);
    int failures = failed;
    zgate_socket_failed((struct socket *)&w.session, &w.ends, 0);
    CHECK(failed == failures + 1);
    for (int done = 0; done < 2; done++) { /* so does this one, whose number an old peer had before */
        come(&w, 7, 0, 1);
        reads(&w, 0);
        zgate_session_zap_enabled(&w.session);
        if (done)
            named(true);
        zgate_session_flush(&w.session);
        before = succeeded;
        come(&w, 7, 0, 1);
        reads(&w, 0);
        named(true);
        zgate_socket_failed((struct socket *)&w.session, &w.ends, 0);
        CHECK(succeeded == before && w.engine.cancelled == 0 && failed == failures + 2 + done);
    }
    come(&w, 5000000, 0, 1); /* beyond the table: as ever */
    reads(&w, 0);
    CHECK(!zgate_session_zap_enabled(&w.session));
    named(true);
    CHECK(succeeded == before && w.engine.cancelled == 0);
    pthread_t one, two; /* the number goes from thread to thread */
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_create(&one, NULL, engines, (void *)9) == 0);
        pthread_join(one, NULL);
        CHECK(pthread_create(&two, NULL, engines, (void *)9) == 0);
        pthread_join(two, NULL);
    }
    for (int i = 0; i < PAGES; i++)
        free(book[i]);
    printf("old_peers: fine\n");
    return 0;
}
