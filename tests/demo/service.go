package main

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"example.org/zmq"
)

// The service: clients ask, a queue hands the requests to servers and the replies back.
const (
	clients       = 2
	clientSockets = 4
	servers       = 2
	requests      = 6000 // at most: each one is a round trip through five processes
)

func service(ctx context.Context, st *stage) (out outcome, err error) {
	mid, err := st.start(ctx, spec{Role: "broker", Bind: []string{st.endpoint(), st.endpoint()}})
	if err != nil {
		return out, err
	}
	front, err := mid.hear(ctx, "bound")
	if err != nil {
		return out, err
	}
	back, err := mid.hear(ctx, "bound")
	if err != nil {
		return out, err
	}
	var staff, asking []*member
	for i := 0; i < servers; i++ {
		m, err := st.start(ctx, spec{Role: "server", Connect: []string{back}, Lose: st.lose && i == 0})
		if err != nil {
			return out, err
		}
		staff = append(staff, m)
	}
	total := min(requests, len(st.text.lines))
	for i := 0; i < clients; i++ {
		m, err := st.start(ctx, spec{Role: "client", Connect: []string{front}, From: i * total / clients, To: (i + 1) * total / clients})
		if err != nil {
			return out, err
		}
		asking = append(asking, m)
	}
	for _, m := range append(staff, asking...) {
		if _, err := m.hear(ctx, "ready"); err != nil {
			return out, err
		}
	}
	for _, m := range asking {
		if err := m.say("go"); err != nil {
			return out, err
		}
	}
	for _, m := range asking {
		if _, err := m.hear(ctx, "done"); err != nil {
			return out, err
		}
	}
	var asked, answered report
	if asked, err = sumOf(ctx, asking); err == nil {
		answered, err = sumOf(ctx, staff)
	}
	if err != nil {
		return out, err
	}
	_, err = mid.finish(ctx)
	out = outcome{sent: asked.Sent.plus(answered.Sent), arrived: answered.Got.plus(asked.Got), took: asked.Took}
	switch {
	case asked.Sent != answered.Got:
		out.detail = "the servers did not get what the clients asked"
	case answered.Sent != asked.Got:
		out.detail = "the clients did not get what the servers answered"
	}
	return out, err
}

// sumOf ends the members and adds up their reports.
func sumOf(ctx context.Context, all []*member) (sum report, err error) {
	for _, m := range all {
		r, err := m.finish(ctx)
		if err != nil {
			return sum, err
		}
		sum.Sent, sum.Got, sum.Took = sum.Sent.plus(r.Sent), sum.Got.plus(r.Got), max(sum.Took, r.Took)
	}
	return sum, nil
}

// broker is the queue between clients and servers.
func broker(ctx context.Context, a *acting) (r report, err error) {
	front, err := a.socket(zmq.Router, a.Bind[:1], nil)
	if err != nil {
		return r, err
	}
	defer front.Close()
	back, err := a.socket(zmq.Dealer, a.Bind[1:], nil)
	if err != nil {
		return r, err
	}
	defer back.Close()
	queue, err := zmq.NewQueue(front, back)
	if err != nil {
		return r, err
	}
	if err := queue.Run(ctx); !over(err) {
		return r, err
	}
	return r, nil
}

// request asks for each of its lines in capital letters, on several sockets at a time.
func request(ctx context.Context, a *acting) (sum report, err error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []*zmq.Socket
	defer func() {
		for _, s := range open {
			s.Close()
		}
	}()
	for range clientSockets {
		s, err := a.socket(zmq.Req, nil, a.Connect, zmq.RecvTimeout(a.Patience))
		if err != nil {
			return sum, err
		}
		open = append(open, s)
	}
	a.say("ready")
	if err := a.wait(ctx); err != nil {
		return sum, err
	}
	begin := time.Now()
	for k, s := range open {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r, e := a.ask(ctx, s, k)
			mu.Lock()
			defer mu.Unlock()
			sum.Sent, sum.Got, err = sum.Sent.plus(r.Sent), sum.Got.plus(r.Got), errors.Join(err, e)
		}()
	}
	wg.Wait()
	sum.Took = since(begin)
	a.say("done")
	return sum, err
}

// ask makes every clientSockets-th of the requests, beginning with number k.
func (a *acting) ask(ctx context.Context, s *zmq.Socket, k int) (r report, err error) {
	var buf, reply [][]byte
	for i := a.From + k; i < a.To; i += clientSockets {
		buf = a.text.message(i, a.Parts, buf)
		if err := s.SendParts(ctx, buf...); over(err) {
			return r, nil
		} else if err != nil {
			return r, err
		}
		r.Sent.add(buf)
		if reply, err = s.AppendParts(ctx, reply[:0]); over(err) {
			return r, nil // lost, as the sums will show
		} else if err != nil {
			return r, err
		}
		if len(reply) == len(buf) && bytes.Equal(reply[0], bytes.ToUpper(buf[0])) {
			r.Got.add(reply)
		}
	}
	return r, nil
}

// serve answers each request with the line in capital letters.
func serve(ctx context.Context, a *acting) (r report, err error) {
	s, err := a.socket(zmq.Rep, nil, a.Connect)
	if err != nil {
		return r, err
	}
	defer s.Close()
	a.say("ready")
	var parts [][]byte
	for {
		if parts, err = s.AppendParts(ctx, parts[:0]); err != nil {
			break
		}
		r.Got.add(parts)
		parts[0] = bytes.ToUpper(parts[0])
		r.Sent.add(parts)
		if a.Lose && r.Got.Messages == 100 {
			parts[0] = append(parts[0], '!')
		}
		if err := s.SendParts(ctx, parts...); err != nil {
			return r, err
		}
	}
	if !over(err) {
		return r, err
	}
	return r, nil
}
