package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.org/zmq/internal/epoll"
)

// Device moves messages between two sockets, both ways, until its context ends: the queue, forwarder and
// streamer of ØMQ, and any other pair. The messages stay in C. It holds no thread while nothing moves,
// keeps messages of several parts whole, takes in at most one message that the other side has no room for, and
// treats both directions alike under load.
//
// While Run runs nobody else receives from the sockets or sends to them. The sockets stay the caller's,
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
	wait    *pollWait

	moving sync.Mutex // held while messages move
	paused bool       // guarded by moving

	mu    sync.Mutex
	stats DeviceStats

	forth, backw *relay // from front to back, and the other way
}

// DeviceStats is what a device has moved since it was made. A message that was taken in and
// for which there is no room yet is among those that came in only.
type DeviceStats struct {
	Front, Back DeviceSide
	Refused     uint64 // messages dropped: no such peer, or a subscription longer than allowed
	Missed      uint64 // messages that a lossy capture had no room for
}

// DeviceSide is what went through one of the two sockets. A message of several parts counts once among
// the messages.
type DeviceSide struct {
	MessagesIn, PartsIn, BytesIn    uint64
	MessagesOut, PartsOut, BytesOut uint64
}

// DeviceOption sets up a device.
type DeviceOption func(*Device) error

// WithCapture gives the device a socket that gets a copy of every message, both ways: a Pub, XPub, Push, Dealer or
// Pair. As in C the device waits when the capture has no room. A nil socket is no capture.
func WithCapture(s *Socket) DeviceOption {
	return func(d *Device) error { return d.setCapture(s, false) }
}

// WithLossyCapture is WithCapture for a capture that must not hold the traffic up: it misses what it
// has no room for, and Stats counts that.
func WithLossyCapture(s *Socket) DeviceOption {
	return func(d *Device) error { return d.setCapture(s, true) }
}

func (d *Device) setCapture(s *Socket, lossy bool) error {
	if s != nil && !s.Type().is(Pub, Push, Dealer, Pair, XPub) {
		return because(EINVAL, "a capture is a pub, xpub, push, dealer or pair, not a "+s.Type().String())
	}
	d.capture, d.lossy = s, lossy
	return nil
}

