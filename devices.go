package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// Device moves messages between two sockets, both ways, until its context ends: the queue, forwarder and
// streamer of ØMQ, and any other pair. The messages stay in C. It holds no thread while nothing moves,
// keeps messages of several parts whole, takes in at most one message that the other side has no room for, and
// treats both directions alike under load.
//
// While Run runs nobody else receives from the sockets or sends to them. The sockets stay the caller's,
// who closes them after Run has returned.
//
// A Device is safe for concurrent use by multiple goroutines.
type Device struct {
	name     string
	front    *Socket
	back     *Socket
	capture  *Socket
	control  *Socket
	lossy    bool
	topicMax int

	running atomic.Bool
	paused  atomic.Bool
	wait    *pollWait

	mu    sync.Mutex
	stats DeviceStats

	forth, backw *relay // from front to back, and the other way
}

// DeviceStats is what a device has moved since it was made.
type DeviceStats struct {
	Front, Back DeviceSide
	Refused     uint64 // messages dropped: no such peer, or a subscription longer than allowed
	Missed      uint64 // messages that a lossy capture had no room for
}

// DeviceSide is what went through one of the two sockets.
type DeviceSide struct {
	MessagesIn, PartsIn, BytesIn    uint64
	MessagesOut, PartsOut, BytesOut uint64
}

// DeviceOption sets up a device.
type DeviceOption func(*Device) error

// WithCapture gives the device a socket that gets a copy of every message, both ways: a Pub, Push, Dealer or
// Pair. As in C the device waits when the capture has no room.
func WithCapture(s *Socket) DeviceOption {
	return func(d *Device) error { return d.setCapture(s, false) }
}

// WithLossyCapture is WithCapture for a capture that must not hold the traffic up: it misses what it
// has no room for, and Stats counts that.
func WithLossyCapture(s *Socket) DeviceOption {
	return func(d *Device) error { return d.setCapture(s, true) }
}

func (d *Device) setCapture(s *Socket, lossy bool) error {
	if !s.Type().is(Pub, Push, Dealer, Pair, XPub) {
		return because(EINVAL, "a capture is a pub, xpub, push, dealer or pair, not a "+s.Type().String())
	}
	d.capture, d.lossy = s, lossy
	return nil
}

// WithControl gives the device a socket that takes the words of zmq_proxy_steerable, one a message: PAUSE, RESUME,
// TERMINATE and STATISTICS. STATISTICS is answered with eight parts of eight bytes in the machine's byte order: front's
// messages in, bytes in, messages out, bytes out, and the same of back. On a Rep or Router the others are answered
// with an empty message, so that a Req on the other side goes on. An unknown word is answered with one that begins
// with "ERROR " and changes nothing. A Sub or Pull gets no answers.
func WithControl(s *Socket) DeviceOption {
	return func(d *Device) error {
		if !s.Type().is(Pair, Rep, Router, Dealer, Sub, Pull) {
			return because(EINVAL, "a control is a pair, rep, router, dealer, sub or pull, not a "+s.Type().String())
		}
		d.control = s
		return nil
	}
}

// WithMaxTopic sets the longest subscription that is passed on from back to front, in bytes (default 1024): libzmq
// handles subscriptions recursively, and strangers send them.
func WithMaxTopic(n int) DeviceOption {
	return func(d *Device) error {
		if n < 0 {
			return because(EINVAL, "the longest subscription has a negative length")
		}
		d.topicMax = n
		return nil
	}
}

// NewQueue returns the device between clients and services: frontend is a Router, backend a Dealer. Errors: EINVAL for
// other types or a bad option.
func NewQueue(frontend, backend *Socket, opts ...DeviceOption) (*Device, error) {
	return newDevice("queue", frontend, backend, []SocketType{Router}, []SocketType{Dealer}, opts)
}

// NewForwarder returns the device between publishers and subscribers: frontend is an XSub, or a Sub that subscribed
// to what is to pass, backend an XPub or a Pub. With XSub and XPub subscriptions go to the publishers, and only what
// is subscribed to comes across. Errors: those of NewQueue.
func NewForwarder(frontend, backend *Socket, opts ...DeviceOption) (*Device, error) {
	return newDevice("forwarder", frontend, backend, []SocketType{Sub, XSub}, []SocketType{Pub, XPub}, opts)
}

// NewStreamer returns the device between producers and workers: frontend is a Pull, backend a Push. Errors: those of
// NewQueue.
func NewStreamer(frontend, backend *Socket, opts ...DeviceOption) (*Device, error) {
	return newDevice("streamer", frontend, backend, []SocketType{Pull}, []SocketType{Push}, opts)
}

// NewProxy returns a device between any two sockets, as zmq_proxy is; a socket may be proxied with itself. Errors: those
// of NewQueue.
func NewProxy(frontend, backend *Socket, opts ...DeviceOption) (*Device, error) {
	return newDevice("proxy", frontend, backend, nil, nil, opts)
}

