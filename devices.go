package zmq

import (
	"context"
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
// While Run runs no other goroutine receives from the sockets or sends to them. The sockets stay the caller's,
// who closes them after Run has returned. None of them may have Conflate: it keeps one part of a message, and libzmq ends
// the process when it meets another. A socket that is or was in a device refuses the option.
//
// A device whose other side has no room reads nothing more, so that queues fill up. Peers that are well are cut off then by
// sockets with Heartbeat, which do not see the answers behind what waits; and on an engine that is not hardened the process
// can end, see Heartbeat. Use it where no queue fills up, or with RecvHWM(0).
//
// A Device is safe for concurrent use by multiple goroutines.
type Device struct {
	name     string
	front    *Socket
	back     *Socket
	capture  *Socket
	control  *Socket
	socks    []*Socket // those that messages move through, in the order in which they are locked
	lossy    bool
	topicMax int

	running atomic.Bool
	wait    *notifier

	moving sync.Mutex // held while messages move
	paused bool       // guarded by moving

	mu    sync.Mutex
	stats DeviceStats

	forth, backw *relay // from front to back, and the other way
}

// DeviceStats holds the counters of a device since it was made. A message that was received and not sent yet, for want of
// room, is counted only as received.
type DeviceStats struct {
	Front, Back DeviceSide
	Refused     uint64 // messages dropped: no such peer, or a subscription longer than allowed
	Missed      uint64 // messages that a lossy capture had no room for
}

// DeviceSide holds the counters of one of a device's two sockets. A message of several parts counts once among the
// messages.
type DeviceSide struct {
	MessagesIn, PartsIn, BytesIn    uint64
	MessagesOut, PartsOut, BytesOut uint64
}

// DeviceOption is an option of a device, for the function that makes it.
type DeviceOption func(*Device) error

// WithCapture gives the device a socket to which it sends a copy of every message, of both directions: a Pub, XPub, Push,
// Dealer or Pair. As in C the device waits when the capture has no room. A nil socket means no capture.
func WithCapture(s *Socket) DeviceOption {
	return func(d *Device) error { return d.setCapture(s, false) }
}

// WithLossyCapture is WithCapture, except that the device does not wait for the capture: it drops copies for which the
// capture has no room, and counts them in Stats.
func WithLossyCapture(s *Socket) DeviceOption {
	return func(d *Device) error { return d.setCapture(s, true) }
}

func (d *Device) setCapture(s *Socket, lossy bool) error {
	if s != nil && !s.Type().is(Pub, Push, Dealer, Pair, XPub) {
		return withReason(EINVAL, "a capture is a pub, xpub, push, dealer or pair, not a "+s.Type().String())
	}
	d.capture, d.lossy = s, lossy
	return nil
}

// WithControl gives the device a control socket, which takes the words of zmq_proxy_steerable, one in each message: PAUSE,
// RESUME, TERMINATE and STATISTICS. The answer to STATISTICS is eight parts of eight bytes in the machine's byte order:
// messages in, bytes in, messages out and bytes out of the front, and the same of the back. On a Rep or Router the answer
// to the other words is an empty message, so that a Req on the other side can go on. The answer to an unknown word begins
// with "ERROR "; such a word changes nothing. A Sub or Pull sends no answers. A nil socket means no control.
func WithControl(s *Socket) DeviceOption {
	return func(d *Device) error {
		if s != nil && !s.Type().is(Pair, Rep, Router, Dealer, Sub, Pull) {
			return withReason(EINVAL, "a control is a pair, rep, router, dealer, sub or pull, not a "+s.Type().String())
		}
		d.control = s
		return nil
	}
}

// WithMaxTopic sets the longest subscription that is passed on from back to front, in bytes (default 1024): libzmq
// handles subscriptions recursively, and untrusted peers send them.
func WithMaxTopic(n int) DeviceOption {
	return func(d *Device) error {
		if n < 0 {
			return withReason(EINVAL, "the longest subscription has a negative length")
		}
		d.topicMax = n
		return nil
	}
}

// NewQueue returns the device between clients and services: frontend is a Router, backend a Dealer. Errors: EINVAL for
// other types, a socket with Conflate or a bad option.
func NewQueue(frontend, backend *Socket, opts ...DeviceOption) (*Device, error) {
	return newDevice("queue", frontend, backend, []SocketType{Router}, []SocketType{Dealer}, opts)
}

// NewForwarder returns the device between publishers and subscribers. The frontend is an XSub, or a Sub with the
// subscriptions for what is to pass; the backend is an XPub or a Pub. With an XSub and an XPub the device passes
// subscriptions on to the publishers, so that they send it only what has a subscriber. Errors: those of NewQueue.
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
	d := &Device{name: name, front: front, back: back, topicMax: defaultTopicMax, wait: newNotifier()}
	err := d.setUp(fronts, backs, opts)
	if err == nil {
		err = d.claim()
	}
	if err != nil {
		return nil, &OpError{Op: "new " + name, Type: noSocket, Err: err}
	}
	return d, nil
}

