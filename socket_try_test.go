package zmq

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestTry: what is there is received, what there is room for is sent, and nothing waits, whatever the timeouts.
func TestTry(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		z := newTestContext(t)
		in, out := newTestSocket(t, z, Pull, RecvTimeout(Infinite)), newTestSocket(t, z, Push, SendTimeout(Infinite), SendHWM(1), RecvHWM(1))
		for name, try := range tries {
			_, err := try.recv(in)
			wantError(t, err, []error{ErrWouldBlock, EAGAIN}, "recv (pull)")
			err = try.send(out, "x")
			wantError(t, err, []error{ErrWouldBlock, EAGAIN}, "send (push)")
			if t.Failed() {
				t.Fatal(name)
			}
		}
		connectTo(t, out, bindTo(t, in, transport))
		for name, try := range tries {
			limit := time.Now().Add(patience)
			for err := ErrWouldBlock; err != nil; {
				if err = try.send(out, "a", "b"); err != nil && !errors.Is(err, ErrWouldBlock) || time.Now().After(limit) {
					t.Fatalf("%s: %v", name, err)
				}
			}
			var got []string
			for err := ErrWouldBlock; err != nil; {
				if got, err = try.recv(in); err != nil && !errors.Is(err, ErrWouldBlock) || time.Now().After(limit) {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if !reflect.DeepEqual(got, []string{"a", "b"}) {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}

// tries are the calls that never wait.
var tries = map[string]struct {
	send func(s *Socket, parts ...string) error
	recv func(s *Socket) ([]string, error)
}{
	"Parts": {func(s *Socket, parts ...string) error { return s.TrySendParts(bytesOfStrings(parts)...) }, wholeReceives["TryRecvParts"]},
	"Msgs": {func(s *Socket, parts ...string) error {
		var msgs []*Message
		for _, p := range parts {
			msgs = append(msgs, mustGet(CopyMessage([]byte(p))))
		}
		err := s.TrySendMsgs(msgs...)
		for i, m := range msgs {
			if err != nil && m.String() != parts[i] {
				return fmt.Errorf("consumed although it was not sent: %w", err)
			}
			m.Close()
		}
		return err
	}, wholeReceives["TryRecvMsgs"]},
	"Batch": {func(s *Socket, parts ...string) error {
		b := mustGet(NewBatch(4))
		defer b.Close()
		must(b.Add(bytesOfStrings(parts)...))
		n, err := s.TrySendBatch(b)
		if err == nil && (n != 1 || b.Len() != 0) || err != nil && (n != 0 || b.Len() != 1) {
			return fmt.Errorf("%d were sent, %d are left, %w", n, b.Len(), err)
		}
		return err
	}, wholeReceives["TryRecvBatch"]},
	"Append": {func(s *Socket, parts ...string) error { return s.TrySendParts(bytesOfStrings(parts)...) }, wholeReceives["TryAppendParts"]},
}

func bytesOfStrings(texts []string) (out [][]byte) {
	for _, s := range texts {
		out = append(out, []byte(s))
	}
	return out
}

// TestTryBatch: what there was no room for is still in the batch, in order.
func TestTryBatch(t *testing.T) {
	z := newTestContext(t)
	in, out := newTestSocket(t, z, Pull, RecvHWM(2)), newTestSocket(t, z, Push, SendHWM(2))
	connectTo(t, out, bindTo(t, in, "inproc"))
	b := newTestBatch(t, 10)
	for i := range 10 {
		must(b.Add([]byte(fmt.Sprint(i))))
	}
	n, err := out.TrySendBatch(b)
	wantError(t, err, []error{ErrWouldBlock})
	if n == 0 || n+b.Len() != 10 {
		t.Fatalf("%d were sent, %d are left", n, b.Len())
	}
	for i := range 10 {
		if i >= n {
			if _, err := out.TrySendBatch(b); err != nil && !errors.Is(err, ErrWouldBlock) {
				t.Fatal(err)
			}
		}
		expectText(t, in, fmt.Sprint(i))
	}
}

// endedCalls are all calls that take a context and wait for something, by what the type is that has them.
func endedCalls(t *testing.T) map[string]func(context.Context) error {
	z := newTestContext(t)
	in, out := newTestSocket(t, z, Pull), newTestSocket(t, z, Push)
	connectTo(t, out, bindTo(t, in, "inproc"))
	dealer := newTestSocket(t, z, Dealer)
	xpub := newTestSocket(t, z, XPub)
	for range 20 {
		sendText(t, out, "waiting to be received")
	}
	msg, b := mustGet(CopyMessage([]byte("x"))), newTestBatch(t, 4)
	t.Cleanup(func() { msg.Close() })
	must(b.Add([]byte("x")))
	poller := mustGet(NewPoller())
	t.Cleanup(func() { poller.Close() })
	must(poller.Add(in, PollIn))
	calls := map[string]func(context.Context) error{
		"Socket.SendParts":     func(ctx context.Context) error { return out.SendParts(ctx, []byte("x")) },
		"Socket.SendMsgs":      func(ctx context.Context) error { return out.SendMsgs(ctx, msg) },
		"Socket.SendBatch":     func(ctx context.Context) error { _, err := out.SendBatch(ctx, b); return err },
		"Socket.SendPart":      func(ctx context.Context) error { return out.SendPart(ctx, nil, 0) },
		"Socket.SendRest":      func(ctx context.Context) error { return out.SendRest(ctx, 0, nil) },
		"Socket.RecvParts":     func(ctx context.Context) error { _, err := in.RecvParts(ctx); return err },
		"Socket.AppendParts":   func(ctx context.Context) error { _, err := in.AppendParts(ctx, nil); return err },
		"Socket.RecvMsgs":      func(ctx context.Context) error { _, err := in.RecvMsgs(ctx); return err },
		"Socket.RecvBatch":     func(ctx context.Context) error { _, err := in.RecvBatch(ctx, newTestBatch(t, 4)); return err },
		"Socket.RecvPart":      func(ctx context.Context) error { _, _, err := in.RecvPart(ctx, 0); return err },
		"Socket.RecvRest":      func(ctx context.Context) error { _, err := in.RecvRest(ctx, 0); return err },
		"Socket.Chan":          func(ctx context.Context) error { c := in.Chan(ctx); <-c.C; return c.Err() },
		"Socket.Request":       func(ctx context.Context) error { _, err := dealer.Request(ctx, nil); return err },
		"Socket.WaitConnected": func(ctx context.Context) error { return in.WaitConnected(ctx, 0) },
		"Socket.WaitSubscriber": func(ctx context.Context) error {
			xpub.st.noteSubscription([]byte("\x01"))
			return xpub.WaitSubscriber(ctx, "x")
		},
		"Poller.Wait":  func(ctx context.Context) error { _, err := poller.Wait(ctx); return err },
		"Context.Dial": func(ctx context.Context) error { _, err := z.Dial(ctx, Pull, "inproc://x"); return err },
		"Socket.Messages": func(ctx context.Context) (err error) {
			for _, err = range in.Messages(ctx) {
				break
			}
			return err
		},
		"Device.Run": func(ctx context.Context) error { return mustGet(NewProxy(in, out)).Run(ctx) },
	}
	if apiVersion().AtLeast(from40) {
		watched := newTestSocket(t, z, Pull)
		m := mustGet(watched.Monitor(EventAll))
		t.Cleanup(func() { m.Close() })
		bindTo(t, watched, "ipc")
		eventually(t, "there is an event", func() bool { m.m.mu.Lock(); defer m.m.mu.Unlock(); return m.m.count > 0 })
		calls["Monitor.Next"] = func(ctx context.Context) error { _, err := m.Next(ctx); return err }
		calls["Monitor.Events"] = func(ctx context.Context) (err error) {
			for _, err = range m.Events(ctx) {
				break
			}
			return err
		}
	}
	return calls
}

// endedElsewhere are calls for which a context that has ended means something else, or that are tested elsewhere.
var endedElsewhere = map[string]string{
	"Context.Term": "terminates all the same", "Context.ServeAuth": "the context is the handler's life", "Context.Drain": "drains all the same",
	"Socket.Drain": "drains all the same", "Socket.Latest": "the context is the receiver's life", "Latest.Next": "TestLatestEnds", "Latest.Messages": "TestLatestEnds",
	"Monitor.Next": "", "Monitor.Events": "", "AllowList.Authenticate": "does not wait",
}

// TestContextEndedFirst: a call whose context has ended before returns its error and has done nothing, although it could at once.
func TestContextEndedFirst(t *testing.T) {
	calls := endedCalls(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	past, cancelPast := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancelPast()
	for name, call := range calls {
		err := call(ctx)
		if v := apiVersion(); name == "Socket.WaitConnected" && !v.AtLeast(from40) {
			continue
		}
		wantError(t, err, []error{context.Canceled})
		wantError(t, call(past), []error{context.DeadlineExceeded})
		if t.Failed() {
			t.Fatal(name)
		}
	}
	type waits interface{ Deadline() (time.Time, bool) }
	for _, v := range []any{new(Socket), new(Context), new(Poller), new(Monitor), new(Device)} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumMethod() {
			m := typ.Method(i)
			if m.Type.NumIn() < 2 || !m.Type.In(1).Implements(reflect.TypeFor[waits]()) {
				continue
			}
			name := strings.TrimPrefix(typ.String(), "*zmq.") + "." + m.Name
			if _, elsewhere := endedElsewhere[name]; !elsewhere && calls[name] == nil {
				t.Errorf("%s is not tested here: add it", name)
			}
		}
	}
}
