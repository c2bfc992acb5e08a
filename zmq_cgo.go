//go:build cgo

package zmq

/*
#cgo CFLAGS: -D_GNU_SOURCE -Wno-unused-function
#cgo !zmq_pkgconfig CFLAGS: -I${SRCDIR}/vendor_libzmq/include
#cgo !zmq_pkgconfig LDFLAGS: -L${SRCDIR}/vendor_libzmq/lib -lzmq
#cgo zmq_pkgconfig pkg-config: libzmq
#cgo linux LDFLAGS: -lm -lpthread

#cgo noescape zmq_strerror
#cgo nocallback zmq_strerror
#cgo noescape zgo_version
#cgo nocallback zgo_version
#cgo noescape zgo_has
#cgo nocallback zgo_has
#cgo noescape zgo_shared
#cgo nocallback zgo_shared
#cgo noescape zgo_ctx_get
#cgo nocallback zgo_ctx_get
#cgo noescape zgo_ctx_set
#cgo nocallback zgo_ctx_set
#cgo noescape zgo_ctx_shutdown
#cgo nocallback zgo_ctx_shutdown
#cgo noescape zgo_ctx_term
#cgo nocallback zgo_ctx_term
#cgo noescape zgo_ctx_new
#cgo nocallback zgo_ctx_new
#cgo noescape zgo_socket
#cgo nocallback zgo_socket
#cgo noescape zgo_close
#cgo nocallback zgo_close
#cgo noescape zgo_setsockopt
#cgo nocallback zgo_setsockopt
#cgo noescape zgo_getsockopt
#cgo nocallback zgo_getsockopt
#cgo noescape zgo_getsockopt_int
#cgo nocallback zgo_getsockopt_int
#cgo noescape zgo_fd
#cgo nocallback zgo_fd
#cgo noescape zgo_dup
#cgo nocallback zgo_dup
#cgo noescape zgo_wait_briefly
#cgo nocallback zgo_wait_briefly
#cgo noescape zgo_spare
#cgo nocallback zgo_spare
#cgo noescape zgo_events
#cgo nocallback zgo_events
#cgo noescape zgo_endpoint
#cgo nocallback zgo_endpoint
#cgo noescape zgo_monitor
#cgo nocallback zgo_monitor
#cgo noescape zgo_send
#cgo nocallback zgo_send
#cgo noescape zgo_recv
#cgo nocallback zgo_recv
#cgo noescape zgo_send_fast
#cgo nocallback zgo_send_fast
#cgo noescape zgo_sendmsg_fast
#cgo nocallback zgo_sendmsg_fast
#cgo noescape zgo_recv_fast
#cgo nocallback zgo_recv_fast
#cgo noescape zgo_recvmsg_fast
#cgo nocallback zgo_recvmsg_fast
#cgo noescape zgo_recv_frames_fast
#cgo nocallback zgo_recv_frames_fast
#cgo noescape zgo_recv_whole
#cgo nocallback zgo_recv_whole
#cgo noescape zgo_recv_left
#cgo nocallback zgo_recv_left
#cgo noescape zgo_sendmsg
#cgo nocallback zgo_sendmsg
#cgo noescape zgo_recvmsg
#cgo nocallback zgo_recvmsg
#cgo noescape zgo_send_msgs
#cgo nocallback zgo_send_msgs
#cgo noescape zgo_recv_frames_here
#cgo nocallback zgo_recv_frames_here
#cgo noescape zgo_send_frames
#cgo nocallback zgo_send_frames
#cgo noescape zgo_send_frames_fast
#cgo nocallback zgo_send_frames_fast
#cgo noescape zgo_frames_new
#cgo nocallback zgo_frames_new
#cgo noescape zgo_frames_reset
#cgo nocallback zgo_frames_reset
#cgo noescape zgo_frames_reserve
#cgo nocallback zgo_frames_reserve
#cgo noescape zgo_frames_to
#cgo nocallback zgo_frames_to
#cgo noescape zgo_frames_drop
#cgo nocallback zgo_frames_drop
#cgo noescape zgo_frames_cut
#cgo nocallback zgo_frames_cut
#cgo noescape zgo_frames_append
#cgo nocallback zgo_frames_append
#cgo noescape zgo_frames_free
#cgo nocallback zgo_frames_free
#cgo noescape zgo_msgs_alloc
#cgo nocallback zgo_msgs_alloc
#cgo noescape zgo_msgs_free
#cgo nocallback zgo_msgs_free
#cgo noescape zgo_msg_size
#cgo nocallback zgo_msg_size
#cgo noescape zgo_msg_data
#cgo nocallback zgo_msg_data
#cgo noescape zgo_msg_reset
#cgo nocallback zgo_msg_reset
#cgo noescape zgo_msg_copy
#cgo nocallback zgo_msg_copy
#cgo noescape zgo_msg_move
#cgo nocallback zgo_msg_move
#cgo noescape zgo_msg_see
#cgo nocallback zgo_msg_see
#cgo noescape zgo_msg_gets
#cgo nocallback zgo_msg_gets
#cgo noescape zgo_relay_new
#cgo nocallback zgo_relay_new
#cgo noescape zgo_relay_free
#cgo nocallback zgo_relay_free
#cgo noescape zgo_device_turn
#cgo nocallback zgo_device_turn
#cgo noescape zgo_pin_drain
#cgo nocallback zgo_pin_drain
#cgo noescape zgo_pin_wake_by
#cgo nocallback zgo_pin_wake_by
#cgo noescape zgo_poll_now
#cgo nocallback zgo_poll_now
#cgo noescape zgo_curve_keypair
#cgo nocallback zgo_curve_keypair
#cgo noescape zgo_curve_public
#cgo nocallback zgo_curve_public
#cgo noescape zgo_seed
#cgo nocallback zgo_seed
#cgo noescape zgo_try_threads
#cgo nocallback zgo_try_threads
#cgo noescape zgo_interfaces
#cgo nocallback zgo_interfaces
#cgo noescape zgo_listener
#cgo nocallback zgo_listener

#include "shim.h"
*/
import "C"

