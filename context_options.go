package zmq

import (
	"math"
	"runtime"
	"strconv"
	"time"
)

// ContextSetting is an option of a context whose value is a T. Calling it makes a value for NewContext or
// Context.Set, as IOThreads(2) does; Get reads the value of a context.
type ContextSetting[T any] func(T) ContextOption

// ContextSetter is an option of a context that can be set and not be read.
type ContextSetter[T any] func(T) ContextOption

// ContextGetter is an option of a context that can be read and not be set.
type ContextGetter[T any] struct{ row contextRow }

// The options of a context that came after ØMQ 3.1, each with the first version that has it: on an older engine it
// gives a *VersionError. Those that concern threads count for threads that start later: the I/O threads start
// with the context's first socket. What the system does not allow is refused: priority and policy that are set by
// one call are judged together.

// SocketLimit is the largest MaxSockets that the engine allows (ZMQ_SOCKET_LIMIT, read only, from 4.1).
var SocketLimit ContextGetter[int]

// ThreadPriority is the scheduling priority of the engine's threads, as sched_setparam(2) has it, at least 0
// (ZMQ_THREAD_PRIORITY, default the system's, set only, from 4.1).
var ThreadPriority ContextSetter[int]

// ThreadSchedPolicy is the scheduling policy of the engine's threads, as sched_setscheduler(2) has it, at least 0;
// it reads as -1 unless set, which needs libzmq 4.3 (ZMQ_THREAD_SCHED_POLICY, default the system's, from 4.1).
var ThreadSchedPolicy ContextSetting[int]

// ContextMaxMsgSize is the largest part, in bytes, that the context's sockets send or receive, whatever the transport
// (ZMQ_MAX_MSGSZ, 0 to 2^31-1, default 2^31-1, from 4.2). MaxMsgSize bounds what one socket accepts from
// the network.
var ContextMaxMsgSize ContextSetting[int]

// MsgTSize is the size of the engine's zmq_msg_t in bytes (ZMQ_MSG_T_SIZE, read only, from 4.2.1).
var MsgTSize ContextGetter[int]

// ThreadAffinityAdd lets the engine's threads run on a processor, by its number from 0; until the first is added
// they run on any (ZMQ_THREAD_AFFINITY_CPU_ADD, default none, set only, from 4.2.3).
var ThreadAffinityAdd ContextSetter[int]

// ThreadAffinityRemove takes a processor back that ThreadAffinityAdd added; EINVAL for any other
// (ZMQ_THREAD_AFFINITY_CPU_REMOVE, set only, from 4.2.3).
var ThreadAffinityRemove ContextSetter[int]

// ThreadNamePrefix is a number that the names of the engine's threads begin with, at least 0
// (ZMQ_THREAD_NAME_PREFIX, default none, read as 0, from 4.2.3).
var ThreadNamePrefix ContextSetting[int]

// ContextIPv6 lets sockets that are opened later use IPv6 addresses, unless they say otherwise
// (ZMQ_IPV6, boolean, default false, from 4.0).
var ContextIPv6 ContextSetting[bool]

// Blocky keeps messages of sockets that are opened later until they are delivered, unless their Linger says
// otherwise; false makes Linger 0 their default (ZMQ_BLOCKY, boolean, default true, from 4.2).
var Blocky ContextSetting[bool]

// contextRow describes one option of a context.
type contextRow struct {
	id    int
	name  string
	since Version
	reads Version // the first engine that can be asked for it, if that is a later one
	has   string  // the capability that the engine must have been built with
}

func (r contextRow) supported() error {
	return (&optionRow{name: r.name, since: r.since, has: r.has}).supported()
}

// option makes the value; the range of all these options in C is 0 to 2^31-1.
func (r contextRow) option(v int) ContextOption {
	check := func() error {
		if err := r.supported(); err != nil {
			return err
		}
		if v < 0 || v > math.MaxInt32 {
			return withReason(EINVAL, strconv.Itoa(v)+" is out of range: at least 0")
		}
		return nil
	}
	o := ContextOption{name: r.name, set: func(z *contextState) error {
		if err := check(); err != nil {
			return err
		}
		if errno := cCtxSet(z.h, r.id, v); errno != 0 {
			return r.refused(errno)
		}
		next := z.asked().with(r.id, v)
		z.manner.Store(&next)
		return nil
	}}
	if check() == nil {
		o.manner = func(m manner) manner { return m.with(r.id, v) }
	}
	return o
}