func newDevice(name string, front, back *Socket, fronts, backs []SocketType, opts []DeviceOption) (*Device, error) {
	d := &Device{name: name, front: front, back: back, topicMax: defaultTopicMax, wait: newPollWait()}
	if err := d.setUp(fronts, backs, opts); err != nil {
		return nil, &OpError{Op: "new " + name, Type: noSocket, Err: err}
	}
	return d, nil
}

func (d *Device) setUp(fronts, backs []SocketType, opts []DeviceOption) error {
	if err := checkEngine(); err != nil {
		return err
	}
	if d.front == nil || d.back == nil {
		return because(EINVAL, "a device has two sockets")
	}
	if err := checkSide("frontend", d.front, fronts); err != nil {
		return err
	}
	if err := checkSide("backend", d.back, backs); err != nil {
		return err
	}
	for _, o := range opts {
		if err := o(d); err != nil {
			return err
		}
	}
	var err error
	if d.forth, err = d.newRelay(d.front, d.back); err != nil || d.front == d.back {
		return err
	}
	d.backw, err = d.newRelay(d.back, d.front)
	if err == nil && d.forth == nil && d.backw == nil {
		err = because(EINVAL, "nothing can pass between a "+d.front.Type().String()+" and a "+d.back.Type().String())
	}
	return err
}

func checkSide(side string, s *Socket, types []SocketType) error {
	if types == nil || s.Type().is(types...) {
		return nil
	}
	names := types[0].String()
	for _, t := range types[1:] {
		names += " or " + t.String()
	}
	return because(EINVAL, "the "+side+" is a "+names+", not a "+s.Type().String())
}

// relay is one direction of a device.
type relay struct {
	from, to *Socket
	how      int
	h        relayHandle
	in, out  *DeviceSide
}

// newRelay returns the direction, nil if the types cannot carry it.
func (d *Device) newRelay(from, to *Socket) (*relay, error) {
	if !from.Type().receives() || !to.Type().sends() && from.Type() != XPub {
		return nil, nil
	}
	r := &relay{from: from, to: to, in: &d.stats.Front, out: &d.stats.Back}
	if from == d.back && d.front != d.back {
		r.in, r.out = &d.stats.Back, &d.stats.Front
	}
	if d.lossy {
		r.how |= relayLossy
	}
	if from.Type() == XPub {
		r.how |= relaySubs
		if to.Type() != XSub {
			r.how |= relayDiscard // subscriptions end here, and must not pile up
		}
	}
	if r.h = cRelayNew(); r.h == (relayHandle{}) {
		return nil, ENOMEM
	}
	runtime.AddCleanup(r, cRelayFree, r.h)
	return r, nil
}

func (t SocketType) receives() bool { return !t.is(Pub, Push) }
func (t SocketType) sends() bool    { return !t.is(Sub, Pull) }

// burst is how many messages one direction moves before the other has its turn.
const burst = 256

// Run moves messages until ctx ends, TERMINATE comes from the control socket, or one of the sockets is closed or its
// context terminated. A message that was taken in and has not found room on the other side is kept, and is the first
// that a later Run sends.
//
// Errors: nil after TERMINATE; ctx.Err() when ctx ended; ErrClosed; ErrTerminated; ErrInUse if the device runs already.
func (d *Device) Run(ctx context.Context) error {
	if !d.running.CompareAndSwap(false, true) {
		return d.error(ErrInUse)
	}
	defer d.running.Store(false)
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if d.control != nil {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			d.obey(ctx, cancel)
		}()
		defer func() {
			cancel(nil)
			<-ended
		}()
	}
	stop := context.AfterFunc(ctx, d.wait.notify)
	defer stop()
	err := d.loop(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errTerminate) {
		return nil
	} else if errors.As(cause, new(*OpError)) {
		return cause
	}
	return d.error(err)
}

var errTerminate = errors.New("TERMINATE")

func (d *Device) error(err error) error {
	return &OpError{Op: d.name, Type: noSocket, Err: err}
}

// loop moves bursts while there are any, and waits where there are none.
func (d *Device) loop(ctx context.Context) error {
	w := &deviceWait{wait: d.wait}
	w.need(d.front, 0)
	w.need(d.back, 0)
	defer w.end()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.forget()
		if !d.paused.Load() {
			if moved, err := d.turn(w); err != nil {
				return err
			} else if moved {
				continue
			}
		}
		if ready, err := w.watch(); err != nil {
			return err
		} else if !ready {
			<-d.wait.sig
		}
	}
}

// turn lets each direction move a burst, and notes what each waits for if it is out of work.
func (d *Device) turn(w *deviceWait) (bool, error) {
	any := false
	for _, r := range [...]*relay{d.forth, d.backw} {
		if r == nil {
			continue
		}
		m, err := d.move(r)
		if err != nil {
			return false, err
		}
		any = any || m.messages > 0
		switch {
		case m.captureFull:
			w.need(d.capture, PollOut)
		case m.held:
			w.need(r.to, PollOut)
		default:
			w.need(r.from, PollIn)
		}
	}
	return any, nil
}

