package work

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Works that are repeated with another number of something each time: BENCH_NUMBER says how many.

// Number reads a number from the environment, 0 if there is none.
func Number(name string) int {
	n, _ := strconv.Atoi(os.Getenv(name))
	return n
}

// Among is an Engine that waits for messages on many sockets.
type Among interface {
	// Among waits on n sockets that get no messages, and returns what receives one from busy meanwhile.
	Among(busy End, n int) (recv func(p []byte) error, err error)
}

// Subscriber is an End that subscribes.
type Subscriber interface {
	Subscribe(topic string) error
}

// Sharer is an End that several goroutines cannot share as it is: RecvShared takes a lock.
type Sharer interface {
	RecvShared(p []byte) error
}

// number is BENCH_NUMBER, at least 1.
func number() int { return max(Number("BENCH_NUMBER"), 1) }

// enough is how long works that send and receive in turn go on at most, and half of it how long they warm up.
const enough = 400 * time.Millisecond

// connected opens the ends of a connection within the process.
func (j *job) connected(binding, other string, waterMark int) (End, End, []byte, error) {
	b, p, err := j.openWith(binding, waterMark)
	if err != nil {
		return nil, nil, nil, err
	}
	at, err := b.Bind(j.endpoint)
	if err != nil {
		return nil, nil, nil, err
	}
	o, _, err := j.openWith(other, waterMark)
	if err == nil {
		err = o.Connect(at)
	}
	return b, o, p, err
}

// inTurn sends and receives count messages, or as many as there is time for.
func (j *job) inTurn(once func() error) error {
	for t := time.Now(); time.Since(t) < enough/2; {
		if err := once(); err != nil {
			return err
		}
	}
	c, done := start(), 0
	for done < j.count && (done%16 != 0 || time.Since(c.t) < enough) {
		if err := once(); err != nil {
			return err
		}
		done++
	}
	c.stop(j.out, done, "")
	return nil
}

// sockets moves messages from one socket to another while others of the process are waited for as well.
func (j *job) sockets() error {
	among, ok := j.e.(Among)
	if !ok {
		return fmt.Errorf("no way to wait on many sockets: %w", ErrNotYet)
	}
	pull, push, p, err := j.connected("pull", "push", WaterMark(j.size))
	if err != nil {
		return err
	}
	recv, err := among.Among(pull, number()-1)
	if err != nil {
		return err
	}
	err = j.inTurn(func() error {
		if err := push.Send(p, 1); err != nil {
			return err
		}
		return recv(p)
	})
	if err == nil {
		os.Exit(0) // with everything open: goroutines wait
	}
	return err
}

// subscriptions moves messages to a SUB that has subscribed to number topics, of which each message has one.
func (j *job) subscriptions() error {
	// Without a high-water mark: the engine notices only once a millisecond that the SUB has taken messages, and an XPUB drops
	// what is beyond the mark.
	pub, sub, p, err := j.connected("xpub", "sub", 0)
	if err != nil {
		return err
	}
	s, ok := sub.(Subscriber)
	if !ok {
		return fmt.Errorf("no subscriptions: %w", ErrNotYet)
	}
	if len(p) <= 6 {
		return errors.New("messages that are longer than a topic, please")
	}
	topics, got := make([]string, number()), make([]byte, len(p))
	for i := range topics {
		topics[i] = fmt.Sprintf("%06d", i)
		if err := s.Subscribe(topics[i]); err != nil {
			return err
		}
		if _, err := pub.Recv(got, 1); err != nil {
			return err
		}
	}
	i := 0
	err = j.inTurn(func() error {
		copy(p, topics[i])
		i = (i + 7919) % len(topics)
		if err := pub.Send(p, 1); err != nil {
			return err
		}
		_, err := sub.Recv(got, 1)
		return err
	})
	return errors.Join(err, pub.Close(), sub.Close())
}

// shared lets number goroutines receive from one socket.
func (j *job) shared() error { return j.both("pull", "push", j.receiveShared, j.send) }

func (j *job) receiveShared(end End, p []byte) error {
	recv := func(p []byte) error { _, err := end.Recv(p, 1); return err }
	if s, ok := end.(Sharer); ok {
		recv = s.RecvShared
	}
	if err := recv(p); err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(int64(j.count - 1))
	errs := make([]error, number())
	var all sync.WaitGroup
	c := start()
	for i := range errs {
		all.Add(1)
		go func() {
			defer all.Done()
			for p := slices.Clone(p); left.Add(-1) >= 0 && errs[i] == nil; {
				errs[i] = recv(p)
			}
		}()
	}
	all.Wait()
	c.stop(j.out, j.count-1, "")
	return errors.Join(errs...)
}

// pairs has number pairs of REQ and REP in one process, with count round trips between them.
func (j *job) pairs() error {
	n := number()
	each := max(j.count/n, 1)
	ns, errs := make([]int64, n*each), make([]error, 2*n)
	var warm, all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		rep, req, p, err := j.connected("rep", "req", WaterMark(j.size))
		if err != nil {
			return err
		}
		warm.Add(1)
		all.Add(2)
		go func() {
			defer all.Done()
			errs[2*i] = rep.Reply(slices.Clone(p), each+each/10+1)
		}()
		go func() {
			defer all.Done()
			errs[2*i+1] = trips(req, p, each/10+1, nil)
			warm.Done()
			<-begin
			errs[2*i+1] = errors.Join(errs[2*i+1], trips(req, p, each, ns[i*each:]))
		}()
		defer rep.Close()
		defer req.Close()
	}
	warm.Wait()
	c := start()
	close(begin)
	all.Wait()
	words := c.read(len(ns))
	slices.Sort(ns)
	fmt.Fprintf(j.out, "%s p50=%d p99=%d\n", words, ns[len(ns)/2], ns[len(ns)*99/100])
	return errors.Join(errs...)
}

// trips makes n round trips and notes how long each took.
func trips(req End, p []byte, n int, ns []int64) error {
	for i := range n {
		t := time.Now()
		if err := req.Request(p); err != nil {
			return err
		}
		if ns != nil {
			ns[i] = int64(time.Since(t))
		}
	}
	return nil
}
