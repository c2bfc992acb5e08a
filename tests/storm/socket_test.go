//go:build unix

package storm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"example.org/zmq"
)

// crew is the sockets under test and who uses them.
type crew struct {
	p     *play
	binds bool
	at    string // where they bind
	socks []*zmq.Socket
	users sync.WaitGroup
}

func (p *play) playSockets(ctx context.Context) error {
	w := &crew{p: p, binds: !p.onlyConnects && p.rand.IntN(2) == 0}
	if w.binds {
		p.sockets = 1
		w.at = p.endpoint("b")
		if zmq.Has("curve") && p.rand.IntN(2) == 0 {
			if err := p.newKey(); err != nil {
				return err
			}
		}
	}
	peers := 2
	if p.peer == zmq.Pair {
		peers = 1
	}
	if !w.binds {
		if err := p.addPeers(peers, "there", p.peer, ""); err != nil {
			return err
		}
	}
	if err := w.open(); err != nil {
		return err
	}
	if w.binds {
		if err := p.addPeers(peers, "there", p.peer, w.at); err != nil {
			return err
		}
	}
	calm := p.strikeAll(ctx)
	defer calm()
	var err error
	for err == nil && p.sleep(ctx, 100, 800) {
		err = w.change()
	}
	calm()
	if err == nil {
		err = p.works(ctx)
	}
	return errors.Join(err, w.close())
}

// open opens the sockets, and begins to use them.
func (w *crew) open() error {
	for len(w.socks) < w.p.sockets {
		if err := w.openOne(); err != nil {
			return err
		}
	}
	return nil
}

func (w *crew) openOne() error {
	s, err := w.p.open(w.p.local, w.binds)
	if err != nil {
		return err
	}
	w.socks = append(w.socks, s)
	if w.binds {
		if err := bindAgain(s, w.at); err != nil {
			return err
		}
		if w.at, err = s.LastEndpoint(); err != nil {
			return err
		}
	}
	if err := w.join(s); err != nil {
		return err
	}
	w.p.lives++
	life := fmt.Sprintf("%s/%d", w.p.id, w.p.lives)
	a := newActor(s, life, w.p.most)
	side := "here"
	if w.p.local == zmq.Sub || w.p.local == zmq.XSub {
		side = "each"
	}
	a.took, a.fails = w.p.ledger(side, life).take, w.p.fail
	w.users.Add(1)
	go func() { defer w.users.Done(); a.run(context.Background()) }()
	return nil
}

// join connects a socket to every peer, if it does not bind.
func (w *crew) join(s *zmq.Socket) error {
	for _, q := range w.p.peers {
		if w.binds {
			return nil
		}
		if err := s.Connect(q.at); err != nil {
			return err
		}
	}
	return nil
}

func (w *crew) close() (err error) {
	for _, s := range w.socks {
		err = errors.Join(err, s.Close())
	}
	w.users.Wait()
	w.socks = nil
	return err
}

// change does what a program may do at any time.
func (w *crew) change() error {
	p := w.p
	s := w.socks[p.rand.IntN(len(w.socks))]
	switch p.rand.IntN(6) {
	case 0: // all at once
		p.st.count("close", len(w.socks))
		if err := w.close(); err != nil {
			return err
		}
		return w.open()
	case 1:
		if err := p.newContext(); err != nil {
			return err
		}
		w.users.Wait()
		w.socks = nil
		return w.open()
	case 2:
		if w.binds && p.secret != nil {
			return p.rekey(map[string]*zmq.Socket{w.at: s})
		}
		fallthrough
	case 3, 4: // the endpoint is left, and taken again
		if w.binds {
			p.st.count("unbind", 1)
			if err := s.Unbind(w.at); err != nil {
				return err
			}
			return bindAgain(s, w.at)
		}
		if p.local == zmq.Pair {
			return nil
		}
		for _, q := range p.peers {
			switch err := s.Disconnect(q.at); {
			case errors.Is(err, zmq.EFSM):
				p.st.count("disconnect refused, since a message waits", 1)
				continue
			case err != nil:
				return err
			}
			p.st.count("disconnect", 1)
			if err := s.Connect(q.at); err != nil {
				return err
			}
		}
		return nil
	}
	// one is replaced
	p.st.count("replace", 1)
	for i, one := range w.socks {
		if one == s {
			w.socks = append(w.socks[:i:i], w.socks[i+1:]...)
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	return w.openOne()
}
