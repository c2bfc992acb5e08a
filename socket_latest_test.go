package zmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// newLatest returns a Latest and how to send it a message that it has received when the call returns.
func newLatest(t testing.TB, topics int) (l *Latest, in *Socket, send func(parts ...string), end func()) {
	t.Helper()
	in, out := newPair(t, Pull, Push, "inproc")
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	l, err := in.Latest(ctx, topics)
	if err != nil {
		t.Fatal(err)
	}
	return l, in, func(parts ...string) {
		t.Helper()
		before := in.Stats().Received.Messages
		sendText(t, out, parts...)
		eventually(t, "the message is received", func() bool { return in.Stats().Received.Messages > before })
		// And put, which a second receive waits for.
		eventually(t, "the receiver waits again", func() bool {
			in.st.mu.Lock()
			defer in.st.mu.Unlock()
			return in.st.parked > 0
		})
	}, cancel
}

func nextOf(t testing.TB, l *Latest) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	parts, err := l.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return stringsOf(parts)
}

// TestLatest: the newest of each topic, in the order in which the topics came, and a count of the others.
func TestLatest(t *testing.T) {
	l, _, send, _ := newLatest(t, 3)
	for i := range 3 {
		send("a", fmt.Sprint(i))
		send("b", fmt.Sprint(10*i), "more")
	}
	send("only a topic")
	for _, want := range []string{"[a 2]", "[b 20 more]", "[only a topic]"} {
		if got := fmt.Sprint(nextOf(t, l)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if n := l.Passed(); n != 4 {
		t.Errorf("%d were passed over, want 4", n)
	}
	send("a", "again")
	if got := fmt.Sprint(nextOf(t, l)); got != "[a again]" {
		t.Error(got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := l.Next(ctx)
	wantError(t, err, []error{context.DeadlineExceeded}, "latest (pull)")
}

// TestLatestBounded: more topics than are kept push out the one that has waited longest.
func TestLatestBounded(t *testing.T) {
	l, in, send, _ := newLatest(t, 2)
	for _, topic := range []string{"a", "b", "c", "b", "d"} {
		send(topic, "x")
	}
	for _, want := range []string{"c", "d"} {
		if got := nextOf(t, l); got[0] != want {
			t.Errorf("%q, want %s", got, want)
		}
	}
	if n := l.Passed(); n != 3 {
		t.Errorf("%d were passed over, want 3", n)
	}
	_, err := in.Latest(context.Background(), 0)
	wantError(t, err, []error{EINVAL}, "at least 1")
}

// TestLatestEnds: what is there comes before the error.
func TestLatestEnds(t *testing.T) {
	for name, end := range map[string]func(*Socket, func()){"context": func(_ *Socket, cancel func()) { cancel() }, "Close": func(s *Socket, _ func()) { s.Close() }} {
		l, in, send, cancel := newLatest(t, 10)
		send("a")
		send("b")
		end(in, cancel)
		<-l.done
		var got []string
		var last error
		for parts, err := range l.Messages(forever) {
			if err == nil {
				got = append(got, string(parts[0]))
			}
			last = err
		}
		if fmt.Sprint(got) != "[a b]" || !errors.Is(last, context.Canceled) && !errors.Is(last, ErrClosed) {
			t.Errorf("%s: %v, %v", name, got, last)
		}
		ctx, cancelNext := context.WithCancel(context.Background())
		cancelNext()
		_, err := l.Next(ctx)
		wantError(t, err, []error{context.Canceled}, "latest")
	}
}

// TestLatestSubscriber: a subscriber that is slow has the last word of each topic, whatever the publisher's pace.
func TestLatestSubscriber(t *testing.T) {
	sub, pub := newPair(t, Sub, Pub, "inproc", RecvHWM(0), SendHWM(0))
	must(sub.Set(Subscribe("")))
	awaitSubscription(t, pub, sub, "")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := mustGet(sub.Latest(ctx, 100))
	const topics, rounds = 10, 500
	for i := range rounds {
		for topic := range topics {
			sendText(t, pub, fmt.Sprint(topic), fmt.Sprint(i))
		}
	}
	got, newest := uint64(0), map[string]string{}
	for len(newest) < topics || got+l.Passed() < topics*rounds {
		m := nextOf(t, l)
		newest[m[0]] = m[1]
		got++
	}
	for topic, n := range newest {
		if n != fmt.Sprint(rounds-1) {
			t.Errorf("topic %s: the last message is number %s", topic, n)
		}
	}
	t.Logf("%d received, %d passed over", got, l.Passed())
}

// TestLatestMemory: the small messages of many topics do not keep the memory that large ones had.
func TestLatestMemory(t *testing.T) {
	l, _, send, _ := newLatest(t, 100)
	large := strings.Repeat("x", 1<<16)
	for i := range 50 {
		send("large", large, "more", "and more")
		send("large", large, "more", "and more")
		send(fmt.Sprint("small ", i), "x")
	}
	held := 0
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, e := range l.topics {
		parts := e.Value.(*latestMessage).parts
		for _, p := range parts[:cap(parts)] {
			if topic != "large" {
				held += cap(p)
			}
		}
	}
	if held > 50*4*latestSlack {
		t.Errorf("%d small messages keep %d bytes", len(l.topics)-1, held)
	}
}
