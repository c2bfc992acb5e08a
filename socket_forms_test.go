package zmq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// messages are what the tests send: one part and many, empty and large.
var messages = func() (all [][][]byte) {
	for _, n := range sizes {
		all = append(all, [][]byte{pattern(n)})
	}
	many := make([][]byte, 40) // more than a frame buffer has frames
	for i := range many {
		many[i] = pattern(i * 50)
	}
	return append(all,
		[][]byte{{}, {}}, [][]byte{[]byte("a"), {}, []byte("c")}, [][]byte{{}, pattern(3000), {}},
		[][]byte{pattern(10_000), pattern(20_000), pattern(1)}, many)
}()

// sendWays are all the ways to send a message, and recvWays all those to receive one.
var sendWays = map[string]func(s *Socket, msg [][]byte) error{
	"Send": func(s *Socket, msg [][]byte) error {
		for i, p := range msg {
			flags := SndMore
			if i == len(msg)-1 {
				flags = 0
			}
			if n, err := s.Send(p, flags); err != nil || n != len(p) {
				return fmt.Errorf("part %d: %d bytes, %w", i, n, err)
			}
		}
		return nil
	},
	"SendMsg": func(s *Socket, msg [][]byte) error {
		for i, p := range msg {
			m, err := CopyMessage(p)
			if err != nil {
				return err
			}
			flags := SndMore
			if i == len(msg)-1 {
				flags = 0
			}
			if err := errors.Join(s.SendMsg(m, flags), m.Close()); err != nil {
				return err
			}
		}
		return nil
	},
	"SendParts": func(s *Socket, msg [][]byte) error { return s.SendParts(context.Background(), msg...) },
	"SendMsgs": func(s *Socket, msg [][]byte) error {
		parts := make([]*Message, len(msg))
		for i, p := range msg {
			var err error
			if parts[i], err = PinMessage(p, nil); err != nil {
				return err
			}
			defer parts[i].Close()
		}
		return s.SendMsgs(context.Background(), parts...)
	},
	"SendBatch": func(s *Socket, msg [][]byte) error {
		b, err := NewBatch(len(msg))
		if err != nil {
			return err
		}
		defer b.Close()
		if err := b.Add(msg...); err != nil {
			return err
		}
		if n, err := s.SendBatch(context.Background(), b); n != 1 || err != nil {
			return fmt.Errorf("%d sent, %w", n, err)
		}
		return nil
	},
}

var recvWays = map[string]func(s *Socket) ([][]byte, error){
	"Recv": func(s *Socket) (msg [][]byte, err error) {
		for {
			p := make([]byte, 1<<20)
			n, err := s.Recv(p, 0)
			if err != nil {
				return nil, err
			}
			msg = append(msg, p[:n])
			if more, err := RecvMore.Get(s); !more || err != nil {
				return msg, err
			}
		}
	},
	"RecvMsg": func(s *Socket) (msg [][]byte, err error) {
		var m Message
		defer m.Close()
		for {
			if err := s.RecvMsg(&m, 0); err != nil {
				return nil, err
			}
			msg = append(msg, append([]byte{}, m.Bytes()...))
			if !m.More() {
				return msg, nil
			}
		}
	},
	"RecvParts": func(s *Socket) ([][]byte, error) { return s.RecvParts(context.Background()) },
	"AppendParts": func(s *Socket) ([][]byte, error) {
		old := [][]byte{[]byte("kept"), make([]byte, 0, 100), nil}
		msg, err := s.AppendParts(context.Background(), old[:1])
		if err == nil && string(msg[0]) != "kept" {
			err = errors.New("what was in dst is gone")
		}
		return msg[1:], err
	},
	"RecvMsgs": func(s *Socket) (msg [][]byte, err error) {
		parts, err := s.RecvMsgs(context.Background())
		for i, m := range parts {
			if m.More() != (i < len(parts)-1) {
				return nil, fmt.Errorf("More of part %d is %v", i, m.More())
			}
			msg = append(msg, append([]byte{}, m.Bytes()...))
			m.Close()
		}
		return msg, err
	},
	"RecvBatch": func(s *Socket) ([][]byte, error) {
		b, err := NewBatch(1)
		if err != nil {
			return nil, err
		}
		defer b.Close()
		if n, err := s.RecvBatch(context.Background(), b); n != 1 || err != nil {
			return nil, fmt.Errorf("%d received, %w", n, err)
		}
		msg := slices.Clone(b.Message(0))
		for i := range msg {
			msg[i] = append([]byte{}, msg[i]...)
		}
		return msg, nil
	},
	"Messages": func(s *Socket) ([][]byte, error) {
		for msg, err := range s.Messages(context.Background()) {
			return msg, err
		}
		return nil, errors.New("the loop did not run")
	},
}

