package zmq

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// crossings reports how often a socket entered C for one message.
func crossings(b *testing.B, messages int, socks ...*Socket) {
	total := uint64(0)
	for _, s := range socks {
		s.st.mu.Lock()
		total += s.st.crossings
		s.st.mu.Unlock()
	}
	b.ReportMetric(float64(total)/float64(messages), "crossings/msg")
}

func check(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCalls measures what a call costs where nobody waits and nobody else runs: a message is sent and
// received in turn.
func BenchmarkCalls(b *testing.B) {
	ctx := context.Background()
	for _, size := range []int{64, 4096} {
		out, in := make([]byte, size), make([]byte, size)
		var parts [][]byte
		n := new(Message)
		for _, turn := range []struct {
			name string
			f    func(push, pull *Socket)
		}{
			{"SendRecv", func(push, pull *Socket) {
				_, err := push.Send(out, 0)
				check(b, err)
				_, err = pull.Recv(in, 0)
				check(b, err)
			}},
			{"SendPartsAppendParts", func(push, pull *Socket) {
				check(b, push.SendParts(ctx, out))
				var err error
				parts, err = pull.AppendParts(ctx, parts[:0])
				check(b, err)
			}},
			{"ThreeParts", func(push, pull *Socket) {
				check(b, push.SendParts(ctx, out, out, out))
				var err error
				parts, err = pull.AppendParts(ctx, parts[:0])
				check(b, err)
			}},
			{"RecvParts", func(push, pull *Socket) {
				check(b, push.SendParts(ctx, out))
				_, err := pull.RecvParts(ctx)
				check(b, err)
			}},
			{"SendMsgRecvMsg", func(push, pull *Socket) {
				c, err := CopyMessage(out)
				check(b, err)
				check(b, push.SendMsg(c, 0))
				check(b, c.Close())
				check(b, pull.RecvMsg(n, 0))
			}},
		} {
			b.Run(turn.name+"/"+strconv.Itoa(size), func(b *testing.B) {
				pull, push := newPair(b, Pull, Push, "inproc")
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					turn.f(push, pull)
				}
				b.StopTimer()
				crossings(b, b.N, push, pull)
			})
		}
		n.Close()
	}
}

// BenchmarkBatch measures bursts, likewise.
func BenchmarkBatch(b *testing.B) {
	ctx := context.Background()
	for _, burst := range []int{1, 16, 256} {
		b.Run(strconv.Itoa(burst), func(b *testing.B) {
			pull, push := newPair(b, Pull, Push, "inproc")
			out, in := newTestBatch(b, burst), newTestBatch(b, burst)
			p := make([]byte, 64)
			b.ReportAllocs()
			b.ResetTimer()
			n := 0
			for n < b.N {
				for range burst {
					check(b, out.Add(p))
				}
				_, err := push.SendBatch(ctx, out)
				check(b, err)
				got, err := pull.RecvBatch(ctx, in)
				check(b, err)
				n += got
			}
			b.StopTimer()
			crossings(b, n, push, pull)
		})
	}
}

// BenchmarkStream measures a sender and a receiver that run at the same time.
func BenchmarkStream(b *testing.B) {
	for _, transport := range transports {
		b.Run(transport, func(b *testing.B) {
			pull, push := newPair(b, Pull, Push, transport)
			p, in := make([]byte, 64), make([]byte, 64)
			done := make(chan error, 1)
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				var err error
				for i := 0; i < b.N && err == nil; i++ {
					_, err = push.Send(p, 0)
				}
				done <- err
			}()
			for range b.N {
				_, err := pull.Recv(in, 0)
				check(b, err)
			}
			check(b, <-done)
			b.StopTimer()
			crossings(b, b.N, push, pull)
		})
	}
}

// BenchmarkRoundTrip measures a request and its reply, where both ends wait every time.
func BenchmarkRoundTrip(b *testing.B) {
	for _, transport := range transports {
		b.Run(transport, func(b *testing.B) {
			rep, req := newPair(b, Rep, Req, transport)
			done := make(chan error, 1)
			go func() {
				p := make([]byte, 64)
				var err error
				for i := 0; i < b.N && err == nil; i++ {
					if _, err = rep.Recv(p, 0); err == nil {
						_, err = rep.Send(p, 0)
					}
				}
				done <- err
			}()
			p := make([]byte, 64)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				_, err := req.Send(p, 0)
				check(b, err)
				_, err = req.Recv(p, 0)
				check(b, err)
			}
			check(b, <-done)
			b.StopTimer()
			crossings(b, b.N, rep, req)
		})
	}
}

// BenchmarkAmong measures a message between two sockets among many others, a goroutine waiting on each.
func BenchmarkAmong(b *testing.B) {
	for _, count := range []int{0, 100, 1000, 10_000} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			c := newTestContext(b, MaxSockets(count+20))
			pull, push := newTestSocket(b, c, Pull), newTestSocket(b, c, Push)
			connectTo(b, push, bindTo(b, pull, "tcp"))
			for range count {
				s := newTestSocket(b, c, Pull)
				go s.Recv(nil, 0)
			}
			inTurn(b, push, pull, make([]byte, 64))
		})
	}
}

// BenchmarkSubscriptions measures a message to a Sub with many subscriptions, of which one fits.
func BenchmarkSubscriptions(b *testing.B) {
	for _, count := range []int{1, 100, 10_000, 100_000} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			pub, sub := newPair(b, XPub, Sub, "inproc")
			p := make([]byte, 64)
			for i := range count {
				copy(p, fmt.Sprintf("%06d", i))
				check(b, sub.Set(Subscribe(string(p[:6]))))
				_, err := pub.Recv(make([]byte, 64), 0)
				check(b, err)
			}
			inTurn(b, pub, sub, p)
		})
	}
}

func inTurn(b *testing.B, out, in *Socket, p []byte) {
	got := make([]byte, len(p))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		_, err := out.Send(p, 0)
		check(b, err)
		_, err = in.Recv(got, 0)
		check(b, err)
	}
	b.StopTimer()
}

// BenchmarkShared measures a message of one sender to goroutines that share a socket.
func BenchmarkShared(b *testing.B) {
	for _, count := range []int{1, 4, 16, 64} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			pull, push := newPair(b, Pull, Push, "inproc")
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			b.ResetTimer()
			for range count {
				all.Add(1)
				go func() {
					defer all.Done()
					for p := make([]byte, 64); left.Add(-1) >= 0; {
						if _, err := pull.Recv(p, 0); err != nil {
							b.Error(err)
							return
						}
					}
				}()
			}
			p := make([]byte, 64)
			for range b.N {
				_, err := push.Send(p, 0)
				check(b, err)
			}
			all.Wait()
		})
	}
}
