package zmq

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"
)

// ErrBatchFull is returned by Batch.Add when the batch has no place for the message: send it or
// reset it.
var ErrBatchFull error = &sentinel{"zmq: batch is full", nil}

// Batch holds whole messages in memory that C owns: RecvBatch and SendBatch move hundreds of them with one crossing into C.
// A Batch can be used again and again, and allocates nothing once it has grown to the size of its messages.
//
// A Batch is not a queue. Messages in a batch were taken out of the socket, so a RecvHWM does not count them; a batch holds
// no more than its capacity (see RecvBatch).
//
// A Batch must not be used by more than one goroutine at a time. Misuse is an error (ErrInUse, ErrClosed), never a crash; a
// batch that is closed or in use by another goroutine looks empty.
type Batch struct {
	_        noCopy
	state    atomic.Uint32
	capacity int
	frames   frameBuf
	count    int // messages
	rec      *record
	cleanup  runtime.Cleanup

	// What Message and All give out, made when they ask for it.
	round  uint // counts the times that the content was replaced
	parts  [][]byte
	starts []int // frames with which messages begin, and the one after the last
}

// The states of a Batch.
const (
	batchReady uint32 = iota
	batchBusy
	batchClosed
)

// A part of this size on average fits in the memory that a batch begins with; what does not fit
// has memory of its own.
const (
	batchPart = 128
	batchMax  = 1 << 20
)

// NewBatch returns an empty batch with room for capacity parts, from 1 to 1,048,576. A few hundred parts give most of the
// gain. Close the batch when done; the memory of a Batch that has become unreachable is freed some time after the garbage
// collector has found it. Errors: EINVAL; ENOMEM.
func NewBatch(capacity int) (*Batch, error) {
	if err := checkEngine(); err != nil {
		return nil, err
	}
	if capacity < 1 || capacity > batchMax {
		return nil, msgError("new batch", withReason(EINVAL, fmt.Sprintf("the capacity is %d, not 1 to %d", capacity, batchMax)))
	}
	h := cFramesNew(capacity, max(capacity*batchPart, frameArena))
	if h == (framesHandle{}) {
		return nil, msgError("new batch", ENOMEM)
	}
	b := &Batch{capacity: capacity, frames: frameBuf{h: h}, rec: opened("batch")}
	rec := b.rec
	b.cleanup = runtime.AddCleanup(b, func(h framesHandle) {
		rec.forgotten()
		cFramesFree(h)
	}, h)
	return b, nil
}

// hold makes the caller the batch's user.
func (b *Batch) hold() error {
	if b == nil || b.capacity == 0 {
		return errNilBatch
	}
	if b.state.CompareAndSwap(batchReady, batchBusy) {
		return nil
	}
	if b.state.Load() == batchClosed {
		return ErrClosed
	}
	return ErrInUse
}

func (b *Batch) release() {
	b.state.Store(batchReady)
	runtime.KeepAlive(b)
}

// Close frees the batch's memory; what was not sent is dropped. A second Close does nothing. Errors:
// ErrInUse.
func (b *Batch) Close() error {
	if err := b.hold(); err != nil {
		if err == ErrClosed {
			return nil
		}
		return msgError("close batch", err)
	}
	b.forget()
	b.parts, b.starts = nil, nil
	b.cleanup.Stop()
	cFramesFree(b.frames.h)
	b.frames.h = framesHandle{}
	b.rec.closed()
	b.state.Store(batchClosed)
	return nil
}

// Reset empties the batch. Errors: ErrClosed; ErrInUse.
func (b *Batch) Reset() error {
	if err := b.hold(); err != nil {
		return msgError("reset batch", err)
	}
	b.empty()
	b.release()
	return nil
}

func (b *Batch) empty() {
	b.frames.reset()
	b.forget()
	b.count = 0
}

// forget drops what was given out: the content has changed.
func (b *Batch) forget() {
	b.round++
	b.parts, b.starts = b.parts[:0], b.starts[:0]
}

// Cap returns the number of parts for which the batch has room.
func (b *Batch) Cap() int {
	if b == nil {
		return 0
	}
	return b.capacity
}

// Len returns the number of messages in the batch.
func (b *Batch) Len() int {
	if b.hold() != nil {
		return 0
	}
	defer b.release()
	return b.count
}

// Add copies a message of one or more parts to the end of the batch, as a whole or not at all. An empty batch also takes a
// message of more parts than its capacity.
//
// Errors: ErrBatchFull; EINVAL without parts; ENOMEM; ErrClosed; ErrInUse.
func (b *Batch) Add(parts ...[]byte) error {
	if err := b.hold(); err != nil {
		return msgError("add to batch", err)
	}
	err := b.add(parts)
	b.release()
	if err == nil || err == ErrBatchFull {
		return err
	}
	return msgError("add to batch", err)
}

func (b *Batch) add(parts [][]byte) error {
	h := b.frames.h
	rows, used := h.count(), h.used()
	if len(parts) == 1 && rows < b.capacity && len(parts[0]) <= min(frameCopyMax, h.space()) {
		h.add(parts[0], false)
		b.count++
		return nil
	}
	switch {
	case len(parts) == 0:
		return withReason(EINVAL, "a message has at least one part")
	case len(parts) > h.cap()-rows || len(parts) > b.capacity-rows:
		if rows > 0 {
			return ErrBatchFull
		}
		if !cFramesReserve(h, len(parts)) {
			return ENOMEM
		}
	}
	for i, p := range parts {
		more := i < len(parts)-1
		if len(p) <= min(frameCopyMax, h.space()) {
			h.add(p, more)
		} else if !h.appendCopy(p, more) {
			cFramesCut(h, rows, used)
			return ENOMEM
		}
	}
	b.count++
	return nil
}

