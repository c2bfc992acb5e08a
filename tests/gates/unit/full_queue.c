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