import (
	"runtime"
	"unsafe"

	vendored "example.org/zmq/vendor_libzmq"
)

// This file is the fence: the only one that imports "C". Each wrapper is one
// crossing, takes and returns Go types, and reports an Errno, never an error.

// The vendored engine's description is part of this package's build identity:
// go build and go test see a staged, changed or removed engine through it.
var _ = vendored.Engine

const (
	cHeaderVersion = C.ZMQ_VERSION
	cAPIVersion    = C.ZGO_API
	cVendored      = C.ZGO_VENDORED == 1
	cGates         = C.ZGO_GATES
)

// errNoCgo is nil: this build has an engine.
var errNoCgo error

// Handles of C objects. The zero handle is none.
type (
	ctxHandle    struct{ p *C.zgo_ctx }
	sockHandle   struct{ p *C.zgo_sock }
	msgHandle    struct{ p *C.zgo_msg }
	framesHandle struct{ p *C.zgo_frames_t }
	relayHandle  struct{ p *C.zgo_relay }
)

// The modes of an operation, see shim.h.
const (
	modeMore           = C.ZGO_MORE
	modeContinuation   = C.ZGO_CONTINUATION
	modeReportEvents   = C.ZGO_REPORT_EVENTS
	modeConfirmRefusal = C.ZGO_CONFIRM_REFUSAL
	modePart           = C.ZGO_PART
)

// result is what one operation brings back.
type result struct {
	n    int        // bytes, parts, messages or a frame
	err  Errno      // 0 when the operation was done
	ev   PollEvents // where they were asked for, and after a sure failure
	more bool       // another part of the message follows
	lost bool       // the message that was begun is lost: its later parts must not be sent
	sent int        // messages, of cSendFrames
	size int        // bytes, of the operations on frame buffers
}

