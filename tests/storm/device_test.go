//go:build unix

package storm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
)

// rig is a device under test with its sockets.
type rig struct {
	p        *play
	at       map[string]string // where the sides are bound
	socks    map[string]*zmq.Socket
	dev      *zmq.Device
	stop     context.CancelFunc
	finished chan error
}

func (p *play) playDevice(ctx context.Context) error {
	r := &rig{p: p, at: map[string]string{"front": p.endpoint("f"), "back": p.endpoint("b"), "capture": p.endpoint("c")}}
	if zmq.Has("curve") && p.rand.IntN(2) == 0 {
		if err := p.newKey(); err != nil {
			return err
		}
	}
	if err := r.build(); err != nil {
		return err
	}
	if err := p.addPeers(2, "front", p.clients, r.at["front"]); err != nil {
		return err
	}
	if err := p.addPeers(2, "back", p.workers, r.at["back"]); err != nil {
		return err
	}
	if p.captured {
		if err := p.addPeers(1, "capture", zmq.Sub, r.at["capture"]); err != nil {
			return err
		}
	}
	calm := p.strikeAll(ctx)
	defer calm()
	var err error
	for err == nil && p.sleep(ctx, 100, 800) {
		err = r.change()
	}
	calm()
	if err == nil {
		err = p.works(ctx)
	}
	return errors.Join(err, r.clear())
}

// build opens the sockets, and runs the device.
func (r *rig) build() (err error) {
	r.socks = map[string]*zmq.Socket{}
	types := map[string]zmq.SocketType{"front": r.p.front, "back": r.p.back}
	if r.p.captured {
		types["capture"] = zmq.Pub
	}
	for name, typ := range types {
		s, err := r.p.open(typ, true)
		if err != nil {
			return err
		}
		r.socks[name] = s
		if err := bindAgain(s, r.at[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if r.at[name], err = s.LastEndpoint(); err != nil {
			return err
		}
	}
	if r.dev, err = r.p.device(r.socks["front"], r.socks["back"], zmq.WithLossyCapture(r.socks["capture"])); err != nil {
		return err
	}
	r.run()
	return nil
}

func (r *rig) run() {
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	finished, dev := make(chan error, 1), r.dev
	r.finished = finished
	go func() { finished <- dev.Run(ctx) }()
}

// halt ends Run, which must not have ended by itself.
func (r *rig) halt() error {
	select {
	case err := <-r.finished:
		return fmt.Errorf("the device has ended: %w", err)
	default:
	}
	r.stop()
	return r.ended(context.Canceled)
}

// ended takes what Run has returned.
func (r *rig) ended(want error) error {
	select {
	case err := <-r.finished:
		r.stop()
		if !errors.Is(err, want) {
			return fmt.Errorf("the device has ended: %w; it should have by %v", err, want)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the device has not ended after %v", patience)
	}
}

// clear closes the sockets, under the running device.
func (r *rig) clear() (err error) {
	for _, s := range r.socks {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, r.ended(zmq.ErrClosed))
}

// change does what a program may do at any time.
func (r *rig) change() error {
	p := r.p
	sides := []string{"front", "back"}
	side := sides[p.rand.IntN(2)]
	s := r.socks[side]
	switch p.rand.IntN(6) {
	case 0:
		p.st.count("device closed", 1)
		if err := r.clear(); err != nil {
			return err
		}
		return r.build()
	case 1:
		if err := p.newContext(); err != nil {
			return err
		}
		for _, s := range r.socks {
			s.Close()
		}
		if err := r.ended(zmq.ErrTerminated); err != nil && !errors.Is(err, zmq.ErrClosed) {
			return err
		}
		return r.build()
	case 2:
		p.st.count("device run again", 1)
		if err := r.halt(); err != nil {
			return err
		}
		r.run()
		return nil
	case 3:
		p.st.count("device paused", 1)
		r.dev.Pause()
		time.Sleep(time.Duration(p.rand.IntN(100)) * time.Millisecond)
		r.dev.Resume()
		return nil
	case 4:
		if p.secret != nil {
			socks := map[string]*zmq.Socket{}
			for name, s := range r.socks {
				socks[r.at[name]] = s
			}
			return p.rekey(socks)
		}
	}
	p.st.count("unbind", 1)
	if err := s.Unbind(r.at[side]); err != nil {
		return err
	}
	return bindAgain(s, r.at[side])
}
