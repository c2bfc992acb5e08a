/* C side of the fence, continued: memory lent to libzmq. shim.h includes it. */
#ifndef ZGO_SHIM_PIN_H
#define ZGO_SHIM_PIN_H

/* libzmq releases a lent buffer on any of its threads, which must not enter Go: the
 * release is put on this list, and a pipe wakes the goroutine that empties it. A wake-up costs more
 * than all else about a release, so there is one for many, and none for a release without callback, for
 * which no caller waits. */
typedef struct zgo_pin {
    struct zgo_pin *next;
    uint64_t id;
    int no_callback;
} zgo_pin;

static zgo_pin *zgo_pins;
static int zgo_pin_pipe = -1;
static int zgo_pin_due; /* the goroutine has been woken and has not looked yet */

static void zgo_pin_release(void *data, void *hint) {
    zgo_pin *p = (zgo_pin *)hint, *head = __atomic_load_n(&zgo_pins, __ATOMIC_RELAXED);
    int no_callback = p->no_callback; /* p is gone as soon as it is on the list */
    (void)data;
    do
        p->next = head;
    while (!__atomic_compare_exchange_n(&zgo_pins, &head, p, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
#if !defined(_WIN32)
    if (!no_callback && !__atomic_exchange_n(&zgo_pin_due, 1, __ATOMIC_ACQ_REL)) {
        int fd = __atomic_load_n(&zgo_pin_pipe, __ATOMIC_ACQUIRE);
        ssize_t n;
        do
            n = write(fd, "", 1);
        while (n == -1 && errno == EINTR);
    }
#endif
}

static void zgo_pin_wake_by(int fd) { __atomic_store_n(&zgo_pin_pipe, fd, __ATOMIC_RELEASE); }

/* zgo_pin_drain writes up to cap released ids to ids and returns how many. */
static size_t zgo_pin_drain(uint64_t *ids, size_t cap) {
    static zgo_pin *left; /* one caller at a time */
    size_t n = 0;
    __atomic_exchange_n(&zgo_pin_due, 0, __ATOMIC_ACQ_REL);
    for (;;) {
        if (!left)
            left = __atomic_exchange_n(&zgo_pins, NULL, __ATOMIC_ACQUIRE);
        if (!left || n == cap)
            return n;
        zgo_pin *p = left;
        left = p->next;
        ids[n++] = p->id;
        free(p);
    }
}

/* zgo_msg_data makes an initialised message refer to n bytes at p, which stay
 * where they are until id comes out of zgo_pin_drain; no_callback says that no caller waits for the release. */
static zgo_res zgo_msg_data(zgo_msg *m, unsigned char *p, size_t n, uint64_t id, int no_callback) {
    zgo_pin *pin = (zgo_pin *)malloc(sizeof *pin);
    if (!pin)
        return zgo_fail(ENOMEM);
    pin->id = id;
    pin->no_callback = no_callback;
    zmq_msg_close(&m->m);
    if (zmq_msg_init_data(&m->m, p, n, zgo_pin_release, pin) == -1) {
        int e = zgo_errno();
        free(pin);
        zmq_msg_init(&m->m);
        return zgo_fail(e);
    }
    return zgo_msg_view(m);
}

#endif /* ZGO_SHIM_PIN_H */
