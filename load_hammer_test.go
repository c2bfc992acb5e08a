package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var hammerFor = flag.Duration("hammer", 2*time.Second, "how long TestHammer calls every method on shared sockets")

// hammer is a pair of sockets that many goroutines share, and what they did with it.
type hammer struct {
	t        *testing.T
	ops      *atomic.Int64
	from, to *Socket
	stop     context.Context // ends the senders
	drained  context.Context // ends the receivers
	next     atomic.Uint64   // messages that were sent have the numbers below
	mu       sync.Mutex
	open     map[uint64]int // how many times more each message was sent than received; without those of which that is 0
}

// A message is its number, once in each part.
func (h *hammer) message(parts int) (uint64, [][]byte) {
	id := h.next.Add(1)
	p := binary.BigEndian.AppendUint64(nil, id)
	msg := make([][]byte, parts)
	for i := range msg {
		msg[i] = p
	}
	return id, msg
}

// briefly is a context that is cancelled at a random moment, or never.
func (h *hammer) briefly(from context.Context) (context.Context, context.CancelFunc) {
	if rand.IntN(3) == 0 {
		return context.WithTimeout(from, time.Duration(rand.IntN(2000))*time.Microsecond)
	}
	return context.WithCancel(from)
}

func (h *hammer) note(id uint64, err error) {
	h.ops.Add(1)
	if err == nil {
		h.account(id, 1)
		return
	}
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, EAGAIN) {
		h.t.Errorf("sending: %v", err)
	}
}

func (h *hammer) got(parts [][]byte) {
	h.ops.Add(1)
	id := binary.BigEndian.Uint64(parts[0])
	for _, p := range parts {
		if binary.BigEndian.Uint64(p) != id {
			h.t.Errorf("parts of several messages: %x", parts)
		}
	}
	h.account(id, -1)
}

// account notes that a message was sent, or received. A receiver may be faster than the sender's own account, and does not
// wait for it: a batch that is sent goes on only if what it has sent is received.
func (h *hammer) account(id uint64, change int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.open[id] + change
	switch n {
	case 0:
		delete(h.open, id)
	case 1, -1:
		h.open[id] = n
	default:
		h.t.Errorf("message %d came twice", id)
	}
}

// send sends in every way there is. Only one goroutine sends part by part: the parts of two would mix.
func (h *hammer) send(partByPart bool) {
	batch := mustGet(NewBatch(64))
	defer batch.Close()
	for h.stop.Err() == nil {
		ctx, cancel := h.briefly(h.stop)
		id, msg := h.message(1 + rand.IntN(4))
		switch way := rand.IntN(5); {
		case way == 0 && partByPart:
			var err error
			for i, p := range msg {
				flags := SndMore
				if i == len(msg)-1 {
					flags = 0
				}
				if _, err = h.from.Send(p, flags|DontWait); err != nil {
					break // the first; later ones are taken
				}
			}
			h.note(id, err)
		case way == 1 && partByPart: // of one part, or the last one of another goroutine's message
			m := mustGet(CopyMessage(msg[0]))
			h.note(id, h.from.SendMsg(m, DontWait))
			must(m.Close())
		case way == 2:
			var ms []*Message
			for _, p := range msg {
				ms = append(ms, mustGet(PinMessage(p, nil)))
			}
			h.note(id, h.from.SendMsgs(ctx, ms...))
			for _, m := range ms {
				must(m.Close())
			}
		case way == 3:
			ids := []uint64{id}
			must(batch.Add(msg...))
			for range rand.IntN(10) {
				id, msg := h.message(1 + rand.IntN(3))
				ids = append(ids, id)
				must(batch.Add(msg...))
			}
			n, err := h.from.SendBatch(ctx, batch)
			for _, id := range ids[:n] {
				h.note(id, nil)
			}
			if n < len(ids) {
				h.note(0, err)
			}
			batch.Reset()
		default:
			h.note(id, h.from.SendParts(ctx, msg...))
		}
		cancel()
	}
}

// receive receives in every way there is, until nothing is left.
func (h *hammer) receive(partByPart bool) {
	batch := mustGet(NewBatch(64))
	defer batch.Close()
	poller := mustGet(NewPoller())
	defer poller.Close()
	must(poller.Add(h.to, PollIn))
	var m Message
	defer m.Close()
	var buf [][]byte
	for h.drained.Err() == nil {
		ctx, cancel := h.briefly(h.drained)
		var err error
		switch way := rand.IntN(7); {
		case way == 0 && partByPart:
			var parts [][]byte
			for err = h.to.RecvMsg(&m, DontWait); err == nil; err = h.to.RecvMsg(&m, 0) {
				parts = append(parts, append([]byte(nil), m.Bytes()...))
				if !m.More() {
					h.got(parts)
					break
				}
			}
		case way == 1:
			var ms []*Message
			if ms, err = h.to.RecvMsgs(ctx); err == nil {
				var parts [][]byte
				for _, m := range ms {
					parts = append(parts, append([]byte(nil), m.Bytes()...))
					must(m.Close())
				}
				h.got(parts)
			}
		case way == 2:
			if _, err = h.to.RecvBatch(ctx, batch); err == nil {
				for _, parts := range batch.All() {
					h.got(parts)
				}
			}
		case way == 3:
			if buf, err = h.to.AppendParts(ctx, buf[:0]); err == nil {
				h.got(buf)
			}
		case way == 4:
			_, err = poller.Wait(ctx)
			h.ops.Add(1)
		case way == 5:
			_, err = Poll([]PollItem{{Socket: h.to, Events: PollIn}, {Socket: h.from, Events: PollOut}}, time.Millisecond)
			h.ops.Add(1)
		default:
			for parts, e := range h.to.Messages(ctx) {
				if err = e; err != nil || rand.IntN(20) == 0 {
					if err == nil {
						h.got(parts)
					}
					break
				}
				h.got(parts)
			}
		}
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, EAGAIN) {
			h.t.Errorf("receiving: %v", err)
		}
	}
}

