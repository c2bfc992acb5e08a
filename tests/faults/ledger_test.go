package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.org/zmq"
)

// pattern is two sockets of which one sends.
type pattern struct {
	name             string
	sender, receiver zmq.SocketType
	senderBinds      bool
}

var patterns = []pattern{
	{"REQ/REP", zmq.Req, zmq.Rep, false},
	{"PUB/SUB", zmq.Pub, zmq.Sub, true},
	{"PUSH/PULL", zmq.Push, zmq.Pull, false},
	{"DEALER/ROUTER", zmq.Dealer, zmq.Router, false},
	{"PAIR", zmq.Pair, zmq.Pair, false},
}

const (
	begin = "begin"
	end   = "end"
	// pace is the pause between two messages: a load, under which a fault strikes a stream and not a queue.
	pace = time.Millisecond
	// resend is the pause between two attempts at getting through.
	resend = 20 * time.Millisecond
	// answerTime is how long a REQ waits before it asks again.
	answerTime = 300 * time.Millisecond
)

// message returns message n: three parts of which each follows from n.
func message(n int) [][]byte {
	return [][]byte{strconv.AppendInt(nil, int64(n), 10), bytes.Repeat([]byte{byte(n)}, 1+n*97%3000), strconv.AppendInt(nil, int64(-n), 10)}
}

// number returns the number of a message, or that it is none of ours.
func number(msg [][]byte) (int, bool) {
	if len(msg) != 3 {
		return 0, false
	}
	n, err := strconv.Atoi(string(msg[0]))
	if err != nil {
		return 0, false
	}
	want := message(n)
	return n, bytes.Equal(msg[1], want[1]) && bytes.Equal(msg[2], want[2])
}

// ledger is what a receiver got.
type ledger struct {
	mu      sync.Mutex
	changed chan struct{}
	order   []int
	torn    []string
	began   bool
	ended   bool
}

func newLedger() *ledger { return &ledger{changed: make(chan struct{})} }

// take enters a message.
func (l *ledger) take(msg [][]byte) {
	n, good := number(msg)
	l.mu.Lock()
	switch {
	case len(msg) == 1 && string(msg[0]) == begin:
		l.began = true
	case len(msg) == 1 && string(msg[0]) == end:
		l.ended = true
	case good:
		l.order = append(l.order, n)
	default:
		l.torn = append(l.torn, fmt.Sprintf("%.40q", msg))
	}
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
}

