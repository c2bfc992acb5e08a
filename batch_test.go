package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newTestBatch(t testing.TB, capacity int) *Batch {
	t.Helper()
	b, err := NewBatch(capacity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("closing the batch at the end: %v", err)
		}
	})
	return b
}

// texts copies what is in a batch.
func texts(b *Batch) [][]string {
	all := [][]string{}
	for i, parts := range b.All() {
		if i != len(all) {
			panic(fmt.Sprint("message ", i, " after ", len(all)))
		}
		msg := []string{}
		for _, p := range parts {
			msg = append(msg, string(p))
		}
		all = append(all, msg)
	}
	return all
}

func addText(t testing.TB, b *Batch, parts ...string) {
	t.Helper()
	msg := make([][]byte, len(parts))
	for i, p := range parts {
		msg[i] = []byte(p)
	}
	if err := b.Add(msg...); err != nil {
		t.Fatal(err)
	}
}

func expectBatch(t testing.TB, b *Batch, want ...[]string) {
	t.Helper()
	if want == nil {
		want = [][]string{}
	}
	if diff := cmp.Diff(want, texts(b)); diff != "" {
		t.Fatalf("the batch holds something else (-want +got):\n%s", diff)
	}
	if b.Len() != len(want) {
		t.Fatalf("Len is %d, want %d", b.Len(), len(want))
	}
}

