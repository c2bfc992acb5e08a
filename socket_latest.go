package zmq

import (
	"bytes"
	"container/list"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Latest receives from a socket all the time and keeps the newest message of each topic until it is fetched. It is for
// programs that are slower than their publishers and need only the present state. It does for topics, and for messages of
// several parts, what the option Conflate does for a whole queue of single parts. Socket.Latest makes it.
//
// A Latest is safe for concurrent use by multiple goroutines; each message goes to one of them.
type Latest struct {
	_    noCopy
	sock *Socket // kept alive
	more chan struct{}
	done chan struct{} // closed when nothing more is received
	err  error         // why

	mu     sync.Mutex // guards what follows; a leaf
	limit  int
	topics map[string]*list.Element
	order  list.List // of *latestMessage, by when a message of the topic came first that was not fetched
	passed uint64
}

// latestMessage is the newest message of a topic.
type latestMessage struct {
	topic string
	parts [][]byte
}

// Latest receives from the socket until ctx ends, and keeps the newest message of each topic, for up to the given number of
// topics, at least 1. The topic of a message is its first part. When there are more topics, it drops the message of the
// topic that has waited longest. No other goroutine may receive on the socket meanwhile.
//
// It costs a goroutine, memory for one message of each topic that is waiting, and for each message a lock and a look into a
// map more than AppendParts; replacing a message allocates nothing. RecvHWM matters only while the goroutine is held up; a
// publisher then drops the newest messages, so do not set a small one.
//
// Errors: EINVAL for less than one topic. Next returns the error that ends the receiving.
func (s *Socket) Latest(ctx context.Context, topics int) (*Latest, error) {
	if topics < 1 {
		return nil, s.opError("latest", withReason(EINVAL, fmt.Sprintf("room for %d topics: at least 1 is kept", topics)))
	}
	if ctx == nil {
		ctx = context.Background()
	}
	l := &Latest{
		sock: s, more: make(chan struct{}, 1), done: make(chan struct{}),
		limit: topics, topics: map[string]*list.Element{},
	}
	go l.run(ctx)
	return l, nil
}

func (l *Latest) run(ctx context.Context) {
	var spare [][]byte
	for {
		parts, err := l.sock.AppendParts(ctx, spare[:0])
		if err != nil {
			l.err = err
			close(l.done)
			return
		}
		spare = l.put(parts)
	}
}

// put keeps a message and returns one that it replaces, whose memory may be used again.
func (l *Latest) put(parts [][]byte) (spare [][]byte) {
	parts = fitted(parts)
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.topics[string(parts[0])]; e != nil {
		m := e.Value.(*latestMessage)
		spare, m.parts = m.parts, parts
		l.passed++
		return spare
	}
	if len(l.topics) == l.limit {
		spare = l.first().parts
		l.passed++
	}
	m := &latestMessage{string(parts[0]), parts}
	l.topics[m.topic] = l.order.PushBack(m)
	l.tell()
	return spare
}

// latestSlack is how much more memory than its bytes a part may have. Memory goes from message to message: without a bound the
// small ones of many topics would keep what large ones have left.
const latestSlack = 1 << 10

// fitted returns a message without the memory that it does not need.
func fitted(parts [][]byte) [][]byte {
	if cap(parts) > 2*len(parts)+8 {
		parts = slices.Clone(parts)
	}
	for _, p := range parts[len(parts):cap(parts)] {
		if cap(p) > latestSlack {
			clear(parts[len(parts):cap(parts)])
			break
		}
	}
	for i, p := range parts {
		if cap(p) > 2*len(p)+latestSlack {
			parts[i] = bytes.Clone(p)
		}
	}
	return parts
}

// first takes off the message that has waited longest. There is one. l.mu is held.
func (l *Latest) first() *latestMessage {
	m := l.order.Remove(l.order.Front()).(*latestMessage)
	delete(l.topics, m.topic)
	return m
}

func (l *Latest) tell() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// Next returns the newest message of the topic that has waited longest, and waits for one until ctx ends. The parts are the
// caller's own. Messages that were received before the context of Latest ended, or the socket was closed, are returned before
// the error.
//
// Errors: ctx.Err(); those of RecvParts when nothing more will be received.
func (l *Latest) Next(ctx context.Context) ([][]byte, error) {
	if l == nil || l.done == nil {
		return nil, &OpError{Op: "latest", Type: noSocket, Err: errNilLatest}
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return nil, l.sock.opError("latest", err)
	}
	for {
		ended := l.hasEnded()
		if parts := l.take(); parts != nil {
			return parts, nil
		}
		if ended {
			return nil, l.err
		}
		select {
		case <-l.more:
		case <-l.done:
		case <-ctx.Done():
			return nil, l.sock.opError("latest", ctx.Err())
		}
	}
}

func (l *Latest) hasEnded() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// take returns the message that comes next, nil if there is none.
func (l *Latest) take() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.order.Len() == 0 {
		return nil
	}
	m := l.first()
	if l.order.Len() > 0 {
		l.tell() // another goroutine that waits
	}
	return m.parts
}

// Messages returns an iterator over the messages, as Next returns them. It yields the first error and then ends.
func (l *Latest) Messages(ctx context.Context) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for {
			parts, err := l.Next(ctx)
			if !yield(parts, err) || err != nil {
				return
			}
		}
	}
}

// Passed returns how many messages were dropped so far: because a newer one of their topic came before they were fetched,
// or because there were more topics than are kept.
func (l *Latest) Passed() uint64 {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.passed
}
