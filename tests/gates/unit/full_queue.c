/* The gate of full queues between sessions, engines and a poller that are played here. */
#include "gate_full_queue.c"

#include "check.h"

struct engine {
    char before[BASE], base[1];
};

static int asked, inputs, outputs;

void io_set_pollin(struct engine *e, void *handle) { (void)e, (void)handle, asked++; }
void io_reset_pollin(struct engine *e, void *handle) { (void)e, (void)handle, asked++; }
void io_unplug(struct engine *e) { (void)e, asked++; }
bool engine_restart_input(struct base *b) { return inputs++, b != NULL; }
void engine_restart_output(struct base *b) { (void)b, outputs++; }

struct pipe {
    bool full;
};

struct msg {
    bool name;
    int closed;
};

bool msg_is_routing_id(const struct msg *m) { return m->name; }
int msg_close(struct msg *m) { return m->closed++, 0; }
int msg_init_size(struct msg *m, size_t size) { return m->name = false, m->closed = 0, (int)size - 1; }
bool zgate_pipe_write(struct pipe *p, const struct msg *m) { return (void)m, !p->full; }

static void names(void) {
    struct pipe full = {true}, empty = {false};
    struct msg name = {true, 0}, text = {false, 0};
    CHECK(zgate_write_name(&empty, &name) && zgate_write_name(&empty, &text));
    CHECK(!zgate_write_name(&full, &text) && name.closed + text.closed == 0);
    CHECK(zgate_write_name(&full, &name) && name.closed == 1);
    struct msg made_up = {false, 0};
    CHECK(zgate_init_size(&made_up, 1) == 0 && zgate_write_name(&full, &made_up) && made_up.closed == 1);
    CHECK(!zgate_write_name(&full, &made_up)); /* another one at the same place */
    CHECK(zgate_init_size(&made_up, 1) == 0 && !zgate_write_name(&full, &text) && !zgate_write_name(&full, &made_up));
}

static bool restarts(struct engine *e) {
    int before = inputs, other = outputs;
    CHECK(zgate_restart_input((struct base *)e->base));
    CHECK(inputs - before + outputs - other == 1);
    return inputs > before;
}

static void *elsewhere(void *p) {
    struct engine *e = p, mine = {0};
    CHECK(!restarts(e)); /* another thread's engine: its table is its own */
    zgate_reset_pollin(&mine, NULL);
    CHECK(restarts(&mine) && !restarts(e));
    zgate_unplug(&mine);
    return NULL;
}

int main(void) {
    enum { MANY = 1000 };
    static struct engine e[MANY];
    pthread_t thread;
    names();
    CHECK(!restarts(&e[0]));
    zgate_unplug(&e[0]); /* of which nothing is known */
    for (int i = 0; i < MANY; i++)
        zgate_reset_pollin(&e[i], NULL);
    zgate_reset_pollin(&e[0], NULL); /* twice is once */
    CHECK(pthread_create(&thread, NULL, elsewhere, &e[0]) == 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < MANY; i++)
        CHECK(restarts(&e[i]));
    for (int i = 0; i < MANY; i++) {
        if (i % 2)
            zgate_set_pollin(&e[i], NULL);
        else
            zgate_unplug(&e[i]);
        CHECK(!restarts(&e[i]));
        CHECK(i == MANY - 1 || restarts(&e[i + 1]));
    }
    CHECK(asked == 2 * MANY + 4);
    for (int i = 0; i < LISTS; i++)
        CHECK(!lists[i]); /* nothing is kept */
    printf("full_queue: fine\n");
    return 0;
}