func TestBatchAdd(t *testing.T) {
	b := newTestBatch(t, 4)
	large := string(bytes.Repeat([]byte("x"), 3*frameCopyMax))
	p := []byte("one")
	if err := b.Add(p); err != nil {
		t.Fatal(err)
	}
	copy(p, "ONE") // a copy was taken
	addText(t, b, "", large)
	want := [][]string{{"one"}, {"", large}}
	expectBatch(t, b, want...)

	for _, parts := range [][][]byte{make([][]byte, 2), make([][]byte, 100)} {
		if err := b.Add(parts...); err != ErrBatchFull {
			t.Fatalf("adding %d parts where there is place for one: %v", len(parts), err)
		}
		expectBatch(t, b, want...)
	}
	addText(t, b, "last")
	expectBatch(t, b, append(want, []string{"last"})...)
	if err := b.Add(nil); err != ErrBatchFull {
		t.Fatalf("adding to a full batch: %v", err)
	}
	if got := b.Message(3); got != nil {
		t.Errorf("message 3 of 3: %q", got)
	}
	if got := b.Message(-1); got != nil {
		t.Errorf("message -1: %q", got)
	}
	if got := b.Message(2); len(got) != 1 || string(got[0]) != "last" {
		t.Errorf("message 2: %q", got)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	expectBatch(t, b)
	addText(t, b, "1", "2", "3", "4", "5", "6") // an empty batch takes any message
	expectBatch(t, b, []string{"1", "2", "3", "4", "5", "6"})
	if err := b.Add(nil); err != ErrBatchFull {
		t.Errorf("adding to a batch that holds more than its capacity: %v", err)
	}
}

func TestBatchAllEndsWithContent(t *testing.T) {
	b := newTestBatch(t, 4)
	addText(t, b, "1")
	addText(t, b, "2")
	turns := 0
	for range b.All() {
		turns++
		if err := b.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	if turns != 1 {
		t.Errorf("%d turns over a batch that was reset in the first", turns)
	}
}

func TestBatchMisuse(t *testing.T) {
	for _, capacity := range []int{-1, 0, batchMax + 1} {
		_, err := NewBatch(capacity)
		wantError(t, err, []error{EINVAL}, fmt.Sprint(capacity))
	}
	push, pull := newPair(t, Push, Pull, "inproc")
	b := newTestBatch(t, 4)
	wantError(t, b.Add(), []error{EINVAL}, "one part")

	everyCall := map[string]func() error{
		"Add":       func() error { return b.Add(nil) },
		"Reset":     b.Reset,
		"SendBatch": func() error { _, err := push.SendBatch(patient(t), b); return err },
		"RecvBatch": func() error { _, err := pull.RecvBatch(patient(t), b); return err },
	}
	ctx, cancel := context.WithCancel(patient(t))
	done := make(chan error, 1)
	go func() {
		_, err := pull.RecvBatch(ctx, b)
		done <- err
	}()
	parkedOn(t, pull, 1)
	everyCall["Close"] = b.Close
	for name, call := range everyCall {
		if err := call(); !errors.Is(err, ErrInUse) {
			t.Errorf("%s of a batch that is being received into: %v", name, err)
		}
	}
	expectBatch(t, b)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	delete(everyCall, "Close")
	for name, call := range everyCall {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s of a closed batch: %v", name, err)
		}
	}
	expectBatch(t, b)
	if b.Message(0) != nil {
		t.Error("a closed batch has a message")
	}
}

func TestBatchLeakRecord(t *testing.T) {
	count := func() (n int) {
		for _, leak := range OpenHandles() {
			if leak.Kind == "batch" {
				n++
			}
		}
		return n
	}
	before := count()
	b := newTestBatch(t, 1)
	if count() != before+1 {
		t.Error("an open batch is not among the open handles")
	}
	b.Close()
	if count() != before {
		t.Error("a closed batch is among the open handles")
	}
}

// randomMessages are of one part and of several, empty, small, and too large for an arena.
func randomMessages(n int) [][]string {
	all := make([][]string, n)
	for i := range all {
		for range 1 + rand.IntN(1+rand.IntN(5)) {
			size := rand.IntN(100)
			if rand.IntN(20) == 0 {
				size = rand.IntN(4 * frameCopyMax)
			}
			all[i] = append(all[i], fmt.Sprintf("%d:%x", i, bytes.Repeat([]byte{byte(i)}, size)))
		}
	}
	return all
}

func TestBatchSendRecv(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport, SendHWM(50), RecvHWM(50))
		ctx := patient(t)
		want := randomMessages(2000)
		done := make(chan error, 1)
		go func() {
			b, err := NewBatch(64)
			if err != nil {
				done <- err
				return
			}
			defer b.Close()
			for i := 0; i < len(want); {
				parts := [][]byte{}
				for _, p := range want[i] {
					parts = append(parts, []byte(p))
				}
				err := b.Add(parts...)
				if err == nil {
					i++
				}
				if err == ErrBatchFull || i == len(want) {
					n := b.Len()
					sent, sendErr := push.SendBatch(ctx, b)
					if err = sendErr; err == nil && (sent != n || b.Len() != 0) {
						err = fmt.Errorf("sent %d of %d, %d are left", sent, n, b.Len())
					}
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		b := newTestBatch(t, 37)
		got := [][]string{}
		for len(got) < len(want) {
			n, err := pull.RecvBatch(ctx, b)
			if err != nil {
				t.Fatal(err)
			}
			if n < 1 || n != b.Len() {
				t.Fatalf("received %d, the batch holds %d", n, b.Len())
			}
			got = append(got, texts(b)...)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("other messages arrived (-want +got):\n%s", diff[:min(len(diff), 2000)])
		}
		if push.st.out.messages != 2000 || pull.st.in.messages != 2000 {
			t.Errorf("the ends counted %d and %d messages", push.st.out.messages, pull.st.in.messages)
		}
	})
}

func TestBatchSendPartly(t *testing.T) {
	for _, ends := range []string{"context", "timeout", "no waiting"} {
		t.Run(ends, func(t *testing.T) {
			pull, push := newPair(t, Pull, Push, "inproc", SendHWM(5), RecvHWM(5))
			b := newTestBatch(t, 64)
			want := [][]string{}
			for i := range 30 {
				msg := []string{fmt.Sprint(i), string(make([]byte, i%3*frameCopyMax))}[:1+i%2]
				want = append(want, msg)
				addText(t, b, msg...)
			}
			ctx, target := patient(t), error(context.Canceled)
			switch ends {
			case "context":
				cancelled, cancel := context.WithCancel(ctx)
				ctx = cancelled
				go func() {
					parkedOn(t, push, 1)
					cancel()
				}()
			case "timeout":
				push.Set(SendTimeout(time.Millisecond))
				target = os.ErrDeadlineExceeded
			default:
				push.Set(SendTimeout(0))
				target = ErrWouldBlock
			}
			sent, err := push.SendBatch(ctx, b)
			wantError(t, err, []error{target})
			if sent != 10 {
				t.Errorf("%d messages were sent, the marks of both ends are 10", sent)
			}
			expectBatch(t, b, want[sent:]...)
			addText(t, b, "added", "later") // the place of what was sent is free again
			want = append(want, []string{"added", "later"})
			push.Set(SendTimeout(Infinite))

			done := make(chan error, 1)
			go func() {
				n, err := push.SendBatch(patient(t), b)
				if err == nil && n != len(want)-sent {
					err = fmt.Errorf("then %d messages were sent", n)
				}
				done <- err
			}()
			for _, msg := range want {
				expectText(t, pull, msg...)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			expectNothing(t, pull)
			expectBatch(t, b)
		})
	}
}

func TestBatchRecvSplitsNone(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	b := newTestBatch(t, 4)
	for range 3 {
		sendText(t, push, "a", "b", "c")
	}
	long := make([]string, 100)
	sendText(t, push, long...)
	sendText(t, push, "end")
	three := []string{"a", "b", "c"}
	for _, want := range [][][]string{{three, three}, {three, long}, {{"end"}}} {
		n, err := pull.RecvBatch(patient(t), b)
		if err != nil || n != len(want) {
			t.Fatalf("%d messages, %v; want %d", n, err, len(want))
		}
		expectBatch(t, b, want...)
	}
}

func TestBatchRecvCancelled(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "tcp")
	b := newTestBatch(t, 8)
	addText(t, b, "old")
	ctx, cancel := context.WithCancel(patient(t))
	cancel()
	sendText(t, push, "new")
	_, err := pull.RecvBatch(ctx, b)
	wantError(t, err, []error{context.Canceled})
	expectBatch(t, b)
	if n, err := pull.RecvBatch(patient(t), b); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	expectBatch(t, b, []string{"new"})
}

// TestBatchLeavesRest counts what a sender can send while its consumer does nothing: as much
// as the high-water marks of both ends say, and one message more for each that the consumer asked for.
func TestBatchLeavesRest(t *testing.T) {
	const marks = 20
	fill := func(push *Socket) (n int) {
		for ; ; n++ {
			if _, err := push.Send([]byte("x"), DontWait); errors.Is(err, ErrWouldBlock) {
				return n
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	consumers := map[string]func(t *testing.T, pull *Socket) int{
		"Recv": func(t *testing.T, pull *Socket) int {
			if _, err := pull.Recv(nil, 0); err != nil {
				t.Error(err)
			}
			return 1
		},
		"AppendParts": func(t *testing.T, pull *Socket) int {
			if _, err := pull.AppendParts(patient(t), nil); err != nil {
				t.Error(err)
			}
			return 1
		},
		"Messages": func(t *testing.T, pull *Socket) int {
			for _, err := range pull.Messages(patient(t)) {
				if err != nil {
					t.Error(err)
				}
				break
			}
			return 1
		},
		"RecvBatch": func(t *testing.T, pull *Socket) int {
			n, err := pull.RecvBatch(patient(t), newTestBatch(t, 7))
			if err != nil || n != 7 {
				t.Errorf("%d messages with place for 7: %v", n, err)
			}
			return n
		},
	}
	for name, consume := range consumers {
		t.Run(name, func(t *testing.T) {
			pull, push := newPair(t, Pull, Push, "inproc", SendHWM(marks/2), RecvHWM(marks/2))
			if n := fill(push); n != marks {
				t.Fatalf("%d messages went to a consumer that takes none, want %d", n, marks)
			}
			taken := consume(t, pull)
			if more := fill(push); more > taken {
				t.Errorf("%d more went after %d were taken", more, taken)
			}
		})
	}
}
