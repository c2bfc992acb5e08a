//go:build unix

package storm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.org/zmq"
)

// actor uses a socket as its type allows: it sends letters of its own, takes those of others, and answers.
type actor struct {
	s     *zmq.Socket
	life  string
	most  int // parts of its messages
	rand  dice
	took  func(life string, n int) error
	fails func(error)
}

// newActor returns one whose messages follow from its life.
func newActor(s *zmq.Socket, life string, most int) *actor {
	return &actor{s: s, life: life, most: most, rand: chance(0, life)}
}

// dice are random numbers.
type dice = *rand.Rand

// chance returns the random numbers of something with a name.
func chance(seed uint64, name string) dice {
	h := fnv.New64()
	io.WriteString(h, name)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// pause is how long an operation waits, so that whoever is held up looks whether it should end.
const pause = 50 * time.Millisecond

// run goes on until the socket is closed or ctx ends.
func (a *actor) run(ctx context.Context) {
	var wg sync.WaitGroup
	switch a.s.Type() {
	case zmq.Req:
		a.ask(ctx)
	case zmq.Rep, zmq.Router:
		a.receive(ctx, true)
	case zmq.Push, zmq.Pub:
		a.send(ctx)
	case zmq.Pull, zmq.Sub:
		a.receive(ctx, false)
	case zmq.XSub:
		if !a.ended(ctx, a.s.SendParts(ctx, []byte{1})) {
			a.receive(ctx, false)
		}
	default: // Dealer, Pair, XPub
		wg.Add(1)
		go func() { defer wg.Done(); a.send(ctx) }()
		a.receive(ctx, false)
	}
	wg.Wait()
}

// ended judges the result of an operation.
func (a *actor) ended(ctx context.Context, err error) bool {
	switch {
	case err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
	case errors.Is(err, zmq.EFSM) || errors.Is(err, zmq.EHOSTUNREACH):
	case errors.Is(err, zmq.ErrClosed) || errors.Is(err, zmq.ErrTerminated):
		return true
	case ctx.Err() == nil:
		a.fails(fmt.Errorf("%v: %w", a.s, err))
		return true
	}
	return ctx.Err() != nil
}

// send sends bursts of letters of any size.
func (a *actor) send(ctx context.Context) {
	for n := 0; ; {
		parts, size := 1+a.rand.IntN(a.most), []int{0, 10, 300, 8000}[a.rand.IntN(4)]
		for range 1 + a.rand.IntN(30) {
			err := within(ctx, func(ctx context.Context) error { return a.s.SendParts(ctx, letter(a.life, n, parts, size)...) })
			if a.ended(ctx, err) {
				return
			}
			if err == nil {
				n++
			} else {
				break
			}
		}
		time.Sleep(time.Duration(1+a.rand.IntN(10)) * time.Millisecond)
	}
}

func within(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, pause)
	defer cancel()
	return do(ctx)
}

// receive takes letters, and sends them back if it answers.
func (a *actor) receive(ctx context.Context, answers bool) {
	for {
		var msg [][]byte
		err := within(ctx, func(ctx context.Context) (err error) { msg, err = a.s.RecvParts(ctx); return err })
		if a.ended(ctx, err) {
			return
		}
		if err != nil || a.s.Type() == zmq.XPub {
			continue // what an XPub gets are subscriptions
		}
		a.read(msg)
		if !answers {
			continue
		}
		// A REP that has not answered hears nothing more.
		for err = context.DeadlineExceeded; errors.Is(err, context.DeadlineExceeded); {
			err = within(ctx, func(ctx context.Context) error { return a.s.SendParts(ctx, msg...) })
			if a.ended(ctx, err) {
				return
			}
		}
	}
}

func (a *actor) read(msg [][]byte) {
	if a.s.Type() == zmq.Router {
		msg = msg[1:]
	}
	life, n, err := read(msg)
	if err == nil {
		err = a.took(life, n)
	}
	if err != nil {
		a.fails(fmt.Errorf("%v: %w", a.s, err))
	}
}

// ask asks, and does not ask the same again.
func (a *actor) ask(ctx context.Context) {
	for n := 0; ; n++ {
		msg := letter(a.life, n, 1+a.rand.IntN(a.most), []int{0, 300, 8000}[a.rand.IntN(3)])
		err := within(ctx, func(ctx context.Context) error { return a.s.SendParts(ctx, msg...) })
		if a.ended(ctx, err) {
			return
		}
		var answer [][]byte
		if err == nil {
			err = within(ctx, func(ctx context.Context) (err error) { answer, err = a.s.RecvParts(ctx); return err })
		}
		if a.ended(ctx, err) {
			return
		}
		if err == nil {
			a.read(answer)
		}
	}
}

// options are those of every socket of the storm: it tries again soon, and holds little.
func options(t zmq.SocketType) []zmq.SocketOption {
	opts := []zmq.SocketOption{
		zmq.Linger(0), zmq.ReconnectInterval(10 * time.Millisecond), zmq.HandshakeInterval(500 * time.Millisecond),
		zmq.SendHWM(100), zmq.RecvHWM(100),
	}
	switch t {
	case zmq.Sub:
		opts = append(opts, zmq.Subscribe(""))
	case zmq.Req:
		opts = append(opts, zmq.ReqRelaxed(true), zmq.ReqCorrelate(true))
	}
	return opts
}

// bePeer is a peer: "TYPE bind|connect ENDPOINT LIFE PARTS KEY|-". It tells what it has taken, and does as it is told on its
// standard input, with whose end it ends.
func bePeer(args []string) error {
	typ, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	most, err := strconv.Atoi(args[4])
	if err != nil {
		return err
	}
	go obey()
	c, err := zmq.NewContext()
	if err != nil {
		return err
	}
	opts := options(zmq.SocketType(typ))
	if args[5] != "-" {
		public, secret, err := zmq.NewCurveKeyPair()
		if err != nil {
			return err
		}
		server, err := zmq.ParseCurveKey(args[5])
		if err != nil {
			return err
		}
		opts = append(opts, zmq.CurveClient(server, public, secret))
	}
	s, err := c.NewSocket(zmq.SocketType(typ), opts...)
	if err != nil {
		return err
	}
	at := args[2]
	if args[1] == "bind" {
		err = bindAgain(s, at)
	} else {
		err = s.Connect(at)
	}
	if err != nil {
		return err
	}
	if at, err = s.LastEndpoint(); err != nil {
		return err
	}
	var mu sync.Mutex
	out := bufio.NewWriter(os.Stdout)
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, format+"\n", args...)
	}
	say("at %s", at)
	go func() { // what it has taken is known even if it is killed
		for ; ; time.Sleep(pause / 5) {
			mu.Lock()
			out.Flush()
			mu.Unlock()
		}
	}()
	a := newActor(s, args[3], most)
	a.took = func(life string, n int) error { say("got %s %d", life, n); return nil }
	a.fails = func(err error) { say("FAILED: %v", err) }
	a.run(context.Background())
	mu.Lock()
	return out.Flush()
}

// bindAgain binds where a socket was bound a moment ago, which may not have let go yet.
func bindAgain(s *zmq.Socket, endpoint string) error {
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := s.Bind(endpoint)
		if !errors.Is(err, zmq.EADDRINUSE) || time.Now().After(limit) {
			return err
		}
	}
}

// obey ends the process: at a word, or when nobody is there any more.
func obey() {
	word, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	if strings.TrimSpace(word) == "reset" {
		for fd := range 256 {
			// Its connections break with a reset when they are closed, which the end of the process does.
			syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
		}
	}
	os.Exit(0)
}
