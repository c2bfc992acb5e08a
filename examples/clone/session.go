package clone

import (
	"context"
	"errors"
	"time"

	"example.org/zmq"
)

// errSilent ends a session with a server that says nothing any more, or from which updates are missing.
var errSilent = errors.New("clone: the server is silent")

// session follows one server: it takes a snapshot, and then the updates.
type session struct {
	model   Model
	at      Endpoints
	subtree string
	server  bool // asks for what the other server of a pair needs
	timing  Timing
	synced  func(updates []Update, last uint64, whole bool) // whole: no update from here on is missed
	update  func(Update) (lost bool)
}

// run returns errSilent, ctx.Err(), or an error of the sockets.
func (s *session) run(ctx context.Context, zc *zmq.Context, opts []zmq.SocketOption) error {
	open := sockets{zc: zc, opts: opts}
	defer open.close()
	filters := []zmq.SocketOption{zmq.Subscribe(s.subtree)}
	if s.subtree != "" {
		filters = append(filters, zmq.Subscribe(hugz))
	}
	sub, err := open.open(zmq.Sub, connectTo(s.at.Publisher), filters...)
	if err != nil {
		return err
	}
	if !s.model.snapshots() {
		return s.follow(ctx, sub, zmq.Infinite) // there are no heartbeats either
	}
	ctx, unwatch, err := connected(ctx, sub)
	if err != nil {
		return err
	}
	defer unwatch()
	err = s.copy(ctx, sub, &open)
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

// connected returns a context that ends with errSilent as its cause when the connection to the server breaks: a server that is started
// anew at once is not silent, and knows nothing any more.
func connected(ctx context.Context, sub *zmq.Socket) (context.Context, func(), error) {
	monitor, err := sub.Monitor(zmq.EventDisconnected)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := monitor.Next(ctx); err == nil {
			cancel(errSilent)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
		monitor.Close()
	}, nil
}

// copy takes the snapshot and then follows.
func (s *session) copy(ctx context.Context, sub *zmq.Socket, open *sockets) error {
	dealer, err := open.open(zmq.Dealer, connectTo(s.at.Snapshot))
	if err != nil {
		return err
	}
	if err := s.snapshot(ctx, dealer, false); err != nil {
		return err
	}
	// The subscription travels on a connection of its own, and may reach the server after the snapshot has left it. A message that was
	// published, a heartbeat at the latest, says that it is there. What comes between the two is in another snapshot.
	first, err := receive(ctx, sub, s.timing.Silence)
	if err != nil {
		return err
	}
	if err := s.snapshot(ctx, dealer, true); err != nil {
		return err
	}
	if first.Key != hugz && s.update(first) {
		return errSilent
	}
	return s.follow(ctx, sub, s.timing.Silence)
}

func (s *session) snapshot(ctx context.Context, dealer *zmq.Socket, whole bool) error {
	request := [][]byte{[]byte(icanhaz), []byte(s.subtree)}
	if s.server {
		request = append(request, []byte("properties"))
	}
	if err := dealer.SendParts(ctx, request...); err != nil {
		return err
	}
	var updates []Update
	for {
		u, err := receive(ctx, dealer, s.timing.Silence)
		if err != nil {
			return err
		}
		if u.Key == kthxbai {
			s.synced(updates, u.Sequence, whole)
			return nil
		}
		updates = append(updates, u)
	}
}

func (s *session) follow(ctx context.Context, sub *zmq.Socket, silence time.Duration) error {
	for {
		u, err := receive(ctx, sub, silence)
		if err != nil {
			return err
		}
		if u.Key != hugz && s.update(u) {
			return errSilent
		}
	}
}

// receive returns the next update, or errSilent if there is none in time. What is no update is dropped.
func receive(ctx context.Context, socket *zmq.Socket, silence time.Duration) (Update, error) {
	until := ctx
	if silence != zmq.Infinite {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(ctx, silence)
		defer cancel()
	}
	for {
		frames, err := socket.RecvParts(until)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return Update{}, errSilent
		}
		if err != nil {
			return Update{}, err
		}
		if u, ok := parseUpdate(frames); ok {
			return u, nil
		}
	}
}
