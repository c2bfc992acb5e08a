package zmq

import (
	"context"
	"runtime"
)

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
		s.st.mu.Lock()
		if err := s.st.stopped(); err != nil {
			unlockAll(d.socks[:i+1])
			return d.error(s, err)
		}
	}
	w.begin()
	if d.paused {
		// Nothing moves, but peers come and go: those who left cannot be freed before the socket has heard of it.
		for _, s := range d.socks {
			s.st.kick()
		}
		unlockAll(d.socks)
		return nil
	}
	t := d.move()
	w.moved += t.forth.in.messages + t.backw.in.messages
	w.updateInterest(d.forth, &t.forth, t.front, t.back, t.capture)
	w.updateInterest(d.backw, &t.backw, t.back, t.front, t.capture)
	unlockAll(d.socks)
	d.count(d.forth, &t.forth)
	d.count(d.backw, &t.backw)
	for _, errno := range []Errno{t.err, t.forth.err, t.backw.err} {
		if errno != 0 {
			return d.error(d.failedSocket(), errnoError(errno))
		}
	}
	return nil
}

func unlockAll(socks []*Socket) {
	for _, s := range socks {
		s.st.mu.Unlock()
	}
}

// move crosses into C for a burst each way. The sockets are locked and open.
func (d *Device) move() turned {
	front, back := d.front.st, d.back.st
	var capture sockHandle
	for _, s := range d.socks {
		s.st.crossings++
		if s.st.sendOpen || s.st.recvOpen {
			full := moved{full: true, falseReady: true} // a goroutine is in the middle of a message
			return turned{forth: full, backw: full}
		}
	}
	if d.capture != nil {
		capture = d.capture.st.h
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
		d.capture.st.afterCall(t.capture)
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

// failedSocket returns the socket that fails, nil if none can be told.
func (d *Device) failedSocket() *Socket {
	for _, s := range d.socks {
		if _, err := s.st.events(); err != nil {
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
func (f *trafficCount) sum(g amount) {
	f.messages += g.messages
	f.parts += g.parts
	f.bytes += g.bytes
}

// burst is how many messages one direction moves before the other has its turn.
const burst = 256

// relay is one direction of a device.
type relay struct {
	to      *Socket
	how     int
	h       relayHandle
	in, out *DeviceSide
}

// newRelay returns the direction, nil if the types cannot carry it.
func (d *Device) newRelay(from, to *Socket) (*relay, error) {
	// Subscriptions end here where the other side cannot send them on: they must not pile up.
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

// inLockOrder inserts s where it is to be locked, in one order for all devices; the same one and nil count
// once.
func inLockOrder(socks []*Socket, s *Socket) []*Socket {
	if s == nil {
		return socks
	}
	at := 0
	for at < len(socks) && socks[at].st.seq < s.st.seq {
		at++
	}
	if at < len(socks) && socks[at].st == s.st {
		return socks
	}
	socks = append(socks, nil)
	copy(socks[at+1:], socks[at:])
	socks[at] = s
	return socks
}