// move lets one direction move a burst.
func (d *Device) move(r *relay) (moved, error) {
	var capture sockHandle
	unlock, err := lockAll(r.from, r.to, d.capture)
	if err != nil {
		return moved{}, err
	}
	if d.capture != nil {
		capture = d.capture.s.h
	}
	m := cRelay(r.from.s.h, r.to.s.h, capture, r.h, burst, r.how, d.topicMax)
	r.from.s.in.add(m.messages, m.parts, m.bytes)
	r.to.s.out.add(m.messages, m.parts, m.bytes)
	r.from.s.afterCall(m.from)
	r.to.s.afterCall(m.to)
	if d.capture != nil {
		d.capture.s.afterCall(m.capture)
	}
	unlock()
	d.mu.Lock()
	r.in.MessagesIn += uint64(m.messages)
	r.in.PartsIn += uint64(m.parts)
	r.in.BytesIn += uint64(m.bytes)
	r.out.MessagesOut += uint64(m.messages)
	r.out.PartsOut += uint64(m.parts)
	r.out.BytesOut += uint64(m.bytes)
	d.stats.Refused += uint64(m.dropped)
	d.stats.Missed += uint64(m.missed)
	d.mu.Unlock()
	runtime.KeepAlive(r)
	return m, r.from.s.outcome(m.err)
}

// lockAll locks the sockets, in one order for all devices; the same one and nil count once.
func lockAll(socks ...*Socket) (unlock func(), err error) {
	var all []*sock
	for _, s := range socks {
		if s == nil {
			continue
		}
		at := 0
		for at < len(all) && all[at].seq < s.s.seq {
			at++
		}
		if at < len(all) && all[at] == s.s {
			continue
		}
		all = append(all, nil)
		copy(all[at+1:], all[at:])
		all[at] = s.s
	}
	unlock = func() {
		for _, s := range all {
			s.mu.Unlock()
		}
	}
	for _, s := range all {
		s.mu.Lock()
		if err == nil {
			err = s.stopped()
		}
	}
	if err != nil {
		unlock()
	}
	return unlock, err
}

// deviceWait is what a device that is out of work waits for.
type deviceWait struct {
	wait *pollWait
	in   []*interest // one for each socket, made once
}

// forget begins a turn: nothing is waited for.
func (w *deviceWait) forget() {
	w.end()
	for _, i := range w.in {
		i.w.want = 0
	}
}

func (w *deviceWait) need(s *Socket, events Events) {
	for _, i := range w.in {
		if i.s == s.s {
			i.w.want |= events
			return
		}
	}
	w.in = append(w.in, newInterest(s.s, w.wait, events))
}

// watch leaves all of it watched, unless something is there already. A socket that is closed is
// noticed whatever is waited for.
func (w *deviceWait) watch() (ready bool, err error) {
	for _, i := range w.in {
		ev, err := i.look(true)
		if err != nil {
			return false, err
		}
		ready = ready || ev != 0
	}
	return ready, nil
}

func (w *deviceWait) end() {
	for _, i := range w.in {
		i.end()
	}
}

// Pause stops the device from moving messages; what arrives queues up in the sockets.
func (d *Device) Pause() { d.paused.Store(true) }

// Resume ends a Pause.
func (d *Device) Resume() {
	d.paused.Store(false)
	d.wait.notify()
}

// Paused reports whether the device is paused.
func (d *Device) Paused() bool { return d.paused.Load() }

// Stats returns what the device has moved so far, without stopping it.
func (d *Device) Stats() DeviceStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// obey takes words from the control socket until ctx ends.
func (d *Device) obey(ctx context.Context, cancel context.CancelCauseFunc) {
	for msg, err := range d.control.Messages(ctx) {
		if err != nil {
			if ctx.Err() == nil {
				cancel(err)
			}
			return
		}
		if d.reply(ctx, msg) {
			cancel(errTerminate)
			return
		}
	}
}

// reply does what one message says and answers it. It reports whether that was TERMINATE.
func (d *Device) reply(ctx context.Context, msg [][]byte) bool {
	envelope, word := [][]byte(nil), msg[len(msg)-1]
	answers := d.control.Type().is(Rep, Router)
	if d.control.Type() == Router {
		envelope = msg[:len(msg)-1]
	}
	answer := [][]byte{nil}
	switch string(word) {
	case "PAUSE":
		d.Pause()
	case "RESUME":
		d.Resume()
	case "TERMINATE":
	case "STATISTICS":
		answer, answers = d.Stats().parts(), true
	default:
		text := word[:min(len(word), 64)]
		answer, answers = [][]byte{append([]byte("ERROR unknown word: "), text...)}, true
	}
	if answers && d.control.Type().sends() {
		// Not waited for: a controller that does not listen must not keep the device from listening.
		d.control.sendParts(ctx, append(envelope, answer...), true)
	}
	return string(word) == "TERMINATE"
}

// parts returns the numbers as zmq_proxy_steerable does.
func (s DeviceStats) parts() [][]byte {
	var parts [][]byte
	for _, side := range []DeviceSide{s.Front, s.Back} {
		for _, n := range []uint64{side.MessagesIn, side.BytesIn, side.MessagesOut, side.BytesOut} {
			parts = append(parts, binary.NativeEndian.AppendUint64(nil, n))
		}
	}
	return parts
}
