package zmq

import (
	"fmt"
	"strings"
)

// What old engines do in their own way, see engine.go.

// headroomThreads is how many descriptors the threads of a context take. Before 3.2 the engine talks to each over a
// pair of sockets where others have one descriptor.
func headroomThreads(ioThreads int) int {
	if !engineFrom(3, 2, 0) {
		return 4*(ioThreads+1) + 8
	}
	return 2*(ioThreads+1) + 2
}

// headroomNewContext is what must be free for a new context. Engines before 3.2 start its threads with it.
func headroomNewContext(ioThreads int) int {
	if !engineFrom(3, 2, 0) {
		return headroomContext + headroomThreads(ioThreads)
	}
	return headroomContext
}

// tooManySockets says what to do about a context that is full. Before 3.2 its size is fixed.
func (z *contextState) tooManySockets() error {
	if z.owned && need("MaxSockets", Version{3, 2, 0}) != nil {
		return withReason(ErrMaxSockets, fmt.Sprintf("too many sockets in the context: %d is all that it can have before libzmq 3.2, which brought MaxSockets; close some, or open another context", z.maxSockets-1))
	}
	return ErrMaxSockets
}

// oldTransports is what engines before 4.0 have, which cannot be asked.
const oldTransports = "this engine has tcp, ipc and inproc, and pgm and epgm if it was built with OpenPGM"

// secondPeer refuses what would give a PAIR a second peer: before 3.2 that ends the process. What a peer from elsewhere
// does cannot be refused. name is the inproc name, "" for other transports. s.mu is held, and z.mu for inproc.
func (s *socketState) secondPeer(action endpointOp, name string) error {
	if engineFrom(3, 2, 0) || action != endpointBind && action != endpointConnect {
		return nil
	}
	const why = "a pair has one peer: before libzmq 3.2 a second one ends the process; open another pair"
	switch by := s.z.bound[name]; {
	case s.typ == Pair && s.connected, s.typ == Pair && action == endpointConnect && s.endpoint != "":
		return withReason(EINVAL, why)
	case name != "" && action == endpointConnect && by != nil && by.typ == Pair && by.taken:
		return withReason(EINVAL, why)
	}
	return nil
}

// mayTake refuses a part that the engine must not get: before 4.0 an xsub sends subscriptions and nothing else, and an
// xpub of 3.1 that gets an empty one ends its process.
func (s *socketState) mayTake(p []byte) bool {
	return s.typ != XSub || engineFrom(4, 0, 0) || len(p) > 0 && p[0] <= 1
}

// sendable reports whether the engine may get all parts that o sends. s.mu is held.
func (o *op) sendable(s *socketState) bool {
	if s.typ != XSub || engineFrom(4, 0, 0) {
		return true
	}
	switch o.kind {
	case opSend:
		return s.mayTake(o.p)
	case opSendMsg:
		data, _ := cMsgSee(o.msg)
		return s.mayTake(data)
	case opSendMsgs:
		for _, m := range o.msgs {
			if data, _ := cMsgSee(m); !s.mayTake(data) {
				return false
			}
		}
	case opSendFrames:
		for i := o.next; i < o.frames.h.count(); i++ {
			if p, _ := o.frames.h.part(i); !s.mayTake(p) {
				return false
			}
		}
	}
	return true
}

// gathers reports whether the parts of a message that is sent part by part are kept here until the last one: engines
// before 4.2 abort the process when the peer that had the first part leaves, and the socket is notified of that before it is
// given the last. In one crossing it is notified of nothing, unless that takes longer than a millisecond. s.mu is held.
func (s *socketState) gathers(more bool) bool {
	return (more || s.gathered != nil) && !engineFrom(4, 2, 0) && s.typ.is(Push, Dealer, Req) && (s.gathered != nil || !s.sendOpen)
}

