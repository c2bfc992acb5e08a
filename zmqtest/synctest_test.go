//go:build go1.25

package zmqtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/zmq"
	"example.org/zmq/zmqtest"
)

// TestSynctestPipe: those who wait at a pipe are durably blocked, so that an hour passes at once.
func TestSynctestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := zmqtest.Pipe(0)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := b.RecvParts(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		go zmqtest.Send(t, a, "x")
		synctest.Wait()
		zmqtest.Expect(t, b, "x")
	})
}

// TestSynctestSockets: sockets work in a bubble, and its clock stands still while a goroutine waits for one.
func TestSynctestSockets(t *testing.T) {
	rep, req := zmqtest.NewPair(t, zmq.Rep, zmq.Req)
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		got := make(chan []string)
		go func() { got <- zmqtest.Recv(t, rep) }()
		zmqtest.Send(t, req, "x")
		if parts := <-got; parts[0] != "x" || !time.Now().Equal(begin) {
			t.Errorf("%q after %v", parts, time.Since(begin))
		}
	})
}
