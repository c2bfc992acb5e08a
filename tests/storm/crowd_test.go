//go:build unix

package storm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.org/zmq"
)

// playCrowd has many sockets with full queues, of which each closes or disconnects when it likes, and is opened anew.
func (p *play) playCrowd(ctx context.Context) error {
	if err := p.addPeers(1, "there", p.peer, ""); err != nil {
		return err
	}
	calm := p.strikeAll(ctx)
	defer calm()
	var members sync.WaitGroup
	for i := range p.sockets {
		members.Add(1)
		go func() {
			defer members.Done()
			m := &member{p: p, name: fmt.Sprintf("%s.%d", p.id, i)}
			m.rand = chance(p.seed, m.name)
			for life := 0; ctx.Err() == nil; life++ {
				if err := m.live(ctx, life); err != nil {
					p.fail(err)
				}
			}
		}()
	}
	members.Wait()
	calm()
	// The last one stays.
	w := &crew{p: p}
	if err := w.openOne(); err != nil {
		return err
	}
	return errors.Join(p.works(ctx), w.close())
}

// member is one of the crowd.
type member struct {
	p    *play
	name string
	rand dice
}

// live is a socket's life.
func (m *member) live(ctx context.Context, life int) error {
	opts := append(options(m.p.local), zmq.SendHWM(1000), zmq.Linger(time.Duration(m.rand.IntN(2)*100)*time.Millisecond))
	s, err := m.p.c.NewSocket(m.p.local, opts...)
	if err != nil {
		return err
	}
	at := m.p.peers[0].at
	if err := s.Connect(at); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(100+m.rand.IntN(700))*time.Millisecond)
	defer cancel()
	for n := 0; err == nil; n++ {
		err = s.SendParts(ctx, letter(fmt.Sprintf("%s/%d", m.name, life), n, min(7, m.p.most), 8000)...)
	}
	if ctx.Err() == nil {
		return err
	}
	if m.rand.IntN(2) == 0 {
		m.p.st.count("disconnect", 1)
		if err := s.Disconnect(at); err != nil {
			return err
		}
	}
	m.p.st.count("close", 1)
	return s.Close()
}
