package zmq3

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.org/zmq"
)

// Context holds sockets, and the inproc endpoints by which they find each other. The functions of the package that take
// none use a default one.
//
// A Context may be used by several goroutines at a time.
type Context struct {
	c *contextState
}

// contextState is what copies of a Context share. The engine's context is made with the first socket: until then its
// options can be changed.
type contextState struct {
	interruptible atomic.Bool // SetRetryAfterEINTR(false)

	mu         sync.Mutex
	z          *zmq.Context // nil before the first socket
	ioThreads  int
	maxSockets int // as it is reported
	limit      int // as it counts: what it was when z was made
	maxMsgsz   int
	ipv6       bool
	blocky     bool
	early      []zmq.ContextOption // to be set when z is made
	sockets    int                 // open ones, and those that monitors take in the engine
	ended      chan struct{}       // not nil once Term was called, closed when it is over
	err        error               // what Term returns
}

// maxInt is the largest number that libzmq takes, a C int.
const maxInt = 1<<31 - 1

var defaultContext = newContext()

func newContext() *Context {
	return &Context{&contextState{
		ioThreads: IoThreadsDflt, maxSockets: MaxSocketsDflt, maxMsgsz: maxInt, blocky: true,
	}}
}

// NewContext returns a context of its own. One that was forgotten is terminated some time after the garbage collector
// found out.
func NewContext() (ctx *Context, err error) { return newContext(), nil }

// lock locks an open context.
func (ctx *Context) lock() (*contextState, error) {
	c := ctx.c
	if c == nil {
		return nil, ErrorContextClosed
	}
	c.mu.Lock()
	if c.ended != nil {
		c.mu.Unlock()
		return nil, ErrorContextClosed
	}
	return c, nil
}

// read returns something of an open context.
func read[T any](ctx *Context, what func(*contextState) T) (v T, err error) {
	c, err := ctx.lock()
	if err != nil {
		return v, err
	}
	defer c.mu.Unlock()
	return what(c), nil
}

// change changes something of an open context.
func (ctx *Context) change(what func(*contextState) error) error {
	c, err := ctx.lock()
	if err != nil {
		return err
	}
	defer c.mu.Unlock()
	return what(c)
}

// open returns the engine's context, which it makes if need be. c.mu is held.
func (c *contextState) open() (*zmq.Context, error) {
	if c.z != nil {
		return c.z, nil
	}
	// The sockets are counted here. What the library needs besides, for monitors and authentication, is on top.
	room := min(3*c.maxSockets+16, 1<<24)
	c.limit = c.maxSockets
	options := append([]zmq.ContextOption{zmq.IOThreads(min(c.ioThreads, 1024)), zmq.MaxSockets(room)}, c.early...)
	z, err := zmq.NewContext(options...)
	if err != nil {
		return nil, bare(err)
	}
	c.z, c.early = z, nil
	return z, nil
}

// library returns the context of package zmq behind this one.
func (ctx *Context) library() (*zmq.Context, error) {
	c, err := ctx.lock()
	if err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	return c.open()
}

// apply sets an option of the engine's context now, if there is one, or when it is made. c.mu is held.
func (c *contextState) apply(option zmq.ContextOption) error {
	if c.z == nil {
		c.early = append(c.early, option)
		return nil
	}
	return bare(c.z.Set(option))
}

// NewSocket opens a socket of the given type in the context. With an error the socket that is returned is not nil, but
// closed. Close it when done; a forgotten one is closed some time after the garbage collector found out.
func (ctx *Context) NewSocket(t Type) (soc *Socket, err error) {
	c, err := ctx.lock()
	if err != nil {
		return failed(err)
	}
	defer c.mu.Unlock()
	if t < PAIR || t > STREAM {
		return failed(einval)
	}
	z, err := c.open()
	if err != nil {
		return failed(err)
	}
	if c.sockets >= c.limit {
		return failed(emfile)
	}
	var options []zmq.SocketOption
	switch t {
	case SUB, XSUB, XPUB:
		options = append(options, zmq.MaxTopic(maxFilter))
	}
	zs, err := z.NewSocket(zmq.SocketType(t), options...)
	if err != nil {
		return failed(bare(err))
	}
	c.sockets++
	return newSocket(ctx, zs, t), nil
}

// forget counts a socket off.
func (c *contextState) forget() {
	c.mu.Lock()
	c.sockets--
	c.mu.Unlock()
}

// Term terminates the context: calls that wait on its sockets end with ETERM. It waits, without bound, until all sockets
// are closed and what they have sent is delivered, as their Linger says. A second Term returns what the first one
// did. If there never was a socket it returns at once.
func (ctx *Context) Term() error {
	c := ctx.c
	if c == nil {
		return nil
	}
	defer runtime.KeepAlive(ctx)
	c.mu.Lock()
	if ended := c.ended; ended != nil {
		c.mu.Unlock()
		<-ended
		return c.err
	}
	c.ended = make(chan struct{})
	z := c.z
	c.mu.Unlock()
	defer close(c.ended)
	if z != nil {
		c.err = term(z)
	}
	return c.err
}