// setC sets r to what C returned. Operations write a result where it stays: returned from call to call, it would make the
// stacks of goroutines that park twice as large.
func (r *result) setC(c *C.zgo_res) {
	r.n, r.err, r.ev = int(c.n), Errno(c.err), PollEvents(c.ev)
	r.more, r.lost, r.sent, r.size = c.more != 0, c.lost != 0, int(c.sent), int(c.bytes)
}

// bytesOf points at C's memory. A C part may be larger than Go could address
// only on systems where neither could exist.
func bytesOf(r *C.zgo_res) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(r.data)), int(r.n))
}

func ptr(p []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(p)) }

// --- version -----------------------------------------------------------------

func cVersion() Version { return versionOf(int(C.zgo_version())) }

func cHas(capability string) bool {
	s := C.CString(capability)
	defer C.free(unsafe.Pointer(s))
	return C.zgo_has(s) == 1
}

func cGSSAPI() bool { return !cVendored }

func cShared() bool { return C.zgo_shared() != 0 }

func cStrError(e int) string { return C.GoString(C.zmq_strerror(C.int(e))) }

// --- context -----------------------------------------------------------------

// cCtxNew makes a context with that many I/O threads.
func cCtxNew(ioThreads int) (ctxHandle, Errno) {
	var err C.int
	p := C.zgo_ctx_new(C.int(ioThreads), &err)
	return ctxHandle{p}, Errno(err)
}

// cCtxTerm blocks until every socket is closed and its linger satisfied.
func cCtxTerm(c ctxHandle) Errno { return Errno(C.zgo_ctx_term(c.p).err) }

func cCtxShutdown(c ctxHandle) Errno { return Errno(C.zgo_ctx_shutdown(c.p)) }

func cCtxSet(c ctxHandle, option, value int) Errno {
	return Errno(C.zgo_ctx_set(c.p, C.int(option), C.int(value)))
}

func cCtxGet(c ctxHandle, option int) (int, Errno) {
	r := C.zgo_ctx_get(c.p, C.int(option))
	return int(r.n), Errno(r.err)
}

// seedSize is how many bytes cSeed takes.
const seedSize = C.ZGO_SEED

// cSeed gives C's rand() a state.
func cSeed(p *[seedSize]byte) { C.zgo_seed((*C.uchar)(&p[0])) }

// The steps at which cTryThreads can fail.
const (
	threadStart = C.ZGO_THREAD_START
	threadSched = C.ZGO_THREAD_SCHED
	threadNice  = C.ZGO_THREAD_NICE
	threadCPU   = C.ZGO_THREAD_CPU
)

// cTryThreads starts n threads as the engine would, all at once, and ends them. It returns the step that failed, and why.
func cTryThreads(n, policy, priority int, plain bool, cpus []int32) (step int, err Errno) {
	asItIs := 0
	if plain {
		asItIs = 1
	}
	r := C.zgo_try_threads(C.int(n), C.int(policy), C.int(priority), C.int(asItIs), (*C.int)(unsafe.Pointer(unsafe.SliceData(cpus))), C.size_t(len(cpus)))
	return int(r.n), Errno(r.err)
}

// --- socket ------------------------------------------------------------------

func cSocket(c ctxHandle, t SocketType) (sockHandle, Errno) {
	var err C.int
	p := C.zgo_socket(c.p, C.int(t), &err)
	return sockHandle{p}, Errno(err)
}

func cClose(s sockHandle) Errno { return Errno(C.zgo_close(s.p)) }

func cSetBytes(s sockHandle, option int, v []byte) Errno {
	return Errno(C.zgo_setsockopt(s.p, C.int(option), ptr(v), C.size_t(len(v))))
}

func cSetInt(s sockHandle, option int, v int32) Errno {
	n := C.int(v)
	return Errno(C.zgo_setsockopt(s.p, C.int(option), (*C.uchar)(unsafe.Pointer(&n)), C.sizeof_int))
}

func cSetInt64(s sockHandle, option int, v int64) Errno {
	n := C.int64_t(v)
	return Errno(C.zgo_setsockopt(s.p, C.int(option), (*C.uchar)(unsafe.Pointer(&n)), C.sizeof_int64_t))
}

