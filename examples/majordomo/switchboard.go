package majordomo

import (
	"slices"
	"strings"
	"time"
)

// switchboard is what a broker knows and how it decides: who offers what, who is busy with what, what waits. It has no socket and no
// clock. It is told what has come and what time it is, and returns the messages to send, each with its receiver's identity in front.
type switchboard struct {
	opts     Options
	services map[string]*service
	workers  map[string]*worker
}

// service is a name under which workers offer themselves, or clients have asked for one.
type service struct {
	name     string
	requests []*request // in the order in which they came
	idle     []*worker  // who has been idle longest is first
	workers  int
}

// worker is a peer that has sent READY.
type worker struct {
	identity string
	service  *service
	job      *request // nil while it is idle
	heard    time.Time
}

// request is what a client has asked for.
type request struct {
	client   []byte
	body     [][]byte
	came     time.Time
	attempts int // how many workers have had it
}

func newSwitchboard(opts Options) *switchboard {
	return &switchboard{opts: opts.withDefaults(), services: map[string]*service{}, workers: map[string]*worker{}}
}

// handle deals with a message that a ROUTER has received. What is no MDP is dropped, and a worker that sent it is forgotten.
func (b *switchboard) handle(now time.Time, frames [][]byte) [][][]byte {
	if len(frames) < 2 {
		return nil
	}
	identity := string(frames[0])
	if name, body, ok := parseClientCommand(frames[1:]); ok {
		return b.handleClient(now, frames[0], name, body)
	}
	if command, rest, ok := parseWorkerCommand(frames[1:]); ok {
		return b.handleWorker(now, identity, command, rest)
	}
	return b.forget(now, b.workers[identity])
}

func (b *switchboard) handleClient(now time.Time, client []byte, name string, body [][]byte) [][][]byte {
	if strings.HasPrefix(name, managementPrefix) {
		return [][][]byte{reply(client, name, [][]byte{[]byte(b.manage(name, body))})}
	}
	s := b.service(name)
	s.requests = append(s.requests, &request{client: client, body: body, came: now})
	return b.dispatch(now, s)
}

func (b *switchboard) handleWorker(now time.Time, identity, command string, rest [][]byte) [][][]byte {
	w := b.workers[identity]
	switch {
	case command == commandReady && w == nil && len(rest) == 1 && !strings.HasPrefix(string(rest[0]), managementPrefix):
		return b.register(now, identity, string(rest[0]))
	case command == commandDisconnect:
		return b.forget(now, w)
	case command == commandHeartbeat && w != nil && len(rest) == 0:
		w.heard = now
		return nil
	case command == commandReply && w != nil && w.answers(rest):
		out := [][][]byte{reply(w.job.client, w.service.name, rest[2:])}
		w.heard, w.job = now, nil
		w.service.idle = append(w.service.idle, w)
		return append(out, b.dispatch(now, w.service)...)
	}
	// A worker of a broker that was here before, or one that does not keep to the protocol: it is to start anew.
	return append(b.forget(now, w), addressed(identity, workerCommand(commandDisconnect)))
}

// answers reports whether the frames are the reply to what the worker was given.
func (w *worker) answers(rest [][]byte) bool {
	return w.job != nil && len(rest) >= 3 && string(rest[0]) == string(w.job.client) && len(rest[1]) == 0
}

func (b *switchboard) register(now time.Time, identity, name string) [][][]byte {
	s := b.service(name)
	w := &worker{identity: identity, service: s, heard: now}
	b.workers[identity] = w
	s.workers++
	s.idle = append(s.idle, w)
	return b.dispatch(now, s)
}

// forget strikes a worker off, and gives what it was at work on to another one.
func (b *switchboard) forget(now time.Time, w *worker) [][][]byte {
	if w == nil {
		return nil
	}
	b.strike(w)
	return b.dispatch(now, w.service)
}

func (b *switchboard) strike(w *worker) {
	s := w.service
	delete(b.workers, w.identity)
	s.workers--
	s.idle = slices.DeleteFunc(s.idle, func(other *worker) bool { return other == w })
	// A request that ends its worker would otherwise end them all.
	if w.job != nil && w.job.attempts < b.opts.Attempts {
		s.requests = slices.Insert(s.requests, 0, w.job)
	}
}

// dispatch gives requests to workers, as long as there are both.
func (b *switchboard) dispatch(now time.Time, s *service) (out [][][]byte) {
	b.expireRequests(now, s)
	for len(s.requests) > 0 && len(s.idle) > 0 {
		w, r := s.idle[0], s.requests[0]
		s.idle, s.requests = s.idle[1:], s.requests[1:]
		r.attempts++
		w.job = r
		command := workerCommand(commandRequest, append([][]byte{r.client, nil}, r.body...)...)
		out = append(out, addressed(w.identity, command))
	}
	if s.workers == 0 && len(s.requests) == 0 {
		delete(b.services, s.name)
	}
	return out
}

// expireRequests drops what has waited so long that its client has given up.
func (b *switchboard) expireRequests(now time.Time, s *service) {
	s.requests = slices.DeleteFunc(s.requests, func(r *request) bool { return now.Sub(r.came) > b.opts.Expiry })
}

// tick is called once in each heartbeat interval: it forgets workers that are dead and requests that are old, and sends heartbeats.
func (b *switchboard) tick(now time.Time) (out [][][]byte) {
	for _, w := range b.workers {
		if now.Sub(w.heard) > b.opts.silence() {
			b.strike(w) // all of them first: what one had must not go to another dead one
		}
	}
	for _, s := range b.services {
		out = append(out, b.dispatch(now, s)...)
	}
	for identity := range b.workers {
		out = append(out, addressed(identity, workerCommand(commandHeartbeat)))
	}
	return out
}

func (b *switchboard) service(name string) *service {
	s := b.services[name]
	if s == nil {
		s = &service{name: name}
		b.services[name] = s
	}
	return s
}

func reply(client []byte, name string, body [][]byte) [][]byte {
	return addressed(string(client), clientCommand(name, body))
}

// managementPrefix begins the names of the broker's own services (RFC 8).
const managementPrefix = "mmi."

// manage answers for the broker's own services: mmi.service says whether somebody offers a service.
func (b *switchboard) manage(name string, body [][]byte) string {
	if name != managementPrefix+"service" {
		return "501"
	}
	if s := b.services[string(body[len(body)-1])]; s != nil && s.workers > 0 {
		return "200"
	}
	return "404"
}
