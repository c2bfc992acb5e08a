package zmq

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestSmoke(t *testing.T) {
	fmt.Println(LinkInfo(), Has("curve"), Has("gssapi"), Has("ws"))
	c, err := NewContext()
	if err != nil {
		t.Fatal(err)
	}
	for _, ep := range []string{"inproc://a", "tcp://127.0.0.1:*", "ipc://@zz"} {
		rep, err := c.NewSocket(Rep)
		if err != nil {
			t.Fatal(err)
		}
		if err := rep.Bind(ep); err != nil {
			t.Fatal(err)
		}
		ep, _ = rep.LastEndpoint()
		req, _ := c.NewSocket(Req)
		if err := req.Connect(ep); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			for m, err := range rep.Messages(ctx) {
				if err != nil {
					return
				}
				rep.SendParts(ctx, m...)
			}
		}()
		t0 := time.Now()
		const N = 20000
		for i := 0; i < N; i++ {
			req.SendParts(ctx, []byte("a"), []byte("b"))
			m, err := req.RecvParts(ctx)
			if err != nil || len(m) != 2 {
				t.Fatal(err, m)
			}
		}
		fmt.Println(ep, time.Since(t0)/N)
		cancel()
		req.Close()
		rep.Close()
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