// bother calls what neither sends nor receives, but processes libzmq's commands like everything else.
func (h *hammer) bother() {
	for h.stop.Err() == nil {
		for _, s := range []*Socket{h.from, h.to} {
			_ = mustGet(s.Events())
			_ = s.Stats()
			must(s.Set(Linger(0), RecvTimeout(Infinite)))
			_ = mustGet(SendHWM.Get(s))
			h.ops.Add(4)
		}
		other := freeEndpoint(h.t, "inproc")
		must(h.to.Bind(other))
		if !atFloor() && engineFrom(4, 1, 0) { // before, an inproc name stays bound
			err := h.to.Unbind(other)
			for errors.Is(err, EFSM) { // another goroutine has received half a message
				runtime.Gosched()
				err = h.to.Unbind(other)
			}
			must(err)
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// TestHammer calls every pair of methods on sockets that many goroutines share. Every message is accounted for: what was
// sent is received, whole and once. Then it closes and terminates under calls of every kind.
func TestHammer(t *testing.T) {
	var ops atomic.Int64
	pairs := [][2]SocketType{{Push, Pull}, {Dealer, Dealer}, {Pair, Pair}}
	share := *hammerFor / time.Duration(len(pairs)*len(transports)+1)
	for _, types := range pairs {
		for _, transport := range transports {
			t.Run(types[0].String()+"/"+transport, func(t *testing.T) {
				stop, cancel := context.WithTimeout(context.Background(), share)
				defer cancel()
				hammerPair(t, &ops, stop, types, transport)
			})
		}
	}
	t.Run("ends", func(t *testing.T) {
		for began := time.Now(); time.Since(began) < share; {
			hammerToTheEnd(t, &ops)
		}
	})
	t.Logf("%d operations in %v", ops.Load(), *hammerFor)
}

func hammerPair(t *testing.T, ops *atomic.Int64, stop context.Context, types [2]SocketType, transport string) {
	to, from := newPair(t, types[1], types[0], transport, SendHWM(50), RecvHWM(50))
	drained, end := context.WithCancel(context.Background())
	defer end()
	h := &hammer{t: t, ops: ops, from: from, to: to, stop: stop, drained: drained, open: map[uint64]int{}}
	var senders, receivers sync.WaitGroup
	for i := range 3 {
		senders.Add(1)
		go func() { defer senders.Done(); h.send(i == 0) }()
		receivers.Add(1)
		go func() { defer receivers.Done(); h.receive(i == 0) }()
	}
	senders.Add(1)
	go func() { defer senders.Done(); h.bother() }()
	senders.Wait()
	eventually(t, "what arrived is what was sent", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.open) == 0
	})
	end()
	receivers.Wait()
}

// hammerToTheEnd closes sockets and terminates a context under calls of every kind, on sockets of every type.
func hammerToTheEnd(t *testing.T, ops *atomic.Int64) {
	c := mustGet(NewContext(CloseTimeout(patience)))
	var socks []*Socket
	endpoint := freeEndpoint(t, "inproc")
	for typ := Pair; typ <= XSub; typ++ {
		s := mustGet(c.NewSocket(typ, Linger(0)))
		must(s.Bind(endpoint + typ.String()))
		socks = append(socks, s)
	}
	allowed := func(err error) {
		ops.Add(1)
		for _, e := range []error{nil, ErrClosed, ErrTerminated, EAGAIN, ENOTSUP, EFSM, EINVAL, context.DeadlineExceeded, EHOSTUNREACH} {
			if err == e || e != nil && errors.Is(err, e) {
				return
			}
		}
		t.Errorf("under the end of things: %v", err)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Add(1)
		go func() {
			defer all.Done()
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(20))*time.Millisecond)
			defer cancel()
			for ctx.Err() == nil {
				s := socks[rand.IntN(len(socks))]
				switch rand.IntN(9) {
				case 0:
					allowed(s.SendParts(ctx, []byte{1}, []byte("x")))
				case 1:
					_, err := s.RecvParts(ctx)
					allowed(err)
				case 2:
					_, err := s.Send([]byte{1}, DontWait)
					allowed(err)
				case 3:
					_, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, time.Millisecond)
					allowed(err)
				case 4:
					_, err := s.Events()
					allowed(err)
				case 5:
					if rand.IntN(20) == 0 {
						allowed(s.Close())
					}
				case 6:
					allowed(s.Set(RecvHWM(10)))
				case 7:
					if rand.IntN(200) == 0 {
						allowed(c.Shutdown())
					}
				case 8:
					_, err := s.Recv(nil, DontWait)
					allowed(err)
				}
			}
		}()
	}
	if rand.IntN(2) == 0 {
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
		allowed(c.Close())
	}
	all.Wait()
	must(c.Close())
}