// cGetBytes reads an option into v and returns how many bytes it has.
func cGetBytes(s sockHandle, option int, v []byte) (int, Errno) {
	r := C.zgo_getsockopt(s.p, C.int(option), ptr(v), C.size_t(len(v)))
	return int(r.n), Errno(r.err)
}

func cGetInt(s sockHandle, option int) (int32, Errno) {
	r := C.zgo_getsockopt_int(s.p, C.int(option))
	return int32(r.n), Errno(r.err)
}

func cGetInt64(s sockHandle, option int) (int64, Errno) {
	var v C.int64_t
	r := C.zgo_getsockopt(s.p, C.int(option), (*C.uchar)(unsafe.Pointer(&v)), C.sizeof_int64_t)
	return int64(v), Errno(r.err)
}

// cFD returns the descriptor behind ZMQ_FD.
func cFD(s sockHandle) (int, Errno) {
	fd := int(C.zgo_fd(s.p))
	if fd < 0 {
		return -1, Errno(-fd)
	}
	return fd, 0
}

// cDup duplicates a descriptor, close-on-exec.
func cDup(fd int) (int, Errno) {
	dup := int(C.zgo_dup(C.int(fd)))
	if dup < 0 {
		return -1, Errno(-dup)
	}
	return dup, 0
}

// cWaitBriefly waits until a descriptor or the bell is readable, or so many milliseconds are over.
func cWaitBriefly(fd, bell, ms int) { C.zgo_wait_briefly(C.int(fd), C.int(bell), C.int(ms)) }

// cSpare reports whether n more descriptors could be opened.
func cSpare(n int) bool { return C.zgo_spare(C.int(n)) != 0 }

// cEvents reads ZMQ_EVENTS, which processes the socket's pending commands.
func cEvents(s sockHandle) (PollEvents, Errno) {
	ev := int(C.zgo_events(s.p))
	if ev < 0 {
		return 0, Errno(-ev)
	}
	return PollEvents(ev), 0
}

// endpointOp is what cEndpoint does with an endpoint.
type endpointOp int

const (
	endpointBind       endpointOp = C.ZGO_BIND
	endpointConnect    endpointOp = C.ZGO_CONNECT
	endpointUnbind     endpointOp = C.ZGO_UNBIND
	endpointDisconnect endpointOp = C.ZGO_DISCONNECT
)

func cEndpoint(s sockHandle, action endpointOp, endpoint string) Errno {
	e := C.CString(endpoint)
	defer C.free(unsafe.Pointer(e))
	return Errno(C.zgo_endpoint(s.p, C.int(action), e))
}

func cMonitor(s sockHandle, endpoint string, events int) Errno {
	var e *C.char
	if endpoint != "" {
		e = C.CString(endpoint)
		defer C.free(unsafe.Pointer(e))
	}
	return Errno(C.zgo_monitor(s.p, e, C.int(events)))
}

// cInterfaces returns the errno over which the engine would abort when it looks for an interface's address.
func cInterfaces(strict bool) Errno {
	all := 0
	if strict {
		all = 1
	}
	return Errno(C.zgo_interfaces(C.int(all)))
}

// The kinds of listening sockets.
const (
	listensUnix = C.ZGO_LISTENS_UNIX
	listensIP4  = C.ZGO_LISTENS_IP4
	listensIP6  = C.ZGO_LISTENS_IP6
)

// cListener returns of what kind a listening socket is, and a number that no other open socket has.
func cListener(fd int) (kind int, id int64, err Errno) {
	r := C.zgo_listener(C.int(fd))
	return int(r.n), int64(r.bytes), Errno(r.err)
}

// --- one part ----------------------------------------------------------------

func cSend(s sockHandle, p []byte, mode int, r *result) {
	c := C.zgo_send(s.p, ptr(p), C.size_t(len(p)), C.int(mode))
	r.setC(&c)
}

// cRecv receives one part; n is its full size even when p was shorter.
func cRecv(s sockHandle, p []byte, mode int, r *result) {
	c := C.zgo_recv(s.p, ptr(p), C.size_t(len(p)), C.int(mode))
	r.setC(&c)
}

