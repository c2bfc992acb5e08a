//go:build ignore

/*
 * A gate between libzmq's random numbers (random.cpp) and rand.
 *
 * What the engine does: the names that a ROUTER gives to its peers, the numbers of requests (ZMQ_REQ_CORRELATE) and the
 * pauses between reconnects come from the C library's rand, which nothing seeds.
 *
 * Why that is wrong: they are the same in every process, so that anybody can foresee them.
 *
 * What the gate answers instead: the system's randomness, and rand where there is none.
 */
#include <stdlib.h>
#include <sys/random.h>

int zgate_rand(void);

int zgate_rand(void) {
    unsigned number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        return rand();
    return (int)(number & RAND_MAX);
}
