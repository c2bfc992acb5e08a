/* What the files of this program share. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

extern void *ctx;
extern size_t size;
extern long count;
extern const char *endpoint;

void die(const char *what);
double now(void);
double cpu(void);
void *open_socket(int type);
void connect_to(void *s, const char *endpoint);
/* bind_here binds s and makes endpoint what it is bound to. */
void bind_here(void *s);
unsigned char *buffer(void);
void send_all(void *s, long n);
/* allow_files raises the limit of descriptors as far as it may. */
void allow_files(void);
int by_value(const void *a, const void *b);
/* reply_times answers n requests and those that request_all warms up with. */
void reply_times(void *s, long n);

/* numbers does a work that is repeated with another number of something, or returns 0. */
int numbers(const char *work);

#endif
