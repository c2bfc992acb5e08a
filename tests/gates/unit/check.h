/* The checks of this folder's programs, each of which includes a gate and plays both the engine and what the gate calls. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(x)                                                                                                       \
    do {                                                                                                               \
        if (!(x)) {                                                                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)