// Message returns the parts of message i, counted from 0, or nil if there is no such message. The parts are in C's memory:
// do not write to them. They are valid until Reset, Close, SendBatch or the next receive into the batch. They do not keep
// the Batch alive: keep a reference to it.
func (b *Batch) Message(i int) [][]byte {
	if b.hold() != nil {
		return nil
	}
	defer b.release()
	b.index()
	if i < 0 || i >= b.count {
		return nil
	}
	return b.parts[b.starts[i]:b.starts[i+1]:b.starts[i+1]]
}

// All returns an iterator over the messages and their numbers, counted from 0. The parts are valid for as long as those
// that Message returns. The loop ends when its body resets, sends or closes the batch, or receives into it.
//
//	for _, parts := range b.All() {
//		handle(parts)
//	}
func (b *Batch) All() iter.Seq2[int, [][]byte] {
	return func(yield func(int, [][]byte) bool) {
		defer runtime.KeepAlive(b)
		if b.hold() != nil {
			return
		}
		b.index()
		parts, starts, round := b.parts, b.starts, b.round
		b.release()
		for i := range len(starts) - 1 {
			if b.round != round || !yield(i, parts[starts[i]:starts[i+1]:starts[i+1]]) {
				return
			}
		}
	}
}

// index brings parts and starts up to the buffer's frames.
func (b *Batch) index() {
	h := b.frames.h
	if len(b.starts) == 0 {
		b.starts = append(b.starts, 0)
	}
	for i, n := len(b.parts), h.count(); i < n; i++ {
		p, more := h.part(i)
		b.parts = append(b.parts, p)
		if !more {
			b.starts = append(b.starts, i+1)
		}
	}
}

// SendBatch sends the messages of b in their order, with one crossing into C for as many as the socket takes. If need be it
// waits until all are sent, ctx ends, or the SendTimeout runs out. It returns how many were sent. After success b is empty.
// After an error b still holds what was not sent, in order, and can be sent again. If C code shuts the context down in the
// middle of a message of several parts, that message counts as sent, and is lost. Messages that other goroutines send
// meanwhile may go between those of b, never between the parts of one.
//
// Errors: those of SendParts, and ErrClosed and ErrInUse for b.
func (s *Socket) SendBatch(ctx context.Context, b *Batch) (int, error) {
	return s.sendBurst(ctx, b, false)
}

func (s *Socket) sendBurst(ctx context.Context, b *Batch, now bool) (int, error) {
	if b == nil {
		return 0, s.opError("send", withReason(EINVAL, "there is no batch: the pointer is nil"))
	}
	if err := b.hold(); err != nil {
		return 0, s.opError("send", err)
	}
	defer b.release()
	sent, err := s.sendBatch(ctx, b, now)
	runtime.KeepAlive(s)
	if err != nil {
		return sent, s.opError("send", err)
	}
	return sent, nil
}

func (s *Socket) sendBatch(ctx context.Context, b *Batch, now bool) (int, error) {
	if b.count == 0 {
		return 0, nil
	}
	sent, next, err := s.sendFrames(ctx, &b.frames, now, true)
	if err == nil {
		b.empty()
		return sent, nil
	}
	if sent > 0 {
		cFramesDrop(b.frames.h, next)
		b.count -= sent
	}
	b.forget()
	return sent, err
}

// RecvBatch replaces the content of b with messages that have arrived. It waits for the first one, until ctx ends or the
// RecvTimeout runs out, and then takes those that are there, with one crossing into C, until b holds as many parts as its
// capacity. It splits no message: it takes the last one whole, even if b grows by it. It takes no message out of the socket
// that it does not return, so RecvHWM keeps its meaning. It returns how many messages b holds; after an error b is empty.
// There is one exception: when there was no memory for the parts of a message, that message is lost, b holds the messages
// before it, and their number comes with ENOMEM.
//
// Errors: those of RecvParts, and ErrClosed and ErrInUse for b.
func (s *Socket) RecvBatch(ctx context.Context, b *Batch) (int, error) {
	return s.recvBurst(ctx, b, false)
}

func (s *Socket) recvBurst(ctx context.Context, b *Batch, now bool) (int, error) {
	if b == nil {
		return 0, s.opError("recv", withReason(EINVAL, "there is no batch: the pointer is nil"))
	}
	if err := b.hold(); err != nil {
		return 0, s.opError("recv", err)
	}
	defer b.release()
	defer runtime.KeepAlive(s)
	b.empty()
	if ended(ctx) == nil {
		_, n, err := s.inner().recvFramesFast(&b.frames, b.capacity)
		if err != nil {
			return 0, s.opError("recv", err)
		}
		if n > 0 {
			b.count = n
			return n, s.lostOf(b)
		}
	}
	o := newOp(opRecvFrames)
	o.frames, o.limit, o.whole, o.dontWait = &b.frames, b.capacity, true, now
	err := s.inner().do(ctx, o)
	n := o.res.n
	o.free()
	if err != nil {
		b.empty()
		return 0, s.opError("recv", err)
	}
	b.count = n
	return n, s.lostOf(b)
}

// lostOf returns the error of a receive that has dropped a message behind those that it took.
func (s *Socket) lostOf(b *Batch) error {
	if b.frames.h.lost() {
		return s.opError("recv", ENOMEM)
	}
	return nil
}
