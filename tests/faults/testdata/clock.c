/* Stands before the C library's clocks (LD_PRELOAD). The wall clock steps by an hour with each call, there and back; the
   monotonic one is the system's own. FAULTS_CLOCK names a file that counts the calls: wall clock, monotonic. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic unsigned long *calls;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("FAULTS_CLOCK");
	int fd = name ? open(name, O_RDWR) : -1;
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		calls = p;
}

static void count(int which)
{
	if (calls)
		atomic_fetch_add(&calls[which], 1);
}

static long step(void)
{
	static _Atomic unsigned long n;
	return atomic_fetch_add(&n, 1) % 2 ? 3600 : -3600;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	long rc = syscall(SYS_clock_gettime, id, t);
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
		count(0);
		t->tv_sec += step();
	} else {
		count(1);
	}
	return (int) rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;
	(void) zone;
	clock_gettime(CLOCK_REALTIME, &now);
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *t)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}