// cSendFast and the others of this name are for sockets that are ready and on which no goroutine is
// parked. What fails is to be tried again by the general call.
func cSendFast(s sockHandle, p []byte, mode int) Errno {
	return Errno(C.zgo_send_fast(s.p, ptr(p), C.size_t(len(p)), C.int(mode)))
}

func cRecvFast(s sockHandle, p []byte) (n int, more bool, err Errno) {
	return unfold(C.zgo_recv_fast(s.p, ptr(p), C.size_t(len(p))))
}

// unfold takes a size and a flag out of the number that brings both.
func unfold(v C.int64_t) (n int, more bool, err Errno) {
	if v < 0 {
		return 0, false, Errno(-v)
	}
	return int(v >> 1), v&1 != 0, 0
}

func cSendMsgFast(s sockHandle, m msgHandle, mode int) Errno {
	return Errno(C.zgo_sendmsg_fast(s.p, m.p, C.int(mode)))
}

// cRecvMsgFast receives into m and returns its bytes. After a failure empty says whether m has
// none any more.
func cRecvMsgFast(s sockHandle, m msgHandle) (data []byte, empty, more bool, err Errno) {
	v := C.zgo_recvmsg_fast(s.p, m.p)
	n, more, err := unfold(v.n)
	return unsafe.Slice((*byte)(unsafe.Pointer(v.data)), n), v.data == nil, more, err
}

// cRecvFramesFast adds messages to the frame buffer as cRecvFrames does and returns how many, and their bytes.
func cRecvFramesFast(s sockHandle, r framesHandle, max, mode int) (n, size int, err Errno) {
	v := C.zgo_recv_frames_fast(s.p, r.c(), C.size_t(max), C.int(mode))
	if v < 0 {
		return 0, 0, Errno(-v)
	}
	return int(v), int(r.p.bytes), 0
}

// errLost says that a message was dropped for want of memory.
const errLost Errno = C.ZGO_LOST

// cRecvWhole receives a message of one part that p has room for. The first part of another one is in left, for cRecvLeft,
// which must follow.
func cRecvWhole(s sockHandle, p []byte) (n int, left msgHandle, err Errno) {
	w := C.zgo_recv_whole(s.p, ptr(p), C.size_t(len(p)))
	if w.n < 0 {
		return 0, msgHandle{}, Errno(-w.n)
	}
	return int(w.n), msgHandle{w.left}, 0
}

// cRecvLeft receives the rest of a message into an empty frame buffer, its first part being left, and returns its bytes.
// Without a frame buffer it drops the message, which is ENOMEM.
func cRecvLeft(s sockHandle, r framesHandle, left msgHandle) (size int, err Errno) {
	v := C.zgo_recv_left(s.p, r.c(), left.p)
	if v < 0 {
		return 0, Errno(-v)
	}
	return int(v), 0
}

// --- messages ----------------------------------------------------------------

// cMsgsAlloc returns the first of count empty messages, none if there is no
// memory.
func cMsgsAlloc(count int) msgHandle { return msgHandle{C.zgo_msgs_alloc(C.size_t(count))} }

func cMsgsFree(m msgHandle, count int) { C.zgo_msgs_free(m.p, C.size_t(count)) }

// at returns the message i places after m.
func (m msgHandle) at(i int) msgHandle {
	return msgHandle{(*C.zgo_msg)(unsafe.Add(unsafe.Pointer(m.p), i*C.sizeof_zgo_msg))}
}

// cMsgSize gives m n bytes of its own.
func cMsgSize(m msgHandle, n int) ([]byte, Errno) {
	r := C.zgo_msg_size(m.p, nil, C.size_t(n))
	return bytesOf(&r), Errno(r.err)
}

// cMsgFill gives m a copy of p.
func cMsgFill(m msgHandle, p []byte) ([]byte, Errno) {
	r := C.zgo_msg_size(m.p, ptr(p), C.size_t(len(p)))
	return bytesOf(&r), Errno(r.err)
}

