//go:build cgo

// Package craw is C code that shares contexts, sockets and messages with package zmq. It names the same
// engine to the linker as package zmq does, so that the program has one copy of it.
package craw

/*
#cgo !zmq_pkgconfig CFLAGS: -I${SRCDIR}/../../vendor_libzmq/include
#cgo !zmq_pkgconfig LDFLAGS: -L${SRCDIR}/../../vendor_libzmq/lib -lzmq
#cgo zmq_pkgconfig pkg-config: libzmq
#cgo linux LDFLAGS: -lm -lpthread

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

// An echo server on a thread of its own, in somebody's context, until that ends.
typedef struct {
    void *ctx;
    pthread_t thread;
    int echoed;
    int err;
} craw_server;

static void *craw_serve(void *arg) {
    craw_server *s = arg;
    void *rep = zmq_socket(s->ctx, ZMQ_REP);
    if (!rep || zmq_bind(rep, "inproc://craw") == -1) {
        s->err = zmq_errno();
        if (rep)
            zmq_close(rep);
        return NULL;
    }
    for (;;) {
        char buf[256];
        int n = zmq_recv(rep, buf, sizeof buf, 0);
        if (n == -1 || zmq_send(rep, buf, n, 0) == -1) {
            if (zmq_errno() == EINTR)
                continue;
            s->err = zmq_errno();
            break;
        }
        s->echoed++;
    }
    zmq_close(rep);
    return NULL;
}

static craw_server *craw_start(void *ctx) {
    craw_server *s = calloc(1, sizeof *s);
    s->ctx = ctx;
    pthread_create(&s->thread, NULL, craw_serve, s);
    return s;
}

static int craw_join(craw_server *s, int *echoed) {
    pthread_join(s->thread, NULL);
    int err = s->err;
    *echoed = s->echoed;
    free(s);
    return err;
}

static int craw_send(void *sock, const char *text) {
    return zmq_send(sock, text, strlen(text), 0) == -1 ? zmq_errno() : 0;
}

static int craw_recv(void *sock, char *text, int size) {
    int n = zmq_recv(sock, text, size - 1, 0);
    if (n == -1)
        return -zmq_errno();
    text[n] = 0;
    return n;
}

// craw_pair returns two connected sockets of ctx, and a message.
static int craw_pair(void *ctx, void **a, void **b) {
    *a = zmq_socket(ctx, ZMQ_PAIR);
    *b = zmq_socket(ctx, ZMQ_PAIR);
    return zmq_bind(*a, "inproc://craw-pair") == -1 || zmq_connect(*b, "inproc://craw-pair") == -1 ? zmq_errno() : 0;
}

static zmq_msg_t *craw_msg(const char *text) {
    zmq_msg_t *m = malloc(sizeof *m);
    zmq_msg_init_size(m, strlen(text));
    memcpy(zmq_msg_data(m), text, strlen(text));
    return m;
}

static int craw_msg_is(zmq_msg_t *m, const char *text) {
    return zmq_msg_size(m) == strlen(text) && !memcmp(zmq_msg_data(m), text, strlen(text));
}

static void craw_msg_free(zmq_msg_t *m) {
    zmq_msg_close(m);
    free(m);
}
*/
import "C"

import (
	"syscall"
	"unsafe"
)

// Server is an echo server at inproc://craw, on a thread of C's.
type Server struct{ s *C.craw_server }

// Start starts a server in a context.
func Start(ctx unsafe.Pointer) Server { return Server{C.craw_start(ctx)} }

// Join waits for the server's end and returns how many messages it echoed, and why it ended.
func (s Server) Join() (int, int) {
	var n C.int
	err := C.craw_join(s.s, &n)
	return int(n), int(err)
}

// NewContext is zmq_ctx_new.
func NewContext() unsafe.Pointer { return C.zmq_init(1) }

// Term is zmq_term.
func Term(ctx unsafe.Pointer) int { return int(C.zmq_term(ctx)) }

// Close is zmq_close.
func Close(sock unsafe.Pointer) int { return int(C.zmq_close(sock)) }

// Pair opens two connected sockets.
func Pair(ctx unsafe.Pointer) (a, b unsafe.Pointer, err error) {
	if e := C.craw_pair(ctx, &a, &b); e != 0 {
		return nil, nil, syscall.Errno(e)
	}
	return a, b, nil
}

// Send is zmq_send.
func Send(sock unsafe.Pointer, text string) int {
	p := C.CString(text)
	defer C.free(unsafe.Pointer(p))
	return int(C.craw_send(sock, p))
}

// Recv is zmq_recv.
func Recv(sock unsafe.Pointer) (string, int) {
	var buf [256]C.char
	n := C.craw_recv(sock, &buf[0], 256)
	if n < 0 {
		return "", int(-n)
	}
	return C.GoString(&buf[0]), 0
}

// NewMsg makes a zmq_msg_t.
func NewMsg(text string) unsafe.Pointer {
	p := C.CString(text)
	defer C.free(unsafe.Pointer(p))
	return unsafe.Pointer(C.craw_msg(p))
}

// MsgIs compares the content of a zmq_msg_t.
func MsgIs(m unsafe.Pointer, text string) bool {
	p := C.CString(text)
	defer C.free(unsafe.Pointer(p))
	return C.craw_msg_is((*C.zmq_msg_t)(m), p) != 0
}

// FreeMsg closes a zmq_msg_t and frees it.
func FreeMsg(m unsafe.Pointer) { C.craw_msg_free((*C.zmq_msg_t)(m)) }
