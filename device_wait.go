package zmq

import (
	"time"

	"example.org/zmq/internal/epoll"
)

// deviceWait is what a device that is out of work waits for. Its interests stay registered with the sockets while
// Run runs; what is wanted changes with every turn, under the sockets' locks.
type deviceWait struct {
	wait       *notifier
	device     *Device
	in         []*interest // one for each of the device's sockets
	busy       bool        // there is something to do at once
	falseReady bool        // a socket that calls itself ready is not
	backoff    pollBackoff // while that is so
	set        *epoll.Set  // nil where there are none
	brief      briefWaits
	moved      uint64 // messages since the last wait
	armed      bool   // a deadline may be set
}

// watch registers the device with its sockets.
func (d *Device) watch() (*deviceWait, error) {
	if err := d.claim(); err != nil { // C code may have set the option since
		return nil, d.error(nil, err)
	}
	w := &deviceWait{wait: d.wait, device: d}
	if fds, ok := d.descriptors(); ok {
		w.set = newEpollSet(fds)
	}
	d.wait.set.Store(w.set)
	for _, s := range d.socks {
		i := newInterest(s.st, d.wait, 0)
		i.w.own = w.set != nil
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
		if s.st.lock() != nil {
			return nil, false
		}
		fd, errno := cFD(s.st.h)
		s.st.mu.Unlock()
		if errno != 0 {
			return nil, false
		}
		fds = append(fds, fd)
	}
	return fds, true
}

// briefMoved is how many messages a device moves in between two waits of which the second may be a brief one.
const briefMoved = 2

// begin begins a turn: nothing is waited for. The sockets are locked, here and in judge.
func (w *deviceWait) begin() {
	for _, i := range w.in {
		i.w.want, i.w.woken = 0, false
		w.brief.network = w.brief.network || i.s.brief.network
	}
	w.busy, w.falseReady = false, false
}

// updateInterest notes what a direction needs in order to go on, or that it has it.
func (w *deviceWait) updateInterest(r *relay, m *moved, from, to, capture PollEvents) {
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
func (w *deviceWait) need(s *Socket, want, has PollEvents, m *moved) {
	switch {
	case m.falseReady:
		w.falseReady = true
	case want&has != 0:
		w.busy = true
	}
	for _, i := range w.in {
		if i.s == s.st {
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
		w.backoff = 0
		return
	case w.falseReady:
		pause = w.backoff.next()
	default:
		w.backoff = 0
	}
	if w.set == nil {
		w.sleep(pause)
		return
	}
	if pause > 0 || w.armed {
		armEpollSet(w.set, pause)
		w.armed = pause > 0
	}
	select {
	case <-w.wait.sig:
		w.armed = true // it is interrupted, or will be in a moment
		return
	default:
	}
	// A device that moves bursts finds larger ones the later it looks.
	began, trips := w.brief.begin(), w.moved <= briefMoved
	w.moved = 0
	if pause == 0 && trips && w.brief.take(began) {
		w.wait.waitBriefly(&w.brief, w.set.FD())
	}
	if _, err := w.set.Wait(); err != nil {
		w.armed = true // the end of the pause, or an interruption
	}
	w.brief.end(began, !w.armed)
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
	if w.set != nil {
		w.wait.set.Store(nil)
		w.set.Close()
	}
	for _, i := range w.in {
		i.end()
	}
}
