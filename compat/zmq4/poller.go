package zmq4

import (
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/zmq"
)

// Polled is a socket with the events that were found.
type Polled struct {
	Socket *Socket
	Events State
}

// Poller waits for several sockets. The zero Poller has none yet.
//
// A Poller may be used by several goroutines at a time. A Poll that waits goes on with the sockets that there were.
type Poller struct {
	p *pollerState
}

// pollerState is what copies of a Poller share.
type pollerState struct {
	mu    sync.Mutex
	items []Polled // Events is what is waited for; never changed in place, since Poll goes on with what it has seen
}

// NewPoller returns a poller that waits for nothing yet.
func NewPoller() *Poller { return &Poller{new(pollerState)} }

// newPollers is held while a zero Poller is given its state.
var newPollers sync.Mutex

func (p *Poller) lock() *pollerState {
	s := p.state()
	s.mu.Lock()
	return s
}

func (p *Poller) state() *pollerState {
	newPollers.Lock()
	defer newPollers.Unlock() // after the panic of a nil Poller, too
	if p.p == nil {
		p.p = new(pollerState)
	}
	return p.p
}

// Add makes the poller wait for events of a socket, and returns the number of the entry. A socket can be added more than
// once, and for no events.
func (p *Poller) Add(soc *Socket, events State) int {
	s := p.lock()
	defer s.mu.Unlock()
	_ = *soc // a nil one panics here, and not in Poll
	s.items = append(s.items, Polled{soc, events})
	return len(s.items) - 1
}

// Update changes the events of the entry with a number, and returns what they were.
func (p *Poller) Update(id int, events State) (previous State, err error) {
	s := p.lock()
	defer s.mu.Unlock()
	if id < 0 || id >= len(s.items) {
		return 0, ErrorNoSocket
	}
	return s.update(id, events), nil
}

// UpdateBySocket changes the events of the first entry of a socket, and returns what they were.
func (p *Poller) UpdateBySocket(soc *Socket, events State) (previous State, err error) {
	s := p.lock()
	defer s.mu.Unlock()
	i := s.find(soc)
	if i < 0 {
		return 0, ErrorNoSocket
	}
	return s.update(i, events), nil
}

// Remove takes the entry with a number out. Those after it move up.
func (p *Poller) Remove(id int) error {
	s := p.lock()
	defer s.mu.Unlock()
	if id < 0 || id >= len(s.items) {
		return ErrorNoSocket
	}
	s.remove(id)
	return nil
}

// RemoveBySocket takes the first entry of a socket out. Those after it move up.
func (p *Poller) RemoveBySocket(soc *Socket) error {
	s := p.lock()
	defer s.mu.Unlock()
	i := s.find(soc)
	if i < 0 {
		return ErrorNoSocket
	}
	s.remove(i)
	return nil
}

func (s *pollerState) find(soc *Socket) int {
	return slices.IndexFunc(s.items, func(it Polled) bool { return it.Socket == soc })
}

func (s *pollerState) update(i int, events State) (previous State) {
	s.items = slices.Clone(s.items)
	previous = s.items[i].Events
	s.items[i].Events = events
	return previous
}

func (s *pollerState) remove(i int) {
	s.items = append(s.items[:i:i], s.items[i+1:]...)
}

// Poll waits until one of the sockets has an event that is waited for, for no longer than timeout, without end if that is
// negative, and returns those that have one in the order of adding. A poller without sockets returns at once.
func (p *Poller) Poll(timeout time.Duration) ([]Polled, error) { return p.poll(timeout, false) }

// PollAll is Poll, but returns all entries.
func (p *Poller) PollAll(timeout time.Duration) ([]Polled, error) { return p.poll(timeout, true) }

func (p *Poller) poll(timeout time.Duration, all bool) ([]Polled, error) {
	s := p.lock()
	items := s.items
	s.mu.Unlock()
	events, err := s.events(items, timeout)
	if err != nil {
		return []Polled{}, err
	}
	found := make([]Polled, 0, len(items))
	for i, it := range items {
		if ev := State(events[i]) & it.Events; ev != 0 || all {
			found = append(found, Polled{it.Socket, ev})
		}
	}
	return found, nil
}

// events returns the events of the items' sockets, as soon as one has an event that is waited for.
func (s *pollerState) events(items []Polled, timeout time.Duration) ([]zmq.PollEvents, error) {
	if len(items) == 0 {
		return nil, nil
	}
	if timeout > 0 {
		timeout = timeout.Truncate(time.Millisecond)
	}
	interruptible := false
	for _, it := range items {
		if it.Socket.isClosed() {
			return nil, ErrorSocketClosed
		}
		interruptible = interruptible || it.Socket.st.ctx.c.interruptible.Load()
	}
	switch {
	case timeout == 0:
		events, _, err := look(items)
		return events, err
	case interruptible:
		return s.interruptible(items, timeout)
	}
	return s.wait(items, timeout)
}

// look returns the events that the items' sockets have now, and reports whether one of them is waited for.
func look(items []Polled) (events []zmq.PollEvents, ready bool, err error) {
	events = make([]zmq.PollEvents, len(items))
	for i, it := range items {
		ev, err := it.Socket.st.z.Events()
		if err != nil {
			return nil, false, bare(err)
		}
		events[i] = ev
		ready = ready || State(ev)&it.Events != 0
	}
	return events, ready, nil
}

// wait waits for the items' sockets.
func (s *pollerState) wait(items []Polled, timeout time.Duration) ([]zmq.PollEvents, error) {
	polled := make([]zmq.PollItem, len(items))
	for i, it := range items {
		polled[i] = zmq.PollItem{Socket: it.Socket.st.z, Events: zmq.PollEvents(it.Events)}
	}
	if timeout < 0 {
		timeout = zmq.Infinite
	}
	if _, err := zmq.Poll(polled, timeout); err != nil {
		return nil, bare(err)
	}
	events := make([]zmq.PollEvents, len(items))
	for i := range polled {
		events[i] = polled[i].REvents
	}
	return events, nil
}

// String returns the sockets with what is waited for.
func (p *Poller) String() string {
	s := p.lock()
	defer s.mu.Unlock()
	var texts []string
	for _, it := range s.items {
		texts = append(texts, it.Socket.String()+it.Events.String())
	}
	return "Poller[" + strings.Join(texts, " ") + "]"
}