// cMsgData makes m refer to p, which must be pinned until id is drained; noCallback says that the
// caller does not wait for that.
func cMsgData(m msgHandle, p []byte, id uint64, noCallback bool) ([]byte, Errno) {
	without := 0
	if noCallback {
		without = 1
	}
	r := C.zgo_msg_data(m.p, ptr(p), C.size_t(len(p)), C.uint64_t(id), C.int(without))
	return bytesOf(&r), Errno(r.err)
}

func cMsgReset(m msgHandle) { C.zgo_msg_reset(m.p) }

func cMsgCopy(dst, src msgHandle) ([]byte, Errno) {
	r := C.zgo_msg_copy(dst.p, src.p)
	return bytesOf(&r), Errno(r.err)
}

func cMsgMove(dst, src msgHandle) ([]byte, Errno) {
	r := C.zgo_msg_move(dst.p, src.p)
	return bytesOf(&r), Errno(r.err)
}

// cMsgSee returns where m's bytes are, and whether another part follows, after C code had m in its hands.
func cMsgSee(m msgHandle) ([]byte, bool) {
	r := C.zgo_msg_see(m.p)
	return bytesOf(&r), r.more != 0
}

// cMsgGets returns a property of a received message, and whether it has it.
func cMsgGets(m msgHandle, property string) (string, bool) {
	p := C.CString(property)
	defer C.free(unsafe.Pointer(p))
	v := C.zgo_msg_gets(m.p, p)
	return C.GoString(v), v != nil
}

func cSendMsg(s sockHandle, m msgHandle, mode int, r *result) {
	c := C.zgo_sendmsg(s.p, m.p, C.int(mode))
	r.setC(&c)
}

// cRecvMsg receives into m and returns where its bytes are, on failure too.
func cRecvMsg(s sockHandle, m msgHandle, mode int, r *result) []byte {
	c := C.zgo_recvmsg(s.p, m.p, C.int(mode))
	r.setC(&c)
	return bytesOf(&c)
}

// cSendMsgs sends the messages as the parts of one.
func cSendMsgs(s sockHandle, m []msgHandle, mode int, r *result) {
	first := (**C.zgo_msg)(unsafe.Pointer(unsafe.SliceData(m)))
	c := C.zgo_send_msgs(s.p, first, C.size_t(len(m)), C.int(mode))
	r.setC(&c)
}

// --- frame buffers -------------------------------------------------------------------

// frameCopyMax is the size up to which parts are copied into the arena.
const frameCopyMax = C.ZGO_COPY_MAX

func (r framesHandle) c() *C.zgo_frames { return (*C.zgo_frames)(unsafe.Pointer(r.p)) }

func (r framesHandle) frame(i int) *C.zgo_frame {
	return (*C.zgo_frame)(unsafe.Add(unsafe.Pointer(r.p.frames), i*C.sizeof_zgo_frame))
}

// count returns how many frames are in use.
func (r framesHandle) count() int { return int(r.p.nframes) }

// part returns frame i: its bytes, valid until the frame buffer is reset, and whether
// another part of the same message follows.
func (r framesHandle) part(i int) ([]byte, bool) {
	frame := r.frame(i)
	return unsafe.Slice((*byte)(unsafe.Pointer(frame.data)), int(frame.size)), frame.more != 0
}

// owns reports whether frame i owns a message.
func (r framesHandle) owns(i int) bool { return r.frame(i).own != 0 }

// ownsAny reports whether any frame does: then the frame buffer must be reset.
func (r framesHandle) ownsAny() bool { return r.p.owned != 0 }

// lost reports whether the last receive has dropped a message for want of memory.
func (r framesHandle) lost() bool { return r.p.lost != 0 }

// disableArena leaves no space in the arena until the frame buffer is cleared: every part keeps its message.
func (r framesHandle) disableArena() { r.p.used = r.p.size }

// clear forgets the frames of a frame buffer that holds no messages.
func (r framesHandle) clear() { r.p.nframes, r.p.used = 0, 0 }