// refused says why the engine refuses a value.
func (r contextRow) refused(errno Errno) error {
	switch {
	case errno == EINVAL && r.id == ctxThreadAffinityRemove:
		return withReason(errno, "the processor was not added by ThreadAffinityAdd")
	case errno == EINVAL:
		return withReason(errno, "this engine does not have the option, or does not take the value")
	}
	return errno
}

func contextInt(r contextRow) ContextSetting[int] {
	return withRow(ContextSetting[int](contextSetter(r)), r)
}
func contextSetter(r contextRow) ContextSetter[int] { return r.option }

func contextBool(r contextRow) ContextSetting[bool] {
	return func(v bool) ContextOption {
		o := r.option(int(number(v)))
		o.row = r
		return o
	}
}

// withRow lets the options that o makes be read back as r says.
func withRow(o ContextSetting[int], r contextRow) ContextSetting[int] {
	return func(v int) ContextOption {
		made := o(v)
		made.row = r
		return made
	}
}

// Get reads the option from a context (zmq_ctx_get). Errors: ErrTerminated; ErrClosed; a *VersionError.
func (o ContextSetting[T]) Get(c *Context) (T, error) {
	var zero T
	return readContext[T](o(zero).row, c)
}

// Get reads the option from a context (zmq_ctx_get). Errors: ErrTerminated; ErrClosed; a *VersionError.
func (o ContextGetter[T]) Get(c *Context) (T, error) { return readContext[T](o.row, c) }

func readContext[T any](r contextRow, c *Context) (v T, err error) {
	n, err := r.read(c)
	switch p := any(&v).(type) {
	case *int:
		*p = n
	case *bool:
		*p = n != 0
	}
	return v, err
}

func (r contextRow) read(c *Context) (int, error) {
	defer runtime.KeepAlive(c)
	if c == nil {
		return 0, &OpError{Op: "get", Type: noSocket, Option: r.name, Err: errNilContext}
	}
	v, err := r.ask(c.st)
	if err != nil {
		return 0, &OpError{Op: "get", Type: noSocket, Option: r.name, Err: err}
	}
	return v, nil
}

func (r contextRow) ask(z *contextState) (int, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.usable(); err != nil {
		return 0, err
	}
	if err := r.supported(); err != nil {
		return 0, err
	}
	if err := need("reading "+r.name, r.reads); err != nil {
		return 0, err
	}
	// These two are known here, on engines too that cannot be asked.
	if z.owned && r.id == ctxIOThreads {
		return z.ioThreads, nil
	}
	if z.owned && r.id == ctxMaxSockets {
		return z.maxSockets - 1, nil
	}
	v, errno := cCtxGet(z.h, r.id)
	if errno != 0 {
		return 0, errno
	}
	return v, nil
}

// Set sets options of the context, in their order, until one fails (zmq_ctx_set). IOThreads, MaxSockets and
// CloseTimeout are for NewContext only.
//
// Errors: EINVAL for a value out of its range; EPERM and others for threads that the system does not allow;
// ErrTooManyThreads; ErrTerminated; ErrClosed; a *VersionError.
func (c *Context) Set(opts ...ContextOption) error {
	defer runtime.KeepAlive(c)
	tried := false
	for i, o := range opts {
		if o.manner != nil && !tried {
			tried = true
			if option, err := c.inner().planLocked(opts[i:]); err != nil {
				return &OpError{Op: "set", Type: noSocket, Option: option, Err: err}
			}
		}
		if err := c.inner().setOption(o); err != nil {
			return &OpError{Op: "set", Type: noSocket, Option: o.name, Err: err}
		}
	}
	return nil
}

func (z *contextState) planLocked(opts []ContextOption) (option string, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.usable() != nil {
		return "", nil // setting it will say why
	}
	descriptors.Lock()
	defer descriptors.Unlock()
	return z.plan(opts)
}

