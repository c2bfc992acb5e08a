package zmqperf

import (
	"context"
	"slices"
	"time"

	"example.org/zmq"
)

// localThr receives and measures, from the first message to the last.
func (j *job) localThr(ctx context.Context) error {
	pull, err := j.zctx.NewSocket(zmq.Pull)
	if err != nil {
		return err
	}
	defer pull.Close()
	if err := pull.Bind(j.endpoint); err != nil {
		return err
	}
	took, err := j.receive(ctx, pull)
	if err != nil {
		return err
	}
	return j.throughput(took)
}

// receive takes all messages and returns the time from the first to the last.
func (j *job) receive(ctx context.Context, pull *zmq.Socket) (time.Duration, error) {
	var parts [][]byte
	parts, err := pull.AppendParts(ctx, parts)
	if err != nil {
		return 0, err
	}
	if len(parts[0]) != j.size {
		return 0, j.wrongSize(len(parts[0]))
	}
	began := time.Now()
	left := j.count - 1
	if j.batch <= 1 {
		for ; left > 0; left-- {
			if parts, err = pull.AppendParts(ctx, parts[:0]); err != nil {
				return 0, err
			}
			if len(parts[0]) != j.size {
				return 0, j.wrongSize(len(parts[0]))
			}
		}
		return time.Since(began), nil
	}
	b, err := zmq.NewBatch(j.batch)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	for left > 0 {
		n, err := pull.RecvBatch(ctx, b)
		if err != nil {
			return 0, err
		}
		if got := len(b.Message(0)[0]); got != j.size {
			return 0, j.wrongSize(got)
		}
		left -= n
	}
	return time.Since(began), nil
}

// remoteThr sends. It ends when all was delivered.
func (j *job) remoteThr(ctx context.Context) error {
	push, err := j.zctx.NewSocket(zmq.Push)
	if err != nil {
		return err
	}
	if err := push.Connect(j.endpoint); err != nil {
		push.Close()
		return err
	}
	err = j.send(ctx, push)
	if err != nil {
		push.Set(zmq.Linger(0))
	}
	push.Close()
	if err != nil {
		return err
	}
	return j.zctx.Term(ctx)
}

func (j *job) send(ctx context.Context, push *zmq.Socket) error {
	body := make([]byte, j.size)
	if j.batch <= 1 {
		for range j.count {
			if err := push.SendParts(ctx, body); err != nil {
				return err
			}
		}
		return nil
	}
	b, err := zmq.NewBatch(j.batch)
	if err != nil {
		return err
	}
	defer b.Close()
	for left := j.count; left > 0; {
		for b.Len() < min(j.batch, left) {
			if err := b.Add(body); err != nil {
				return err
			}
		}
		n, err := push.SendBatch(ctx, b)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// localLat answers.
func (j *job) localLat(ctx context.Context) error {
	rep, err := j.zctx.NewSocket(zmq.Rep)
	if err != nil {
		return err
	}
	defer rep.Close()
	if err := rep.Bind(j.endpoint); err != nil {
		return err
	}
	return j.echo(ctx, rep)
}

func (j *job) echo(ctx context.Context, rep *zmq.Socket) error {
	var parts [][]byte
	var err error
	for range j.count {
		if parts, err = rep.AppendParts(ctx, parts[:0]); err != nil {
			return err
		}
		if len(parts[0]) != j.size {
			return j.wrongSize(len(parts[0]))
		}
		if err := rep.SendParts(ctx, parts...); err != nil {
			return err
		}
	}
	return nil
}

// remoteLat asks and measures.
func (j *job) remoteLat(ctx context.Context) error {
	req, err := j.zctx.NewSocket(zmq.Req, zmq.Linger(0))
	if err != nil {
		return err
	}
	defer req.Close()
	if err := req.Connect(j.endpoint); err != nil {
		return err
	}
	return j.ask(ctx, req)
}

func (j *job) ask(ctx context.Context, req *zmq.Socket) error {
	var trips []time.Duration
	if j.percentiles {
		trips = make([]time.Duration, 0, j.count)
	}
	body, parts := make([]byte, j.size), [][]byte(nil)
	began := time.Now()
	before := began
	for range j.count {
		err := req.SendParts(ctx, body)
		if err == nil {
			parts, err = req.AppendParts(ctx, parts[:0])
		}
		if err != nil {
			return err
		}
		if len(parts[0]) != j.size {
			return j.wrongSize(len(parts[0]))
		}
		if j.percentiles {
			now := time.Now()
			trips = append(trips, now.Sub(before))
			before = now
		}
	}
	return j.latency(time.Since(began), trips)
}

var percentileNames = []string{"minimum", "50%", "90%", "99%", "99.9%", "maximum"}

// percentiles returns half of each round trip's place in their order, in microseconds.
func percentiles(trips []time.Duration) map[string]float64 {
	slices.Sort(trips)
	out := map[string]float64{}
	for i, share := range []float64{0, .5, .9, .99, .999, 1} {
		at := int(share * float64(len(trips)))
		out[percentileNames[i]] = float64(trips[min(at, len(trips)-1)].Nanoseconds()) / 2000
	}
	return out
}

const inproc = "inproc://zmqperf"

// pair opens two sockets that talk to each other in the process.
func (j *job) pair(near, far zmq.SocketType) (a, b *zmq.Socket, err error) {
	if a, err = j.zctx.NewSocket(near); err != nil {
		return nil, nil, err
	}
	if b, err = j.zctx.NewSocket(far); err == nil {
		if err = a.Bind(inproc); err == nil {
			err = b.Connect(inproc)
		}
	}
	return a, b, err
}

// both runs the other end beside this one, and ends it when this one ended.
func both(ctx context.Context, here, there func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	other := make(chan error, 1)
	go func() {
		err := there(ctx)
		if err != nil {
			cancel()
		}
		other <- err
	}()
	err := here(ctx)
	if err == nil {
		return <-other
	}
	cancel()
	if first := <-other; first != nil && ctx.Err() != nil {
		return first
	}
	return err
}

func (j *job) inprocThr(ctx context.Context) error {
	pull, push, err := j.pair(zmq.Pull, zmq.Push)
	if err != nil {
		return err
	}
	var took time.Duration
	err = both(ctx, func(ctx context.Context) (err error) {
		took, err = j.receive(ctx, pull)
		return err
	}, func(ctx context.Context) error { return j.send(ctx, push) })
	if err != nil {
		return err
	}
	return j.throughput(took)
}

func (j *job) inprocLat(ctx context.Context) error {
	rep, req, err := j.pair(zmq.Rep, zmq.Req)
	if err != nil {
		return err
	}
	return both(ctx, func(ctx context.Context) error { return j.ask(ctx, req) }, func(ctx context.Context) error { return j.echo(ctx, rep) })
}