// term waits until the engine has descriptors and slots enough to terminate safely, where it lacks them.
func term(z *zmq.Context) error {
	for {
		err := z.Term(context.Background())
		if !errors.Is(err, zmq.EMFILE) {
			return bare(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// GetIoThreads returns the number of I/O threads.
func (ctx *Context) GetIoThreads() (int, error) {
	return read(ctx, func(c *contextState) int { return c.ioThreads })
}

// SetIoThreads sets the number of I/O threads, by default 1. It has no effect any more once there was a socket.
func (ctx *Context) SetIoThreads(n int) error {
	return ctx.change(func(c *contextState) error {
		if n < 0 || n > maxInt {
			return einval
		}
		c.ioThreads = n
		return nil
	})
}

// GetMaxSockets returns how many sockets the context may have.
func (ctx *Context) GetMaxSockets() (int, error) {
	return read(ctx, func(c *contextState) int { return c.maxSockets })
}

// SetMaxSockets sets how many sockets the context may have, by default 1023. It has no effect any more once there was
// a socket.
func (ctx *Context) SetMaxSockets(n int) error {
	return ctx.change(func(c *contextState) error {
		if n <= 0 || n > maxInt {
			return einval
		}
		c.maxSockets = n
		return nil
	})
}

// GetMaxMsgsz returns the size of the largest message part.
func (ctx *Context) GetMaxMsgsz() (int, error) {
	return read(ctx, func(c *contextState) int { return c.maxMsgsz })
}

// SetMaxMsgsz sets the size of the largest message part that sockets send or receive, by default 2147483647.
func (ctx *Context) SetMaxMsgsz(n int) error {
	return ctx.change(func(c *contextState) error {
		if err := since(2); err != nil {
			return err
		}
		if n < 0 || n > maxInt {
			return einval
		}
		c.maxMsgsz = n
		return c.apply(zmq.ContextMaxMsgSize(n))
	})
}

// GetIpv6 reports whether sockets made from now on may use IPv6 addresses.
func (ctx *Context) GetIpv6() (bool, error) {
	return read(ctx, func(c *contextState) bool { return c.ipv6 })
}

// SetIpv6 lets sockets made from now on use IPv6 addresses, unless they say otherwise.
func (ctx *Context) SetIpv6(i bool) error {
	return ctx.change(func(c *contextState) error {
		c.ipv6 = i
		return c.apply(zmq.ContextIPv6(i))
	})
}

// GetBlocky reports whether sockets made from now on linger without end unless they say otherwise.
func (ctx *Context) GetBlocky() (bool, error) {
	return read(ctx, func(c *contextState) bool { return c.blocky })
}

// SetBlocky says whether sockets made from now on linger without end, which is the default, or not at all, unless they
// say otherwise.
func (ctx *Context) SetBlocky(i bool) error {
	return ctx.change(func(c *contextState) error {
		if err := since(2); err != nil {
			return err
		}
		c.blocky = i
		return c.apply(zmq.Blocky(i))
	})
}

// SetThreadSchedPolicy sets the scheduling policy of the engine's threads, as sched_setscheduler(2) has it, before the
// first socket.
func (ctx *Context) SetThreadSchedPolicy(n int) error {
	return ctx.change(func(c *contextState) error {
		if err := since(1); err != nil {
			return err
		}
		if n < 0 || n > maxInt {
			return einval
		}
		return c.apply(zmq.ThreadSchedPolicy(n))
	})
}

// SetThreadPriority sets the priority of the engine's threads, as sched_setparam(2) has it, before the first socket.
func (ctx *Context) SetThreadPriority(n int) error {
	return ctx.change(func(c *contextState) error {
		if err := since(1); err != nil {
			return err
		}
		if n < 0 || n > maxInt {
			return einval
		}
		return c.apply(zmq.ThreadPriority(n))
	})
}

// GetRetryAfterEINTR reports whether calls that a signal interrupts are repeated.
func (ctx *Context) GetRetryAfterEINTR() bool { return ctx.c != nil && !ctx.c.interruptible.Load() }

// SetRetryAfterEINTR says whether calls that a signal interrupts are repeated, which is the default, or return
// Errno(syscall.EINTR). A call that is to be interrupted waits on a thread of its own, on Linux only, and sees
// the signals that the system gives to that thread; elsewhere, and for calls that wait already, nothing changes.
func (ctx *Context) SetRetryAfterEINTR(retry bool) {
	if ctx.c != nil {
		ctx.c.interruptible.Store(!retry)
	}
}
