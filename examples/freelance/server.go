package freelance

import (
	"context"
	"sync"
	"time"

	"example.org/zmq"
)

// ServerOptions are those of Serve. The zero value is ready for use.
type ServerOptions struct {
	Bind    string             // where to bind, if that is not the public endpoint, such as tcp://*:5555
	Workers int                // how many requests are handled at once; 1 if it is 0
	Queue   int                // how many more may wait; the rest is dropped, and goes to another server; 100 if it is 0
	Socket  []zmq.SocketOption // for the socket, such as zmq.CurveServer
}

// Serve answers requests of FLP until ctx ends, which is no error. The public endpoint is what clients connect to, and the server's
// identity. Pings are answered however busy the workers are.
func Serve(ctx context.Context, zc *zmq.Context, public string, handle Handler, opts ServerOptions) error {
	router, err := zc.NewSocket(zmq.Router, append([]zmq.SocketOption{zmq.Linger(time.Second), zmq.RoutingID(public)}, opts.Socket...)...)
	if err != nil {
		return err
	}
	defer router.Close()
	if opts.Bind == "" {
		opts.Bind = public
	}
	if err := router.Bind(opts.Bind); err != nil {
		return err
	}
	s := &flpServer{router: router, handle: handle, jobs: make(chan [][]byte, max(opts.Queue, 0))}
	if opts.Queue == 0 {
		s.jobs = make(chan [][]byte, 100)
	}
	return s.run(ctx, max(opts.Workers, 1))
}

type flpServer struct {
	router *zmq.Socket
	handle Handler
	jobs   chan [][]byte // identity, control frame, body
}

func (s *flpServer) run(ctx context.Context, workers int) error {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for job := range s.jobs {
				// Any goroutine may send on the socket: parts of two replies never mix.
				if err := s.router.SendParts(working, append(job[:2:2], atLeastOne(s.handle(working, job[2:]))...)...); err != nil {
					cancel(err)
				}
			}
		}()
	}
	err := s.receive(working)
	close(s.jobs)
	group.Wait()
	if ctx.Err() != nil {
		return nil
	}
	if err == nil {
		err = context.Cause(working)
	}
	return err
}

// receive answers pings and gives requests to the workers.
func (s *flpServer) receive(ctx context.Context) error {
	for frames, err := range s.router.Messages(ctx) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case len(frames) == 2 && string(frames[1]) == ping:
			if err := s.router.SendParts(ctx, frames[0], []byte(pong)); err != nil && ctx.Err() == nil {
				return err
			}
		case len(frames) >= 3:
			select {
			case s.jobs <- frames:
			default: // no reply: the client asks another server
			}
		}
	}
	return nil
}
