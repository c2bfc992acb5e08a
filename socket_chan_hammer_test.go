package zmq

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var chanCancels = flag.Int("chan-cancels", 2000, "how many contexts TestChanHammer ends, at random moments")

// hammered is one of the sockets of TestChanHammer: what was sent to it and what was received.
type hammered struct {
	in, out  *Socket
	sent     atomic.Uint64
	received uint64
}

// take notes a message, which must be the next one.
func (h *hammered) take(t *testing.T, parts [][]byte, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	n := binary.BigEndian.Uint64(parts[0])
	if n != h.received || len(parts) != 1+int(n%3) {
		t.Fatalf("%v: message %d of %d parts, want message %d", h.in, n, len(parts), h.received)
	}
	h.received++
}

// send sends numbered messages, of one to three parts, until ctx ends.
func (h *hammered) send(ctx context.Context) {
	parts := [][]byte{make([]byte, 8), []byte("more"), nil}
	for {
		n := h.sent.Load()
		binary.BigEndian.PutUint64(parts[0], n)
		if h.out.SendParts(ctx, parts[:1+n%3]...) != nil {
			return
		}
		h.sent.Add(1)
	}
}

// TestChanHammer is a program with a ticker, a channel, an HTTP server and three sockets in one select, whose contexts end at
// random moments. Every message arrives, once and in order.
func TestChanHammer(t *testing.T) {
	z := newTestContext(t)
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	var socks []*hammered
	var senders sync.WaitGroup
	for _, transport := range transports {
		h := &hammered{in: newTestSocket(t, z, Pull, RecvHWM(20)), out: newTestSocket(t, z, Push, SendHWM(20))}
		connectTo(t, h.out, bindTo(t, h.in, transport))
		socks = append(socks, h)
		senders.Add(1)
		go func() { defer senders.Done(); h.send(sending) }()
	}
	p := newHammerProgram(t, sending)
	for range *chanCancels {
		p.session(t, socks)
	}
	stop()
	senders.Wait()
	total := uint64(0)
	for _, h := range socks {
		for h.received < h.sent.Load() {
			parts, err := h.in.RecvParts(patient(t))
			h.take(t, parts, err)
		}
		expectNothing(t, h.in)
		total += h.received
	}
	// With one processor the program seldom sees a message that was just handed back.
	if p.asked == 0 || p.ticks == 0 || p.works == 0 || p.handed == 0 && runtime.GOMAXPROCS(0) > 1 {
		t.Errorf("of the other things in the select some never came: %+v", p.counts)
	}
	t.Logf("%d contexts ended, %d messages, %+v", *chanCancels, total, p.counts)
}

// hammerProgram is what is in the select beside the sockets.
type hammerProgram struct {
	ticker   *time.Ticker
	work     chan int
	requests chan chan string
	counts
}

type counts struct{ ticks, works, asked, handed, direct int }

func newHammerProgram(t *testing.T, ctx context.Context) *hammerProgram {
	p := &hammerProgram{ticker: time.NewTicker(time.Millisecond), work: make(chan int), requests: make(chan chan string)}
	t.Cleanup(p.ticker.Stop)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply := make(chan string, 1)
		select {
		case p.requests <- reply:
			io.WriteString(w, <-reply)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	var others sync.WaitGroup
	t.Cleanup(others.Wait)
	others.Add(2)
	go func() {
		defer others.Done()
		for n := 0; ; n++ {
			select {
			case p.work <- n:
				time.Sleep(time.Millisecond) // the sockets are what is hammered
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		defer others.Done()
		for ctx.Err() == nil {
			r, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
			if err != nil {
				panic(err)
			}
			if resp, err := server.Client().Do(r); err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return p
}

// session opens a Chan on each socket and selects until the context has ended, which it does at a random moment.
func (p *hammerProgram) session(t *testing.T, socks []*hammered) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var chans []*Chan
	for _, h := range socks {
		chans = append(chans, h.in.Chan(ctx))
	}
	go func(turns int) {
		for range turns {
			runtime.Gosched()
		}
		cancel()
	}(rand.IntN(30))
	a, b, c := chans[0].C, chans[1].C, chans[2].C
	for a != nil || b != nil || c != nil {
		select {
		case <-p.ticker.C:
			p.ticks++
		case <-p.work:
			p.works++
		case reply := <-p.requests:
			reply <- strconv.Itoa(p.asked)
			p.asked++
		case parts, open := <-a:
			a = p.got(t, socks[0], a, parts, open)
		case parts, open := <-b:
			b = p.got(t, socks[1], b, parts, open)
		case parts, open := <-c:
			c = p.got(t, socks[2], c, parts, open)
		case <-ctx.Done():
			if rand.IntN(2) == 0 {
				p.leave(t, socks)
				return
			}
			ctx = context.Background() // and goes on until all three are closed
		}
	}
}

// got deals with what came from a socket's channel, and returns what to go on with.
func (p *hammerProgram) got(t *testing.T, h *hammered, c <-chan [][]byte, parts [][]byte, open bool) <-chan [][]byte {
	if !open {
		return nil
	}
	h.take(t, parts, nil)
	return c
}

// leave turns away from the channels, and receives from the sockets themselves.
func (p *hammerProgram) leave(t *testing.T, socks []*hammered) {
	for _, h := range socks {
		h.in.st.mu.Lock()
		if h.in.st.handed != nil && len(h.in.st.handed.back) > 0 {
			p.handed++
		}
		h.in.st.mu.Unlock()
		for range rand.IntN(3) {
			switch rand.IntN(3) {
			case 0:
				if parts, err := h.in.TryRecvParts(); err == nil {
					h.take(t, parts, nil)
					p.direct++
				}
			case 1:
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				if parts, err := h.in.RecvParts(ctx); err == nil {
					h.take(t, parts, nil)
					p.direct++
				}
				cancel()
			case 2:
				p.byParts(t, h)
			}
		}
	}
}

// byParts receives a message part by part.
func (p *hammerProgram) byParts(t *testing.T, h *hammered) {
	var parts [][]byte
	for more, flags := true, DontWait; more; flags = 0 {
		part, rest, err := h.in.RecvPart(context.Background(), flags)
		if err != nil {
			return // only the first part may be missing
		}
		parts, more = append(parts, part), rest
	}
	p.direct++
	h.take(t, parts, nil)
}

func (c counts) String() string {
	return fmt.Sprintf("%d ticks, %d from the channel, %d HTTP requests, %d messages seen handed back, %d received besides", c.ticks, c.works, c.asked, c.handed, c.direct)
}
