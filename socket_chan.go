package zmq

import (
	"context"
	"runtime"
	"slices"
)

// Chan receives the messages of a socket and sends them to a Go channel, for programs that select among sockets, timers and
// other channels. Socket.Chan makes it.
//
// C is unbuffered and is closed when there will be no more messages; Err says why. At most one message at a time has been
// taken out of the socket and waits to be received from C, so RecvHWM keeps its meaning.
//
// A Chan is safe for concurrent use by multiple goroutines; each message goes to one of them.
type Chan struct {
	C <-chan [][]byte // the messages; the parts are the receiver's own

	_    noCopy
	sock *Socket // kept alive
	ctx  context.Context
	done chan struct{} // closed when err is set and what was in hand was handed back
	err  error
}

// Chan returns a channel of the messages that arrive, until ctx ends, or the socket or its context is closed. It ends where
// Messages would end, except that on a Req or Rep that has to send first it waits until that was done.
//
//	in := s.Chan(ctx)
//	for {
//		select {
//		case parts, ok := <-in.C:
//			if !ok {
//				return in.Err()
//			}
//			handle(parts)
//		case <-ticker.C:
//			report()
//		}
//	}
//
// No message is lost when ctx ends. If a message was taken out of the socket and not received from C, the next receive on
// the socket returns it, before all later ones, with its parts and properties; until then the socket is ready for PollIn.
// This also holds for a receive that is called before C is closed. Closing the socket drops the message, as it drops others
// that were not received.
//
// While a Chan is open, each message goes either to the Chan or to another receiver, whichever asks first. A program that
// stops receiving from C must end ctx, since the message that was taken waits for it until then. C code that receives by
// Raw does not see that message; and Device.Run and Disown refuse the socket meanwhile.
//
// A Chan costs a goroutine, and for each message a switch from it to the receiver: a microsecond or two more than
// RecvParts. Where a goroutine can wait for one socket alone use RecvParts.
func (s *Socket) Chan(ctx context.Context) *Chan {
	if ctx == nil {
		ctx = context.Background()
	}
	defer runtime.KeepAlive(s)
	s.inner().settle()
	out := make(chan [][]byte)
	c := &Chan{C: out, sock: s, ctx: ctx, done: make(chan struct{})}
	st := s.inner()
	st.mu.Lock()
	if st.handed == nil {
		st.handed = new(handed)
	}
	st.handed.open = append(st.handed.open, c)
	st.chans.Add(1)
	st.mu.Unlock()
	go c.run(out)
	return c
}

// Err returns why C was closed: ctx.Err() when the context ended, ErrClosed or ErrTerminated when the socket went away, each in an
// OpError; nil while it is open.
func (c *Chan) Err() error {
	if c == nil || c.done == nil {
		return &OpError{Op: "recv", Type: noSocket, Err: errNilChan}
	}
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// run moves messages until one stays in hand or there are no more.
func (c *Chan) run(out chan<- [][]byte) {
	s := c.sock
	st := s.inner()
	end, forget := st.atEnd()
	defer forget()
	fb, seq, err := c.deliver(out, end)
	st.mu.Lock()
	if fb != nil {
		st.handBack(fb, seq)
	}
	h := st.handed
	h.open = slices.DeleteFunc(h.open, func(other *Chan) bool { return other == c })
	st.forgetHanded()
	st.chans.Add(-1)
	st.mu.Unlock()
	runtime.KeepAlive(s)
	c.err = s.opError("recv", err)
	close(c.done) // before C, so that who finds C closed has the error
	close(out)
}

// deliver returns the message that was not received, if one is left, and why there are no more.
func (c *Chan) deliver(out chan<- [][]byte, end <-chan struct{}) (*frameBuf, uint64, error) {
	st, done := c.sock.inner(), c.ctx.Done()
	for {
		o := newOp(opRecvFrames)
		o.whole, o.limit, o.wantMsgs, o.turn = true, 1, true, true
		err := st.do(c.ctx, o)
		fb, seq := o.frames, o.seq
		o.free()
		if err != nil {
			return nil, 0, err
		}
		select {
		case out <- fb.ownParts():
			putFrames(fb)
			st.delivered()
		case <-done:
			return fb, seq, c.ctx.Err()
		case <-end:
			putFrames(fb)
			st.delivered()
			return nil, 0, st.why()
		}
	}
}

// ownParts returns copies of the parts of the one message in a buffer that keeps libzmq's messages. Small ones share one
// allocation.
func (fb *frameBuf) ownParts() [][]byte {
	small := 0
	for i := range fb.h.count() {
		if p, _ := fb.h.part(i); len(p) <= frameCopyMax {
			small += len(p)
		}
	}
	parts, buf := newParts(fb.h.count(), small)
	for i := range parts {
		p, _ := fb.h.part(i)
		if len(p) > frameCopyMax {
			parts[i] = slices.Clone(p)
			continue
		}
		parts[i], buf = buf[:len(p):len(p)], buf[len(p):]
		copy(parts[i], p)
	}
	return parts
}
