/* The gate of clean_pipes between a session and pipes that are played here: one that has something to read, or nothing. */
#include "gate_clean_pipes.c"

#include "check.h"

struct pipe {
    int parts;
};

struct msg {
    int inits;
};

int msg_init(struct msg *m) {
    m->inits++;
    return 0;
}
bool pipe_read(struct pipe *p, struct msg *m) {
    (void)m;
    return p->parts > 0 && p->parts-- > 0;
}
void pipe_rollback(const struct pipe *p) { (void)p; }
void pipe_flush(struct pipe *p) { (void)p; }
bool pipe_check_read(struct pipe *p) { return p->parts > 0; }
void pipe_terminate(struct pipe *p, bool delay) { (void)p, (void)delay; }
void pipe_hiccup(struct pipe *p) { (void)p; }
bool pipe_write(struct pipe *p, const struct msg *m) { return (void)m, p != NULL; }

static void *elsewhere(void *p) {
    struct msg m = {0};
    CHECK(!zgate_pipe_read(p, &m)); /* another thread's session is not cleaning */
    return NULL;
}

static void clean(struct pipe *p) {
    zgate_pipe_rollback(p);
    zgate_pipe_flush(p);
}

int main(void) {
    struct pipe p = {0}, q = {0};
    struct msg m = {0};
    pthread_t thread;
    CHECK(!zgate_pipe_read(&p, &m) && m.inits == 0);
    p.parts = 2;
    clean(&p);
    CHECK(zgate_pipe_read(&p, &m) && zgate_pipe_read(&p, &m) && m.inits == 0); /* what is there */
    CHECK(zgate_pipe_read(&p, &m) && m.inits == 1);                           /* the end that is not */
    CHECK(!zgate_pipe_read(&p, &m));                                          /* once */
    clean(&p);
    CHECK(pthread_create(&thread, NULL, elsewhere, &p) == 0);
    pthread_join(thread, NULL);
    CHECK(zgate_pipe_read(&p, &m));

    zgate_pipe_rollback(&p); /* rollback and flush of two pipes are no cleaning, nor is one of them */
    zgate_pipe_flush(&q);
    CHECK(!zgate_pipe_read(&p, &m) && !zgate_pipe_read(&q, &m));
    zgate_pipe_flush(&p);
    CHECK(!zgate_pipe_read(&p, &m));
    zgate_pipe_rollback(&p);
    CHECK(!zgate_pipe_read(&p, &m));
    zgate_pipe_flush(&p);
    CHECK(!zgate_pipe_read(&p, &m));

    for (int i = 0; i < 6; i++) { /* every other call ends it */
        clean(&p);
        switch (i) {
        case 0:
            zgate_pipe_check_read(&p);
            break;
        case 1:
            zgate_pipe_terminate(&p, true);
            break;
        case 2:
            zgate_pipe_hiccup(&p);
            break;
        case 3:
            zgate_pipe_write(&p, &m);
            break;
        case 4:
            zgate_pipe_read(&q, &m);
            break;
        case 5:
            zgate_pipe_flush(&p);
        }
        CHECK(!zgate_pipe_read(&p, &m));
    }
    printf("clean_pipes: fine\n");
    return 0;
}