// await waits until the ledger is as asked.
func (l *ledger) await(ctx context.Context, ready func() bool) error {
	for {
		l.mu.Lock()
		done, changed := ready(), l.changed
		l.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// account is what became of the messages of a run.
type account struct {
	Sent, Arrived, Lost, Gaps, Twice, Torn, Streams int
	Again                                           int // requests asked again
}

// account sums up. Streams is the least number of streams, each in order, that what arrived can be made of.
func (l *ledger) account(sent int) account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := account{Sent: sent, Arrived: len(l.order), Torn: len(l.torn)}
	seen := make([]int, sent)
	var lasts []int
	for _, n := range l.order {
		if n < 0 || n >= sent {
			a.Torn++
			continue
		}
		seen[n]++
		placed := false
		for i, last := range lasts {
			if last < n {
				lasts[i], placed = n, true
				break
			}
		}
		if !placed {
			lasts = append(lasts, n)
		}
	}
	a.Streams = len(lasts)
	for n, times := range seen {
		switch {
		case times > 1:
			a.Twice += times - 1
		case times == 0:
			a.Lost++
			if n == 0 || seen[n-1] > 0 {
				a.Gaps++
			}
		}
	}
	return a
}

// TestLedger gives a ledger what must not happen, and looks whether it says so.
func TestLedger(t *testing.T) {
	for name, c := range map[string]struct {
		order []int
		want  account
	}{
		"all":     {[]int{0, 1, 2, 3}, account{Sent: 4, Arrived: 4, Streams: 1}},
		"lost":    {[]int{0, 3}, account{Sent: 4, Arrived: 2, Lost: 2, Gaps: 1, Streams: 1}},
		"twice":   {[]int{0, 1, 1, 2, 3}, account{Sent: 4, Arrived: 5, Twice: 1, Streams: 2}},
		"swapped": {[]int{0, 2, 1, 3}, account{Sent: 4, Arrived: 4, Streams: 2}},
	} {
		l := newLedger()
		for _, n := range c.order {
			l.take(message(n))
		}
		if got := l.account(4); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	l := newLedger()
	torn := message(2)
	torn[1] = torn[1][1:]
	l.take(torn)
	l.take(message(3)[:2])
	if got := l.account(4).Torn; got != 2 {
		t.Errorf("%d torn messages, want 2", got)
	}
}

// receive enters in the ledger what a socket gets, until it is closed. A REP answers.
func receive(ctx context.Context, s *zmq.Socket, take func([][]byte)) error {
	for msg, err := range s.Messages(ctx) {
		if err != nil {
			return err
		}
		switch s.Type() {
		case zmq.Rep:
			if err := s.SendParts(ctx, msg...); err != nil {
				return err
			}
		case zmq.Router:
			msg = msg[1:]
		}
		take(msg)
	}
	return nil
}

// sendAll sends messages [0, count). When it is at count*3/4 it waits for healed.
func sendAll(ctx context.Context, s *zmq.Socket, l *ledger, count int, healed <-chan struct{}) error {
	if err := until(ctx, s, l, begin, func() bool { return l.began }); err != nil {
		return fmt.Errorf("before the fault: %w", err)
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := range count {
		if n == count*3/4 {
			select {
			case <-healed:
			case <-ctx.Done():
				return fmt.Errorf("the fault: %w", ctx.Err())
			}
		}
		if err := s.SendParts(ctx, message(n)...); err != nil {
			return fmt.Errorf("message %d: %w", n, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return until(ctx, s, l, end, func() bool { return l.ended })
}

// until sends a word until the receiver has it.
func until(ctx context.Context, s *zmq.Socket, l *ledger, word string, there func() bool) error {
	for {
		if err := s.SendParts(ctx, []byte(word)); err != nil {
			return err
		}
		limit, cancel := context.WithTimeout(ctx, resend)
		err := l.await(limit, there)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// askAll asks with a REQ, which asks again when no answer comes, and enters the answers.
func askAll(ctx context.Context, s *zmq.Socket, l *ledger, count int, healed <-chan struct{}) (again int, err error) {
	for n := range count {
		if n == count*3/4 {
			select {
			case <-healed:
			case <-ctx.Done():
				return again, fmt.Errorf("the fault: %w", ctx.Err())
			}
		}
		for {
			if err := s.SendParts(ctx, message(n)...); err != nil {
				return again, fmt.Errorf("question %d: %w", n, err)
			}
			answer, err := s.RecvParts(ctx)
			if err == nil {
				l.take(answer)
				break
			}
			if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
				return again, fmt.Errorf("answer %d: %w", n, err)
			}
			again++
		}
	}
	return again, nil
}

// run moves count messages between two sockets that are connected already, while disturb disturbs them.
func (p pattern) run(ctx context.Context, sender *zmq.Socket, l *ledger, count int, disturb func() error) (account, error) {
	healed := make(chan struct{})
	disturbed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		err := l.await(ctx, func() bool { return len(l.order) >= count/4 })
		if err == nil {
			err = disturb()
		}
		if err != nil {
			cancel()
		}
		close(healed)
		disturbed <- err
	}()
	var again int
	var err error
	if p.sender == zmq.Req {
		again, err = askAll(ctx, sender, l, count, healed)
	} else {
		err = sendAll(ctx, sender, l, count, healed)
	}
	if err != nil {
		cancel()
	}
	if derr := <-disturbed; derr != nil {
		err = errors.Join(derr, err)
	}
	a := l.account(count)
	a.Again = again
	return a, err
}

// must holds what has to be true under any fault.
func (a account) must(t *testing.T, connections int) {
	t.Helper()
	if a.Twice > 0 || a.Torn > 0 {
		t.Errorf("%d messages came twice, %d torn", a.Twice, a.Torn)
	}
	if a.Streams > connections {
		t.Errorf("what arrived over %d connections is %d streams", connections, a.Streams)
	}
	if a.Arrived == 0 || a.Lost+a.Arrived-a.Twice != a.Sent {
		t.Errorf("the account does not add up: %+v", a)
	}
}
