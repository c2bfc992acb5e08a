package main

/*
#include <malloc.h>
#include <stddef.h>

// The bytes that the C side has allocated and not freed. glibc before 2.33 can count 4 GiB at most.
static size_t soak_c_heap(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
	struct mallinfo2 m = mallinfo2();
#elif defined(__GLIBC__)
	struct mallinfo m = mallinfo();
#else
	struct { size_t uordblks, hblkhd; } m = {0, 0};
#endif
	return (size_t) m.uordblks + (size_t) m.hblkhd;
}
*/
import "C"

// cHeap returns the bytes that C has allocated in this process, 0 where the C library does not tell.
func cHeap() uint64 { return uint64(C.soak_c_heap()) }
