package zmq

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"
)

// allTypes are the socket types of 3.1.
var allTypes = []SocketType{Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, XPub, XSub}

// sends and receives are the ways to do so, which refuse alike.
var sends = map[string]func(s *Socket) error{
	"Send":      sendOne,
	"SendMsg":   sendMsgOne,
	"SendParts": func(s *Socket) error { return s.SendParts(context.Background(), []byte("x"), []byte("y")) },
	"SendPart":  func(s *Socket) error { return s.SendPart(context.Background(), []byte("x"), 0) },
	"SendRest":  func(s *Socket) error { return s.SendRest(context.Background(), 0, []byte("x"), []byte("y")) },
	"SendMsgs": func(s *Socket) error {
		m, err := CopyMessage([]byte("x"))
		if err != nil {
			return err
		}
		defer m.Close()
		return s.SendMsgs(context.Background(), m)
	},
	"TrySendParts": func(s *Socket) error { return s.TrySendParts([]byte("x"), []byte("y")) },
	"TrySendMsgs": func(s *Socket) error {
		m := mustGet(CopyMessage([]byte("x")))
		defer m.Close()
		return s.TrySendMsgs(m)
	},
	"TrySendBatch": func(s *Socket) error {
		b := mustGet(NewBatch(4))
		defer b.Close()
		b.Add([]byte("x"))
		_, err := s.TrySendBatch(b)
		return err
	},
	"SendBatch": func(s *Socket) error {
		b, err := NewBatch(4)
		if err != nil {
			return err
		}
		defer b.Close()
		b.Add([]byte("x"))
		_, err = s.SendBatch(context.Background(), b)
		return err
	},
}

var receives = map[string]func(s *Socket) error{
	"Recv":           recvOne,
	"RecvMsg":        recvMsgOne,
	"RecvParts":      func(s *Socket) error { _, err := s.RecvParts(context.Background()); return err },
	"RecvPart":       func(s *Socket) error { _, _, err := s.RecvPart(context.Background(), 0); return err },
	"RecvRest":       func(s *Socket) error { _, err := s.RecvRest(context.Background(), 0); return err },
	"AppendParts":    func(s *Socket) error { _, err := s.AppendParts(context.Background(), nil); return err },
	"RecvMsgs":       func(s *Socket) error { _, err := s.RecvMsgs(context.Background()); return err },
	"TryRecvParts":   func(s *Socket) error { _, err := s.TryRecvParts(); return err },
	"TryAppendParts": func(s *Socket) error { _, err := s.TryAppendParts(nil); return err },
	"TryRecvMsgs":    func(s *Socket) error { _, err := s.TryRecvMsgs(); return err },
	"TryRecvBatch": func(s *Socket) error {
		b := mustGet(NewBatch(4))
		defer b.Close()
		_, err := s.TryRecvBatch(b)
		return err
	},
	"Chan": func(s *Socket) error { c := s.Chan(context.Background()); <-c.C; return c.Err() },
	"RecvBatch": func(s *Socket) error {
		b, err := NewBatch(4)
		if err != nil {
			return err
		}
		defer b.Close()
		_, err = s.RecvBatch(context.Background(), b)
		return err
	},
	"Messages": func(s *Socket) error {
		for _, err := range s.Messages(context.Background()) {
			return err
		}
		return nil
	},
}

// directionRows use sockets in the direction that their type does not have.
func directionRows() (rows []badRow) {
	add := func(ways map[string]func(*Socket) error, op string, types ...SocketType) {
		for name, f := range ways {
			for _, typ := range types {
				rows = append(rows, badRow{name + " on " + typ.String(), func(t *testing.T) error {
					return f(newTestSocket(t, newTestContext(t), typ))
				}, isNotSup, []string{op, typ.String()}})
			}
		}
	}
	add(sends, "send", Sub, Pull)
	add(receives, "recv", Pub, Push)
	for _, typ := range allTypes {
		if typ != Dealer {
			rows = append(rows, badRow{"Request on " + typ.String(), func(t *testing.T) error {
				_, err := newTestSocket(t, newTestContext(t), typ).Request(context.Background(), []byte("x"))
				return err
			}, isNotSup, []string{"request", typ.String()}})
		}
	}
	return rows
}

// turnRows use Req and Rep out of turn.
func turnRows() (rows []badRow) {
	add := func(name string, ways map[string]func(*Socket) error, op string, socket func(t *testing.T) *Socket) {
		for way, f := range ways {
			if way == "Chan" {
				continue // waits for the socket's turn
			}
			rows = append(rows, badRow{way + ", " + name, func(t *testing.T) error { return f(socket(t)) }, []error{EFSM}, []string{op}})
		}
	}
	add("req before its request", receives, "recv", func(t *testing.T) *Socket { return newTestSocket(t, newTestContext(t), Req) })
	add("rep before a request", sends, "send", func(t *testing.T) *Socket { return newTestSocket(t, newTestContext(t), Rep) })
	add("req before the reply", sends, "send", func(t *testing.T) *Socket {
		_, req := newPair(t, Rep, Req, "inproc")
		sendText(t, req, "1")
		return req
	})
	add("rep before its reply", receives, "recv", func(t *testing.T) *Socket {
		rep, req := newPair(t, Rep, Req, "inproc")
		sendText(t, req, "1")
		expectText(t, rep, "1")
		return rep
	})
	return rows
}