func (z *contextState) setOption(o ContextOption) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.usable(); err != nil {
		return err
	}
	if o.set == nil {
		return withReason(EINVAL, "it is for NewContext only")
	}
	return o.set(z)
}

// ContextOption is a value for one option of a context (zmq_init, zmq_ctx_set), made by calling the option:
// IOThreads(2). It is given to NewContext.
type ContextOption struct {
	name string
	row  contextRow                // how it is read back
	prep func(*contextState) error // before the context exists
	set  func(*contextState) error // after

	manner func(manner) manner // what it asks of the engine's threads
}

func (o ContextOption) prepare(z *contextState) error {
	if o.prep == nil {
		return nil
	}
	return o.prep(z)
}

func (o ContextOption) apply(z *contextState) error {
	if o.set == nil {
		return nil
	}
	return o.set(z)
}

func (o ContextOption) error(err error) error {
	return &OpError{Op: "new context", Type: noSocket, Option: o.name, Err: err}
}

// IOThreads is the number of threads that do the context's network work (ZMQ_IO_THREADS, default 1). A rule of
// thumb is one for each gigabyte a second; 0 is enough for inproc only.
var IOThreads ContextSetting[int]

// MaxSockets is the number of sockets that the context holds at most (ZMQ_MAX_SOCKETS). Unless set it is as large
// as the engine allows. One is kept for the context's own use. Engine 3.1 has a fixed limit of 512.
var MaxSockets ContextSetting[int]

// CloseTimeout bounds Context.Close, and the linger periods of sockets that Close finds open (default 10 s). It is an
// option of this package, not of libzmq.
func CloseTimeout(d time.Duration) ContextOption {
	return ContextOption{name: "CloseTimeout", prep: func(z *contextState) error {
		if d < 0 {
			return withReason(EINVAL, d.String()+" is negative: Close is the bounded way out, use Term for one without end")
		}
		z.closeTimeout = d
		return nil
	}}
}

func init() {
	SocketLimit = ContextGetter[int]{contextRow{id: ctxSocketLimit, name: "SocketLimit", since: from41}}
	ThreadPriority = contextSetter(contextRow{id: ctxThreadPriority, name: "ThreadPriority", since: from41})
	ThreadSchedPolicy = contextInt(contextRow{id: ctxThreadSchedPolicy, name: "ThreadSchedPolicy", since: from41, reads: Version{4, 3, 0}})
	ContextMaxMsgSize = contextInt(contextRow{id: 5, name: "ContextMaxMsgSize", since: from42})
	MsgTSize = ContextGetter[int]{contextRow{id: 6, name: "MsgTSize", since: Version{4, 2, 1}}}
	ThreadAffinityAdd = contextSetter(contextRow{id: ctxThreadAffinityAdd, name: "ThreadAffinityAdd", since: from423})
	ThreadAffinityRemove = contextSetter(contextRow{id: ctxThreadAffinityRemove, name: "ThreadAffinityRemove", since: from423})
	ThreadNamePrefix = contextInt(contextRow{id: 9, name: "ThreadNamePrefix", since: from423})
	ContextIPv6 = contextBool(contextRow{id: 42, name: "ContextIPv6", since: from40})
	Blocky = contextBool(contextRow{id: 70, name: "Blocky", since: from42})
	IOThreads = withRow(func(n int) ContextOption {
		return ContextOption{name: "IOThreads", prep: func(z *contextState) error {
			if n < 0 || n > 1024 {
				return withReason(EINVAL, strconv.Itoa(n)+" is out of range: 0 to 1024 threads")
			}
			z.ioThreads = n
			return nil
		}}
	}, contextRow{id: ctxIOThreads, name: "IOThreads", since: floor})
	MaxSockets = withRow(func(n int) ContextOption {
		return ContextOption{name: "MaxSockets", prep: func(z *contextState) error {
			if err := need("MaxSockets", Version{3, 2, 0}); err != nil {
				return err
			}
			if n < 1 || n > 1<<24 {
				return withReason(EINVAL, strconv.Itoa(n)+" is out of range: 1 to 16777216 sockets")
			}
			z.maxSockets = n + 1
			return nil
		}}
	}, contextRow{id: ctxMaxSockets, name: "MaxSockets", since: floor})
}