// WithControl gives the device a socket that takes the words of zmq_proxy_steerable, one a message: PAUSE, RESUME,
// TERMINATE and STATISTICS. STATISTICS is answered with eight parts of eight bytes in the machine's byte order: front's
// messages in, bytes in, messages out, bytes out, and the same of back. On a Rep or Router the others are answered
// with an empty message, so that a Req on the other side goes on. An unknown word is answered with one that begins
// with "ERROR " and changes nothing. A Sub or Pull gets no answers. A nil socket is no control.
func WithControl(s *Socket) DeviceOption {
	return func(d *Device) error {
		if s != nil && !s.Type().is(Pair, Rep, Router, Dealer, Sub, Pull) {
			return because(EINVAL, "a control is a pair, rep, router, dealer, sub or pull, not a "+s.Type().String())
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
			return because(EINVAL, "the longest subscription has a negative length")
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
		return because(EINVAL, "a device has two sockets")
	}
	if err := checkSide("frontend", d.front, fronts); err != nil {
		return err
	}
	if err := checkSide("backend", d.back, backs); err != nil {
		return err
	}
	for _, o := range opts {
		if o == nil {
			return because(EINVAL, "a DeviceOption is nil")
		}
		if err := o(d); err != nil {
			return err
		}
	}
	for _, s := range []*Socket{d.front, d.back} {
		if s == d.capture || s == d.control {
			return because(EINVAL, "the capture and the control are sockets of their own, not the frontend or the backend")
		}
	}
	if d.control != nil && d.control == d.capture {
		return because(EINVAL, "the capture and the control are two sockets")
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
		err = because(EINVAL, "nothing can pass between a "+d.front.Type().String()+" and a "+d.back.Type().String())
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
	s := p.s.s
	if s.lock() != nil {
		return nil // Run says so
	}
	defer s.mu.Unlock()
	if s.conflates() {
		return because(EINVAL, "the "+p.name+" has Conflate, which keeps one part of a message, and a device moves messages of several parts: use a socket without it; RecvHWM(1) makes a short queue")
	}
	if claiming {
		s.inDevice = true
		s.relays = s.relays || p.s != d.control
	}
	return nil
}

// conflates reports whether the socket has queues with Conflate, or would get them. The engine is asked, since C code may
// have set the option. s.mu is held.
func (s *sock) conflates() bool {
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
	return because(EINVAL, "the "+side+" is a "+names+", not a "+s.Type().String())
}

// relay is one direction of a device.
type relay struct {
	to      *Socket
	how     int
	h       relayHandle
	in, out *DeviceSide
}

// newRelay returns the direction, nil if the types cannot carry it.
func (d *Device) newRelay(from, to *Socket) (*relay, error) {
	// Subscriptions that nobody can be told of end here: they must not pile up.
	if !from.Type().receives() || !to.Type().sends() && from.Type() != XPub {
		return nil, nil
	}
	r := &relay{to: to, in: &d.stats.Front, out: &d.stats.Back}
	if from == d.back && d.front != d.back {
		r.in, r.out = &d.stats.Back, &d.stats.Front
	}
	if d.lossy {
		r.how |= relayLossy
	}
	if to.Type() == XSub {
		r.how |= relaySubs
	}
	if !to.Type().sends() {
		r.how |= relayDiscard
	}
	if r.h = cRelayNew(); r.h == (relayHandle{}) {
		return nil, ENOMEM
	}
	runtime.AddCleanup(r, cRelayFree, r.h)
	return r, nil
}

func (t SocketType) receives() bool { return !t.is(Pub, Push, Radio, Scatter) }
func (t SocketType) sends() bool    { return !t.is(Sub, Pull, Dish, Gather) }

// inLockOrder inserts s where it is to be locked, in one order for all devices; the same one and nil count
// once.
func inLockOrder(socks []*Socket, s *Socket) []*Socket {
	if s == nil {
		return socks
	}
	at := 0
	for at < len(socks) && socks[at].s.seq < s.s.seq {
		at++
	}
	if at < len(socks) && socks[at].s == s.s {
		return socks
	}
	socks = append(socks, nil)
	copy(socks[at+1:], socks[at:])
	socks[at] = s
	return socks
}

// burst is how many messages one direction moves before the other has its turn.
const burst = 256

// Run moves messages until ctx ends, TERMINATE comes from the control socket, or one of the sockets is closed or its
// context terminated. A message that was taken in and has not found room on the other side is kept, and is the first
// that a later Run sends.
//
// Errors: nil after TERMINATE; ctx.Err() when ctx ended; an OpError with the socket's type and ErrClosed or
// ErrTerminated; ErrInUse if the device runs already.
func (d *Device) Run(ctx context.Context) error {
	if !d.running.CompareAndSwap(false, true) {
		return d.error(nil, ErrInUse)
	}
	defer d.running.Store(false)
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
			order = d.obey(ctx)
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

var errTerminate = errors.New("TERMINATE")

// error wraps what ended the device; s is the socket concerned, if one is.
func (d *Device) error(s *Socket, err error) error {
	if s == nil {
		return &OpError{Op: d.name, Type: noSocket, Err: err}
	}
	return &OpError{Op: d.name, Type: s.s.typ, Err: err}
}

// loop moves bursts while there are any, and waits where there are none.
func (d *Device) loop(ctx context.Context) error {
	w, err := d.watch()
	if err != nil {
		return err
	}
	defer w.end()
	for {
		if err := ctx.Err(); err != nil {
			return d.error(nil, err)
		}
		if err := d.turn(w); err != nil {
			return err
		}
		w.await()
	}
}

// turn lets each direction move a burst, and notes what is waited for if they are out of work.
func (d *Device) turn(w *deviceWait) error {
	d.moving.Lock()
	defer d.moving.Unlock()
	for i, s := range d.socks {
		s.s.mu.Lock()
		if err := s.s.stopped(); err != nil {
			unlockAll(d.socks[:i+1])
			return d.error(s, err)
		}
	}
	w.begin()
	if d.paused {
		// Nothing moves, but peers come and go: those who left cannot be freed before the socket has heard of it.
		for _, s := range d.socks {
			s.s.kick()
		}
		unlockAll(d.socks)
		return nil
	}
	t := d.move()
	w.judge(d.forth, &t.forth, t.front, t.back, t.capture)
	w.judge(d.backw, &t.backw, t.back, t.front, t.capture)
	unlockAll(d.socks)
	d.count(d.forth, &t.forth)
	d.count(d.backw, &t.backw)
	for _, errno := range []Errno{t.err, t.forth.err, t.backw.err} {
		if errno != 0 {
			return d.error(d.culprit(), callError(errno))
		}
	}
	return nil
}

func unlockAll(socks []*Socket) {
	for _, s := range socks {
		s.s.mu.Unlock()
	}
}

// move crosses into C for a burst each way. The sockets are locked and open.
func (d *Device) move() turned {
	front, back := d.front.s, d.back.s
	var capture sockHandle
	for _, s := range d.socks {
		s.s.crossings++
		if s.s.sendOpen || s.s.recvOpen {
			full := moved{full: true, insist: true} // somebody is in the middle of a message
			return turned{forth: full, backw: full}
		}
	}
	if d.capture != nil {
		capture = d.capture.s.h
	}
	t := cDeviceTurn(front.h, back.h, capture, d.forth.handle(), d.backw.handle(), burst, d.forth.mode(), d.backw.mode(), d.topicMax)
	front.in.sum(t.forth.in)
	back.out.sum(t.forth.out)
	back.in.sum(t.backw.in)
	front.out.sum(t.backw.out)
	front.afterCall(t.front)
	if back != front {
		back.afterCall(t.back)
	}
	if d.capture != nil {
		d.capture.s.afterCall(t.capture)
	}
	runtime.KeepAlive(d)
	return t
}

func (r *relay) handle() (h relayHandle) {
	if r != nil {
		h = r.h
	}
	return h
}

func (r *relay) mode() int {
	if r == nil {
		return 0
	}
	return r.how
}

// culprit returns the socket that fails, nil if none can be told.
func (d *Device) culprit() *Socket {
	for _, s := range d.socks {
		if _, err := s.s.events(); err != nil {
			return s
		}
	}
	return nil
}

func (d *Device) count(r *relay, m *moved) {
	if r == nil || m.in.messages|m.out.messages|m.dropped|m.missed == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r.in.MessagesIn += m.in.messages
	r.in.PartsIn += m.in.parts
	r.in.BytesIn += m.in.bytes
	r.out.MessagesOut += m.out.messages
	r.out.PartsOut += m.out.parts
	r.out.BytesOut += m.out.bytes
	d.stats.Refused += m.dropped
	d.stats.Missed += m.missed
}

// sum adds what a relay has moved.
func (f *flow) sum(g amount) {
	f.messages += g.messages
	f.parts += g.parts
	f.bytes += g.bytes
}

// deviceWait is what a device that is out of work waits for. Its interests stay registered with the sockets while
// Run runs; what is wanted changes with every turn, under the sockets' locks.
type deviceWait struct {
	wait   *pollWait
	device *Device
	in     []*interest // one for each of the device's sockets
	busy   bool        // there is something to do at once
	insist bool        // a socket that calls itself ready is not
	looks  looks       // while that is so
	edges  *epoll.Set  // nil where there are none
	armed  bool        // a deadline may be set
}

// watch registers the device with its sockets.
func (d *Device) watch() (*deviceWait, error) {
	if err := d.claim(); err != nil { // C code may have set the option since
		return nil, d.error(nil, err)
	}
	w := &deviceWait{wait: d.wait, device: d}
	if fds, ok := d.descriptors(); ok {
		w.edges = newEdges(fds)
	}
	d.wait.edges.Store(w.edges)
	for _, s := range d.socks {
		i := newInterest(s.s, d.wait, 0)
		i.w.own = w.edges != nil
		if _, err := i.look(true); err != nil {
			w.end()
			return nil, d.error(s, err)
		}
		w.in = append(w.in, i)
	}
	return w, nil
}

// descriptors returns those of the sockets, for edges, and reports whether every socket has one: the thread-safe ones
// have none. They stay libzmq's, and leave an epoll set when it closes them.
func (d *Device) descriptors() (fds []int, ok bool) {
	for _, s := range d.socks {
		if s.s.lock() != nil {
			return nil, false
		}
		fd, errno := cFD(s.s.h)
		s.s.mu.Unlock()
		if errno != 0 {
			return nil, false
		}
		fds = append(fds, fd)
	}
	return fds, true
}

// begin begins a turn: nothing is waited for. The sockets are locked, here and in judge.
func (w *deviceWait) begin() {
	for _, i := range w.in {
		i.w.want, i.w.woken = 0, false
	}
	w.busy, w.insist = false, false
}

// judge notes what a direction needs in order to go on, or that it has it.
func (w *deviceWait) judge(r *relay, m *moved, from, to, capture Events) {
	d := w.device
	switch {
	case r == nil:
	case m.captureFull:
		w.need(d.capture, PollOut, capture, m)
	case m.full:
		w.need(r.to, PollOut, to, m)
	case r == d.forth:
		w.need(d.front, PollIn, from, m)
	default:
		w.need(d.back, PollIn, from, m)
	}
}

// need waits for an event of a socket that has these. A socket that calls itself ready may not be: one full peer
// of a Router with RouterMandatory, or of an XPub with XPubNoDrop. Then every event is an occasion to try again.
func (w *deviceWait) need(s *Socket, want, has Events, m *moved) {
	switch {
	case m.insist:
		w.insist = true
	case want&has != 0:
		w.busy = true
	}
	for _, i := range w.in {
		if i.s == s.s {
			i.w.want |= want
		}
	}
}

// await waits until something of it has come about, or ctx of Run has ended, or the device was paused or resumed. A
// socket that is closed is noticed whatever is waited for.
func (w *deviceWait) await() {
	pause := time.Duration(0)
	switch {
	case w.busy:
		w.looks = 0
		return
	case w.insist:
		pause = w.looks.next()
	default:
		w.looks = 0
	}
	if w.edges == nil {
		w.sleep(pause)
		return
	}
	if pause > 0 || w.armed {
		armEdges(w.edges, pause)
		w.armed = pause > 0
	}
	select {
	case <-w.wait.sig:
		w.armed = true // it is interrupted, or will be in a moment
		return
	default:
	}
	if _, err := w.edges.Wait(); err != nil {
		w.armed = true // the end of the pause, or an interruption
	}
	select {
	case <-w.wait.sig:
	default:
	}
}

// sleep waits without edges, for no longer than pause if that is positive.
func (w *deviceWait) sleep(pause time.Duration) {
	var tick <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		tick = timer.C
	}
	select {
	case <-w.wait.sig:
	case <-tick:
	}
}

func (w *deviceWait) end() {
	if w.edges != nil {
		w.wait.edges.Store(nil)
		w.edges.Close()
	}
	for _, i := range w.in {
		i.end()
	}
}

// Pause stops the device from moving messages; what arrives queues up in the sockets. Nothing moves any
// more when it returns.
func (d *Device) Pause() { d.setPaused(true) }

// Resume ends a Pause.
func (d *Device) Resume() { d.setPaused(false) }

func (d *Device) setPaused(paused bool) {
	d.moving.Lock()
	defer d.moving.Unlock()
	d.paused = paused
	d.wait.notify()
}

// Paused reports whether the device is paused.
func (d *Device) Paused() bool {
	d.moving.Lock()
	defer d.moving.Unlock()
	return d.paused
}

// Stats returns what the device has moved so far, without stopping it.
func (d *Device) Stats() DeviceStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// obey takes words from the control socket until ctx ends, and returns errTerminate or what failed otherwise.
func (d *Device) obey(ctx context.Context) error {
	items := []PollItem{{Socket: d.control, Events: PollIn}}
	for {
		// Waiting first makes the socket's RecvTimeout irrelevant.
		_, err := pollItems(ctx, items, false)
		var msg [][]byte
		if err == nil {
			msg, err = d.control.RecvParts(ctx)
		}
		var failed *OpError
		switch {
		case ctx.Err() != nil && err != nil:
			return nil
		case errors.Is(err, EAGAIN):
		case errors.As(err, &failed):
			return failed.Err
		case d.reply(ctx, msg):
			return errTerminate
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
		d.control.sendParts(ctx, append(envelope, answer...), true, true)
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