// messageRows use messages that were sent or closed.
func messageRows() (rows []badRow) {
	ways := map[string]func(t *testing.T, m *Message) error{
		"send message": func(t *testing.T, m *Message) error { return newTestSocket(t, newTestContext(t), Pub).SendMsg(m, 0) },
		"send messages": func(t *testing.T, m *Message) error {
			whole, err := CopyMessage([]byte("whole"))
			if err != nil {
				t.Fatal(err)
			}
			defer whole.Close()
			err = newTestSocket(t, newTestContext(t), Pub).SendMsgs(context.Background(), whole, m)
			if whole.String() != "whole" || whole.state.Load() != msgReady {
				t.Errorf("a part that was not at fault is %q now", whole)
			}
			return err
		},
		"copy message": func(_ *testing.T, m *Message) error { _, err := m.Copy(); return err },
		"move message": func(_ *testing.T, m *Message) error { return new(Message).Move(m) },
		"get property": func(_ *testing.T, m *Message) error { _, err := m.Gets("Socket-Type"); return err },
	}
	for way, f := range ways {
		op, _, _ := strings.Cut(way, " ")
		rows = append(rows,
			badRow{way + " that was sent", func(t *testing.T) error {
				m, err := CopyMessage([]byte("x"))
				if err != nil {
					t.Fatal(err)
				}
				if err := newTestSocket(t, newTestContext(t), Pub).SendMsg(m, 0); err != nil {
					t.Fatal(err)
				}
				return f(t, m)
			}, []error{ErrMessageSent}, []string{op}},
			badRow{way + " that is closed", func(t *testing.T) error { return f(t, closedMessage(t)) }, isClosed, []string{op}})
	}
	return append(rows,
		badRow{"raw, a closed message", func(t *testing.T) error {
			return closedMessage(t).Raw(func(unsafe.Pointer) error { return nil })
		}, isClosed, []string{"raw message"}},
		badRow{"receive into a closed message", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pull).RecvMsg(closedMessage(t), 0)
		}, isClosed, []string{"recv"}},
		badRow{"move to a closed message", func(t *testing.T) error {
			m, err := CopyMessage([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			err = closedMessage(t).Move(m)
			if m.String() != "x" {
				t.Errorf("the message that could not be moved is %q now", m)
			}
			return err
		}, isClosed, []string{"move message"}},
		badRow{"negative size", func(*testing.T) error { _, err := NewMessage(-1); return err }, []error{EINVAL}, []string{"new message", "negative"}},
		badRow{"impossible size", func(*testing.T) error { _, err := NewMessage(math.MaxInt - 100); return err }, []error{ENOMEM}, []string{"new message"}},
		badRow{"no parts", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pub).SendParts(context.Background())
		}, []error{EINVAL}, []string{"send", "at least one part"}},
		badRow{"no messages", func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), Pub).SendMsgs(context.Background())
		}, []error{EINVAL}, []string{"send", "at least one part"}},
		badRow{"one message twice", func(t *testing.T) error {
			m, err := CopyMessage([]byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			return newTestSocket(t, newTestContext(t), Pub).SendMsgs(context.Background(), m, m)
		}, []error{ErrInUse}, []string{"send", "in use"}},
	)
}

func contextRows() []badRow {
	row := func(name string, errs []error, says string, opts ...ContextOption) badRow {
		return badRow{name, func(t *testing.T) error {
			c, err := NewContext(opts...)
			if err == nil {
				c.Close()
			}
			return err
		}, errs, []string{"new context", says}}
	}
	invalid := []error{EINVAL}
	rows := []badRow{
		row("IOThreads negative", invalid, "IOThreads", IOThreads(-1)),
		row("IOThreads too many", invalid, "IOThreads", IOThreads(1<<30)),
		row("MaxSockets 0", invalid, "MaxSockets", MaxSockets(0)),
		row("MaxSockets negative", invalid, "MaxSockets", MaxSockets(-1)),
		row("MaxSockets too many", invalid, "MaxSockets", MaxSockets(1<<30)),
		row("CloseTimeout negative", invalid, "CloseTimeout", CloseTimeout(-1)),
	}
	for _, typ := range []SocketType{-1, 21, 99, math.MaxInt} {
		rows = append(rows, badRow{fmt.Sprint("socket type ", int(typ)), func(t *testing.T) error {
			_, err := newTestContext(t).NewSocket(typ)
			return err
		}, invalid, []string{"open socket", fmt.Sprint(int(typ))}})
	}
	if !Has("draft") {
		for typ := Server; typ <= Channel; typ++ {
			rows = append(rows, badRow{"draft type " + typ.String(), func(t *testing.T) error {
				_, err := newTestContext(t).NewSocket(typ)
				return err
			}, []error{ErrNotSupported}, []string{"open socket", typ.String(), "draft"}})
		}
	}
	return append(rows, badRow{"socket with a bad option", func(t *testing.T) error {
		c := newTestContext(t)
		_, err := c.NewSocket(Pull, RecvHWM(1), RecvHWM(-1))
		if n := len(c.st.openSockets); n != 0 {
			t.Errorf("%d sockets are left behind", n)
		}
		return err
	}, invalid, []string{"set RecvHWM", "pull"}})
}

func pollRows() []badRow {
	return []badRow{
		{"poll, negative timeout", func(*testing.T) error { _, err := Poll(nil, -2); return err }, []error{EINVAL}, []string{"poll", "Infinite"}},
		{"poll, nothing for ever", func(*testing.T) error { _, err := Poll(nil, Infinite); return err }, []error{EINVAL}, []string{"poll", "without end"}},
	}
}
