package majordomo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.org/zmq"
)

// Handler answers a request. Its ctx ends when the worker does, or when it has lost the broker, which then gives the request to another
// worker. A reply has one part at least; MDP has no reply that says that a request failed, so a handler says it in its own words.
type Handler func(ctx context.Context, request [][]byte) [][]byte

// Serve offers a service at the broker until ctx ends, which is no error. It registers again, on a new socket, when the broker does not
// know it any more or says nothing for too long. One request at a time goes to handle, on a goroutine of its own, so that
// heartbeats go on however long it takes.
func Serve(ctx context.Context, zc *zmq.Context, endpoint, service string, handle Handler, opts Options) error {
	if strings.HasPrefix(service, managementPrefix) {
		return fmt.Errorf("majordomo: the name %q is the broker's: names that begin with %q are its own", service, managementPrefix)
	}
	opts = opts.withDefaults()
	for {
		s, err := newSession(ctx, zc, endpoint, service, opts)
		if err != nil {
			return err
		}
		err = s.run(ctx, handle)
		s.end()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		// The pause keeps a worker that a broker turns away each time from doing nothing else.
		select {
		case <-time.After(opts.Heartbeat):
		case <-ctx.Done():
			return nil
		}
	}
}

// session is a worker's time with one broker, from READY until one of them has lost the other.
type session struct {
	socket *zmq.Socket
	pulse  pulse
	busy   atomic.Bool        // a handler has a request
	done   sync.WaitGroup     // for the handler's goroutine
	cancel context.CancelFunc // ends the handler
	ctx    context.Context
}

func newSession(ctx context.Context, zc *zmq.Context, endpoint, service string, opts Options) (*session, error) {
	socket, err := zc.NewSocket(zmq.Dealer, append([]zmq.SocketOption{zmq.Linger(time.Second)}, opts.Socket...)...)
	if err != nil {
		return nil, err
	}
	s := &session{socket: socket, pulse: newPulse(opts, time.Now())}
	s.ctx, s.cancel = context.WithCancel(ctx)
	if err := socket.Connect(endpoint); err != nil {
		s.end()
		return nil, err
	}
	if err := socket.SendParts(ctx, workerCommand(commandReady, []byte(service))...); err != nil && ctx.Err() == nil {
		s.end()
		return nil, err
	}
	return s, nil
}

// end waits for the handler, whose context ends first, and closes the socket.
func (s *session) end() {
	s.cancel()
	s.done.Wait()
	s.socket.Close()
}

// run obeys the broker until it is lost, or says that the session is over. It returns an error if the socket has one.
func (s *session) run(ctx context.Context, handle Handler) error {
	for {
		frames, err := receiveUntil(ctx, s.socket, s.pulse.next)
		if ctx.Err() != nil {
			s.leave(ctx)
			return nil
		}
		if err != nil {
			return err
		}
		now := time.Now()
		if frames != nil && !s.obey(now, frames, handle) || s.pulse.dead(now) {
			return nil
		}
		if s.pulse.due(now) {
			if err := s.socket.SendParts(ctx, workerCommand(commandHeartbeat)...); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// leave tells the broker, if it is there to be told: otherwise the silence does.
func (s *session) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.pulse.interval)
	defer cancel()
	_ = s.socket.SendParts(ctx, workerCommand(commandDisconnect)...)
}

// obey deals with a command of the broker's, and reports whether the session goes on.
func (s *session) obey(now time.Time, frames [][]byte, handle Handler) bool {
	command, rest, ok := parseWorkerCommand(frames)
	if !ok || command == commandDisconnect {
		return false
	}
	s.pulse.heard = now
	if command != commandRequest || len(rest) < 3 || len(rest[1]) != 0 {
		return command == commandHeartbeat
	}
	if s.busy.Swap(true) {
		return false // MDP gives a worker one request at a time
	}
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		reply := handle(s.ctx, rest[2:])
		s.busy.Store(false)
		if len(reply) == 0 {
			reply = [][]byte{nil}
		}
		// An error means that the socket is closed, or the session over: the broker gives the request to another worker.
		_ = s.socket.SendParts(s.ctx, workerCommand(commandReply, append([][]byte{rest[0], nil}, reply...)...)...)
	}()
	return true
}

// pulse tells when a heartbeat is to be sent, and whether the other end is dead. It has no clock of its own.
type pulse struct {
	interval, silence time.Duration
	heard             time.Time // the last sign of life
	next              time.Time // when the next heartbeat is to be sent
}

func newPulse(opts Options, now time.Time) pulse {
	return pulse{interval: opts.Heartbeat, silence: opts.silence(), heard: now, next: now.Add(opts.Heartbeat)}
}

func (p *pulse) dead(now time.Time) bool { return now.Sub(p.heard) > p.silence }

// due reports whether a heartbeat is to be sent now, once in each interval.
func (p *pulse) due(now time.Time) bool {
	if now.Before(p.next) {
		return false
	}
	p.next = now.Add(p.interval)
	return true
}
