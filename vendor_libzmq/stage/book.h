/*
 * A table by descriptor, for gates that must remember something of each. Define struct seat, then include this file.
 *
 * Pages are made when they are needed and never freed: there are few, and nobody has to ask whether one is still there. What
 * has no seat (numbers beyond the table, no memory for a page) is left to the engine as it is.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#ifndef PAGES /* a test wants fewer */
enum { PAGE = 1024, PAGES = 4096 };
#endif

static _Atomic(struct seat *) book[PAGES];

/* seat_of returns the seat of a descriptor, all zeros at first, NULL if there is none. */
static struct seat *seat_of(int fd) {
    if (fd < 0 || fd / PAGE >= PAGES)
        return NULL;
    _Atomic(struct seat *) *at = &book[fd / PAGE];
    struct seat *page = atomic_load_explicit(at, memory_order_acquire);
    if (!page) {
        struct seat *fresh = calloc(PAGE, sizeof *fresh);
        if (!fresh)
            return NULL;
        if (atomic_compare_exchange_strong_explicit(at, &page, fresh, memory_order_acq_rel, memory_order_acquire))
            page = fresh;
        else
            free(fresh);
    }
    return &page[fd % PAGE];
}