// space returns how many bytes of the arena are unused.
func (r framesHandle) space() int { return int(r.p.size - r.p.used) }

// add makes a frame of a copy of p in the arena. The frame buffer has a frame, and space for p, to spare.
func (r framesHandle) add(p []byte, more bool) {
	base := unsafe.Add(unsafe.Pointer(r.p.arena), int(r.p.used))
	copy(unsafe.Slice((*byte)(base), len(p)), p)
	r.p.used += C.size_t(len(p))
	r.push((*C.uchar)(base), len(p), more)
}

// lend makes a frame of pinned Go memory, until the frame buffer is cleared.
func (r framesHandle) lend(pin *runtime.Pinner, p []byte, more bool) {
	if len(p) > 0 {
		pin.Pin(unsafe.SliceData(p))
	}
	r.push(ptr(p), len(p), more)
}

func (r framesHandle) push(data *C.uchar, n int, more bool) {
	frame := r.frame(int(r.p.nframes))
	frame.size, frame.more, frame.own = C.size_t(n), 0, 0
	// As a number: were it stored as a pointer, the garbage collector would be told of what was
	// there before, which may be Go memory that is long free, or nothing that ever was a pointer.
	*(*uintptr)(unsafe.Pointer(&frame.data)) = uintptr(unsafe.Pointer(data))
	if more {
		frame.more = 1
	}
	r.p.nframes++
}

// appendCopy makes a frame of a message of its own with a copy of p and reports whether there was
// memory. The frame buffer has a frame to spare.
func (r framesHandle) appendCopy(p []byte, more bool) bool {
	follows := 0
	if more {
		follows = 1
	}
	return C.zgo_frames_append(r.c(), ptr(p), C.size_t(len(p)), C.int(follows)) != 0
}

// cap returns how many frames are allocated.
func (r framesHandle) cap() int { return int(r.p.cap) }

// cFramesNew makes a frame buffer; the zero handle if there is no memory.
func cFramesNew(rows, arena int) framesHandle {
	return framesHandle{(*C.zgo_frames_t)(unsafe.Pointer(C.zgo_frames_new(C.size_t(rows), C.size_t(arena))))}
}

func cFramesFree(r framesHandle) { C.zgo_frames_free(r.c()) }

// used returns how many bytes of the arena are.
func (r framesHandle) used() int { return int(r.p.used) }

// cFramesCut drops the frames from frame n on, and the arena's bytes from used on.
func cFramesCut(r framesHandle, n, used int) { C.zgo_frames_cut(r.c(), C.size_t(n), C.size_t(used)) }

// cFramesDrop forgets the first n frames and keeps the others in order.
func cFramesDrop(r framesHandle, n int) { C.zgo_frames_drop(r.c(), C.size_t(n)) }

func cFramesReset(r framesHandle) { C.zgo_frames_reset(r.c()) }

// cFramesReserve makes place for n frames and reports whether there was memory.
func cFramesReserve(r framesHandle, n int) bool {
	return n <= r.cap() || C.zgo_frames_reserve(r.c(), C.size_t(n)) != 0
}

// cFramesTo moves frame i of a frame buffer to a message.
func cFramesTo(r framesHandle, i int, m msgHandle) ([]byte, Errno) {
	res := C.zgo_frames_to(r.c(), C.size_t(i), m.p)
	return bytesOf(&res), Errno(res.err)
}

// cRecvFrames adds whole messages to the frame buffer until max frames are in use; n counts them.
func cRecvFrames(s sockHandle, f framesHandle, max, mode int, r *result) {
	C.zgo_recv_frames_here(s.p, f.c(), C.size_t(max), C.int(mode))
	r.setC(&f.p.res)
}

// cSendFrames sends the buffer's messages from frame from on; n is the first frame
// that was not sent.
func cSendFrames(s sockHandle, f framesHandle, from, mode int, r *result) {
	c := C.zgo_send_frames(s.p, f.c(), C.size_t(from), C.int(mode))
	r.setC(&c)
}