// gather is try for such a part.
func (o *op) gather(s *socketState, mode int) {
	r := &o.res
	if s.gathered == nil {
		if r.ev, r.err = cEvents(s.h); r.err != 0 {
			return
		}
		if r.ev&PollOut == 0 {
			o.sendPart(s, mode) // for the engine to say why
			return
		}
		if s.gathered = getFrames(); s.gathered == nil {
			r.err = ENOMEM
			return
		}
	}
	p, h := o.p, s.gathered.h
	if o.kind == opSendMsg {
		p, _ = cMsgSee(o.msg)
	}
	rows, used := h.count(), h.used()
	more := o.mode&modeMore != 0
	if !cFramesReserve(h, rows+1) || !h.appendCopy(p, more) {
		r.err = ENOMEM
		return
	}
	if !more {
		if cSendFrames(s.h, h, 0, mode, r); r.err == EAGAIN {
			cFramesCut(h, rows, used) // the part is still its caller's, who may try again
			return
		}
		putFrames(s.gathered)
		s.gathered = nil
	} else if mode&modeReportEvents != 0 {
		r.ev, _ = cEvents(s.h)
	}
	s.sendOpen = more
	if r.n = len(p); r.err == 0 {
		s.out.part(!more, len(p))
		if o.kind == opSendMsg {
			cMsgReset(o.msg)
		}
	}
}

// gatherRest is gather for the parts in a frame buffer, which complete the message. After a refusal it goes on with the part that
// was refused.
func (o *op) gatherRest(s *socketState, mode int) {
	for rows := o.frames.h.count(); o.next < rows; o.next++ {
		part := op{kind: opSend}
		var more bool
		if part.p, more = o.frames.h.part(o.next); more {
			part.mode = modeMore
		}
		part.gather(s, mode)
		if o.res = part.res; o.res.err != 0 {
			return
		}
	}
	o.sent++
}

// boundAs is an endpoint as Bind was given it, and as the engine calls it since.
type boundAs struct{ given, reported string }

// noteBound keeps what an endpoint was bound by. Engines before 4.0 know it by that and not, as later ones, by
// what LastEndpoint says. s.mu is held.
func (s *socketState) noteBound(given string) {
	if engineFrom(4, 0, 0) || need("LastEndpoint", Version{3, 2, 0}) != nil {
		return
	}
	b := make([]byte, 512)
	n, errno := cGetBytes(s.h, lastEndpoint.row.id, b)
	if errno == 0 {
		s.boundBy = append(s.boundBy, boundAs{given, strings.TrimRight(string(b[:n]), "\x00")})
	}
}

// plainSource writes a wildcard port of a source address as 0, which engines before 4.2 want.
func plainSource(endpoint string) string {
	if from, to, ok := strings.Cut(endpoint, ":*;"); ok && !engineFrom(4, 2, 0) && strings.HasPrefix(endpoint, "tcp://") {
		return from + ":0;" + to
	}
	return endpoint
}

// engineName returns what the engine calls an endpoint that is to be unbound or disconnected. s.mu is held.
func (s *socketState) engineName(endpoint string) (string, error) {
	endpoint = plainSource(endpoint)
	at, same := -1, 0
	for i, b := range s.boundBy {
		if b.reported == endpoint || b.given == endpoint {
			at = i
		}
	}
	if at < 0 {
		return endpoint, nil
	}
	name := s.boundBy[at].given
	for _, b := range s.boundBy {
		if b.given == name {
			same++
		}
	}
	if same > 1 {
		return "", withReason(EINVAL, "engines before 4.0 know endpoints by what was given to Bind, and "+printable(name)+" was given more than once: they would all end; close the socket instead")
	}
	return name, nil
}

// unbound forgets an endpoint by the engine's name for it. s.mu is held.
func (s *socketState) unbound(name string) {
	for i, b := range s.boundBy {
		if b.given == name {
			s.boundBy = append(s.boundBy[:i:i], s.boundBy[i+1:]...)
			return
		}
	}
}

// reportsHandshakes reports whether the engine says how handshakes end.
func reportsHandshakes() bool { return engineFrom(4, 2, 3) }

// reportedEvents is what the engine is asked to report. Some that were built before 4.2.3, with draft features, have other events
// under the numbers of those that came with it.
func reportedEvents() MonitorEventType {
	if reportsHandshakes() {
		return EventAll
	}
	return EventHandshakeFailedNoDetail - 1
}