// TestSocketSendRecvForms sends every message in every way and receives it in every other.
func TestSocketSendRecvForms(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		for sendName, send := range sendWays {
			for recvName, recv := range recvWays {
				for _, msg := range messages {
					if transport != "inproc" && len(msg) == 1 && len(msg[0]) > 1<<16 && recvName != "RecvParts" && sendName != "SendParts" {
						continue // once by each is enough of the largest
					}
					if err := send(push, msg); err != nil {
						t.Fatalf("%s: %v", sendName, err)
					}
					got, err := recv(pull)
					if err != nil {
						t.Fatalf("%s: %v", recvName, err)
					}
					if len(got) != len(msg) || !slices.EqualFunc(got, msg, bytes.Equal) {
						t.Errorf("%d parts, the first of %d bytes, from %s to %s: %d parts arrived, the first of %d bytes",
							len(msg), len(msg[0]), sendName, recvName, len(got), len(got[0]))
					}
				}
			}
		}
	})
}

// TestSocketRecvShortBuffer: Recv returns the full size, and what did not fit is gone.
func TestSocketRecvShortBuffer(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		for _, size := range []int{0, 1, 4, 5, 33, 5000, 100_000} {
			want := pattern(size)
			for _, room := range []int{0, 1, 4, 33, 6000} {
				if err := push.SendParts(context.Background(), want); err != nil {
					t.Fatal(err)
				}
				buf := bytes.Repeat([]byte{0xEE}, room+1)
				n, err := pull.Recv(buf[:room], 0)
				if err != nil || n != size {
					t.Fatalf("%d bytes into %d: %d, %v", size, room, n, err)
				}
				if !bytes.Equal(buf[:min(room, size)], want[:min(room, size)]) {
					t.Errorf("%d bytes into %d are others", size, room)
				}
				if buf[room] != 0xEE {
					t.Errorf("%d bytes into %d were written beyond their end", size, room)
				}
				sendText(t, push, "next")
				expectText(t, pull, "next")
			}
		}
	})
}

// TestSocketUnfinishedMessage: one that is never finished never arrives, and does not keep anything from closing.
func TestSocketUnfinishedMessage(t *testing.T) {
	overTransports(t, func(t *testing.T, transport string) {
		pull, push := newPair(t, Pull, Push, transport)
		sendText(t, push, "whole")
		if _, err := push.Send([]byte("half"), SndMore); err != nil {
			t.Fatal(err)
		}
		expectText(t, pull, "whole")
		if err := push.Close(); err != nil {
			t.Fatal(err)
		}
		expectNothing(t, pull)
	})
}

// TestSocketRecvOwnsMemory: what RecvParts returns is the caller's own, and what was sent may be reused at once.
func TestSocketRecvOwnsMemory(t *testing.T) {
	pull, push := newPair(t, Pull, Push, "inproc")
	buf := []byte("first")
	var got [][][]byte
	for _, text := range []string{"first", "other", "third"} {
		copy(buf, text)
		if err := push.SendParts(context.Background(), buf, buf); err != nil {
			t.Fatal(err)
		}
		copy(buf, "XXXXX")
		msg, err := pull.RecvParts(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, msg)
	}
	for i, text := range []string{"first", "other", "third"} {
		for j := range 2 {
			if string(got[i][j]) != text {
				t.Errorf("part %d of message %d became %q", j, i, got[i][j])
			}
		}
	}
	// Appending to a part does not reach into the next.
	msg := got[0]
	_ = append(msg[0], "longer than before"...)
	if string(msg[1]) != "first" {
		t.Errorf("the second part became %q", msg[1])
	}
}

// TestSocketAppendPartsFails: on failure dst is as it was.
func TestSocketAppendPartsFails(t *testing.T) {
	pull := newTestSocket(t, newTestContext(t), Pull, RecvTimeout(0))
	dst := [][]byte{[]byte("a"), []byte("b")}
	got, err := pull.AppendParts(context.Background(), dst[:1])
	wantError(t, err, isWouldBlock)
	if diff := cmp.Diff([][]byte{[]byte("a")}, got); diff != "" || string(dst[1]) != "b" {
		t.Errorf("dst changed: %q", dst)
	}
}