// cSendFramesFast sends a frame buffer that holds one message. After a failure lost says whether it is lost, else it is as it
// was.
func cSendFramesFast(s sockHandle, r framesHandle) (lost bool, err Errno) {
	v := C.zgo_send_frames_fast(s.p, r.c())
	return v < 0, Errno(max(v, -v))
}

// --- relays -------------------------------------------------------------------

// How a relay moves messages.
const (
	relayLossy   = C.ZGO_LOSSY
	relaySubs    = C.ZGO_SUBS
	relayDiscard = C.ZGO_DISCARD
)

// moved is what a relay did in one crossing.
type moved struct {
	in, out         amount
	dropped, missed uint64
	err             Errno
	full            bool // the destination has no room
	captureFull     bool // the capture has none, and nothing moves before it has
	falseReady      bool // what calls itself ready is not
}

func movedOf(d *C.zgo_moved) moved {
	return moved{
		in: amountOf(d.in), out: amountOf(d.out), dropped: uint64(d.dropped), missed: uint64(d.missed),
		err: Errno(d.err), full: d.full != 0, captureFull: d.capture_full != 0, falseReady: d.false_ready != 0,
	}
}

// turned is what both relays of a device did, and what the sockets are ready for then.
type turned struct {
	forth, backw         moved
	front, back, capture PollEvents
	err                  Errno // of reading the events
}

// amount is how much of something moved.
type amount struct{ messages, parts, bytes uint64 }

func amountOf(n C.zgo_count) amount {
	return amount{uint64(n.messages), uint64(n.parts), uint64(n.bytes)}
}

// cRelayNew makes a relay; the zero handle if there is no memory.
func cRelayNew() relayHandle { return relayHandle{C.zgo_relay_new()} }

func cRelayFree(r relayHandle) { C.zgo_relay_free(r.p) }

// cDeviceTurn moves up to most messages either way, with copies to capture if that is not the zero handle. A
// direction without a relay moves nothing.
func cDeviceTurn(front, back, capture sockHandle, forth, backw relayHandle, most, howForth, howBackw, topicMax int) turned {
	t := C.zgo_device_turn(front.p, back.p, capture.p, forth.p, backw.p, C.int(most), C.int(howForth), C.int(howBackw), C.size_t(topicMax))
	return turned{
		forth: movedOf(&t.forth), backw: movedOf(&t.backw),
		front: PollEvents(max(t.ev_front, 0)), back: PollEvents(max(t.ev_back, 0)), capture: PollEvents(max(t.ev_capture, 0)),
		err: Errno(-min(t.ev_front, t.ev_back, t.ev_capture, 0)),
	}
}

// --- lent memory ---------------------------------------------------------------

// cPinWakeBy names the pipe that is written to when a release with a callback arrives.
func cPinWakeBy(fd int) { C.zgo_pin_wake_by(C.int(fd)) }

// cPinDrain stores released ids and returns how many. One goroutine at a time.
func cPinDrain(ids []uint64) int {
	return int(C.zgo_pin_drain((*C.uint64_t)(unsafe.SliceData(ids)), C.size_t(len(ids))))
}

// --- plain descriptors -----------------------------------------------------------

// pollFD is zgo_pollfd.
type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

// cPollNow fills in revents, without waiting.
func cPollNow(f []pollFD) Errno {
	if len(f) == 0 {
		return 0
	}
	return Errno(C.zgo_poll_now((*C.zgo_pollfd)(unsafe.Pointer(unsafe.SliceData(f))), C.size_t(len(f))).err)
}

// --- security ---------------------------------------------------------------------

// cCurveKeypair fills in a key pair in Z85, with C's closing zero.
func cCurveKeypair(public, secret *[41]byte) Errno {
	return Errno(C.zgo_curve_keypair((*C.uchar)(&public[0]), (*C.uchar)(&secret[0])))
}

// cCurvePublic fills in the public key of a secret one.
func cCurvePublic(public, secret *[41]byte) Errno {
	return Errno(C.zgo_curve_public((*C.uchar)(&public[0]), (*C.uchar)(&secret[0])))
}