func (d *Device) setUp(fronts, backs []SocketType, opts []DeviceOption) error {
	if err := checkEngine(); err != nil {
		return err
	}
	if d.front == nil || d.back == nil {
		return withReason(EINVAL, "a device has two sockets")
	}
	if err := checkSide("frontend", d.front, fronts); err != nil {
		return err
	}
	if err := checkSide("backend", d.back, backs); err != nil {
		return err
	}
	for _, o := range opts {
		if o == nil {
			return withReason(EINVAL, "a DeviceOption is nil")
		}
		if err := o(d); err != nil {
			return err
		}
	}
	for _, s := range []*Socket{d.front, d.back} {
		if s == d.capture || s == d.control {
			return withReason(EINVAL, "the capture and the control are sockets of their own, not the frontend or the backend")
		}
	}
	if d.control != nil && d.control == d.capture {
		return withReason(EINVAL, "the capture and the control are two sockets")
	}
	for _, s := range []*Socket{d.front, d.back, d.capture} {
		d.socks = inLockOrder(d.socks, s)
	}
	var err error
	if d.forth, err = d.newRelay(d.front, d.back); err != nil || d.front == d.back {
		return err
	}
	d.backw, err = d.newRelay(d.back, d.front)
	if err == nil && d.forth == nil && d.backw == nil {
		err = withReason(EINVAL, "nothing can pass between a "+d.front.Type().String()+" and a "+d.back.Type().String())
	}
	return err
}

// claim makes the sockets those of a device, if none of them is one that a device cannot live with.
func (d *Device) claim() error {
	for _, claiming := range []bool{false, true} {
		for _, side := range d.sides() {
			if err := side.claim(d, claiming); err != nil {
				return err
			}
		}
	}
	return nil
}

// side is a socket of a device and what it is there.
type side struct {
	name string
	s    *Socket
}

// sides returns the sockets that there are.
func (d *Device) sides() []side {
	all := []side{{"frontend", d.front}, {"backend", d.back}}
	if d.capture != nil {
		all = append(all, side{"capture", d.capture})
	}
	if d.control != nil {
		all = append(all, side{"control", d.control})
	}
	return all
}

// claim makes the socket that of a device, or only looks whether it can be. A device moves what peers send, and the engine
// ends the process when a message of several parts comes out of a queue with Conflate, which keeps one.
func (p side) claim(d *Device, claiming bool) error {
	s := p.s.st
	if s.lock() != nil {
		return nil // Run says so
	}
	defer s.mu.Unlock()
	if s.conflates() {
		return withReason(EINVAL, "the "+p.name+" has Conflate, which keeps one part of a message, and a device moves messages of several parts: use a socket without it; RecvHWM(1) makes a short queue")
	}
	if claiming {
		s.inDevice = true
		s.sendsUncounted = s.sendsUncounted || p.s != d.control
	}
	return nil
}

// conflates reports whether the socket has queues with Conflate, or would get them. The engine is asked, since C code may
// have set the option. s.mu is held.
func (s *socketState) conflates() bool {
	if !s.typ.is(Pub, Sub, Push, Pull, Dealer) {
		return false // the engine takes no notice of the option
	}
	on, errno := cGetInt(s.h, optConflate)
	return s.conflate || errno == 0 && on != 0
}

func checkSide(side string, s *Socket, types []SocketType) error {
	if types == nil || s.Type().is(types...) {
		return nil
	}
	names := types[0].String()
	for _, t := range types[1:] {
		names += " or " + t.String()
	}
	return withReason(EINVAL, "the "+side+" is a "+names+", not a "+s.Type().String())
}

// Run moves messages until ctx ends, TERMINATE comes from the control socket, or one of the sockets is closed or its
// context terminated. A message that Run has received and could not send is kept; a later Run sends it first.
//
// Errors: nil after TERMINATE; ctx.Err() when ctx ended; an OpError with the socket's type and ErrClosed or ErrTerminated;
// ErrInUse if the device runs already.
func (d *Device) Run(ctx context.Context) error {
	if d.isNil() {
		return &OpError{Op: "run device", Type: noSocket, Err: errNilDevice}
	}
	if !d.running.CompareAndSwap(false, true) {
		return d.error(nil, ErrInUse)
	}
	defer d.running.Store(false)
	for _, s := range []*Socket{d.front, d.back} {
		if err := s.st.holdsHanded(); err != nil {
			return d.error(s, err)
		}
	}
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var order error // what the control socket made of it
	obeyed := make(chan struct{})
	if d.control == nil {
		close(obeyed)
	} else {
		go func() {
			defer close(obeyed)
			order = d.serveControl(ctx)
			cancel()
		}()
	}
	stop := context.AfterFunc(ctx, d.wait.notify)
	defer stop()
	err := d.loop(ctx)
	cancel()
	<-obeyed
	runtime.KeepAlive(d)
	switch {
	case order == errTerminate:
		return nil
	case order != nil:
		return d.error(d.control, order)
	}
	return err
}

// isNil reports whether there is no Device, or none that a constructor has made.
func (d *Device) isNil() bool { return d == nil || d.wait == nil }

var errTerminate = errors.New("TERMINATE")

// error wraps what ended the device; s is the socket concerned, if one is.
func (d *Device) error(s *Socket, err error) error {
	if s == nil {
		return &OpError{Op: d.name, Type: noSocket, Err: err}
	}
	return &OpError{Op: d.name, Type: s.st.typ, Err: err}
}

// Pause stops the device from moving messages until Resume. When Pause returns nothing moves any more; messages that arrive
// wait in the sockets' queues.
func (d *Device) Pause() { d.setPaused(true) }

// Resume ends a Pause.
func (d *Device) Resume() { d.setPaused(false) }

func (d *Device) setPaused(paused bool) {
	if d.isNil() {
		return
	}
	d.moving.Lock()
	defer d.moving.Unlock()
	d.paused = paused
	d.wait.notify()
}

// Paused reports whether the device is paused.
func (d *Device) Paused() bool {
	if d.isNil() {
		return false
	}
	d.moving.Lock()
	defer d.moving.Unlock()
	return d.paused
}

// Stats returns the counters of what the device has moved so far. The device goes on meanwhile.
func (d *Device) Stats() DeviceStats {
	if d.isNil() {
		return DeviceStats{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}
