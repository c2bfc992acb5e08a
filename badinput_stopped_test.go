package zmq

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// TestBadInputStoppedSocket calls every method of a socket that is closed, and of one whose context was shut down.
func TestBadInputStoppedSocket(t *testing.T) {
	methods := map[string]func(s *Socket) error{
		"Bind":            bindEndpoint("inproc://x"),
		"Connect":         connectEndpoint("inproc://x"),
		"Unbind":          func(s *Socket) error { return s.Unbind("inproc://x") },
		"Disconnect":      func(s *Socket) error { return s.Disconnect("inproc://x") },
		"LastEndpoint":    func(s *Socket) error { _, err := s.LastEndpoint(); return err },
		"Events":          func(s *Socket) error { _, err := s.Events(); return err },
		"Set":             func(s *Socket) error { return s.Set(Linger(0)) },
		"GetsockoptInt":   func(s *Socket) error { _, err := s.GetsockoptInt(optLinger); return err },
		"GetsockoptInt64": func(s *Socket) error { _, err := s.GetsockoptInt64(22); return err },
		"GetsockoptBytes": func(s *Socket) error { _, err := s.GetsockoptBytes(5); return err },
		"SetsockoptInt":   func(s *Socket) error { return s.SetsockoptInt(optLinger, 0) },
		"SetsockoptInt64": func(s *Socket) error { return s.SetsockoptInt64(22, -1) },
		"SetsockoptBytes": func(s *Socket) error { return s.SetsockoptBytes(5, []byte("x")) },
		"SetsockoptNull":  func(s *Socket) error { return s.SetsockoptNull(optWelcome) },
		"SendPart":        func(s *Socket) error { return s.SendPart(context.Background(), []byte("x"), 0) },
		"SendRest":        func(s *Socket) error { return s.SendRest(context.Background(), 0, []byte("x")) },
		"RecvPart":        func(s *Socket) error { _, _, err := s.RecvPart(context.Background(), 0); return err },
		"RecvRest":        func(s *Socket) error { _, err := s.RecvRest(context.Background(), 0); return err },
		"Monitor":         func(s *Socket) error { _, err := s.Monitor(EventAll); return err },
		"MonitorAt":       func(s *Socket) error { _, err := s.MonitorAt("inproc://y", EventAll); return err },
		"Request":         func(s *Socket) error { _, err := s.Request(context.Background(), []byte("x")); return err },
		"WaitConnected":   func(s *Socket) error { return s.WaitConnected(context.Background(), 1) },
		"WaitSubscriber":  func(s *Socket) error { return s.WaitSubscriber(context.Background(), "x") },
		"Raw":             func(s *Socket) error { return s.Raw(func(unsafe.Pointer) error { return nil }) },
		"Disown":          func(s *Socket) error { _, err := s.Disown(); return err },
	}
	for _, ways := range []map[string]func(*Socket) error{sends, receives} {
		for name, f := range ways {
			methods[name] = f
		}
	}
	typeOf := func(name string) SocketType {
		if name == "WaitSubscriber" {
			return XPub
		}
		return Dealer
	}
	answers := map[string]bool{"Close": true, "Context": true, "LogValue": true, "Stats": true, "String": true, "Type": true} // always
	typ := reflect.TypeFor[*Socket]()
	for i := range typ.NumMethod() {
		if name := typ.Method(i).Name; methods[name] == nil && !answers[name] {
			t.Errorf("the method %s is not tested here: add it", name)
		}
	}
	for name, f := range methods {
		for state, stop := range map[string]struct {
			do func(*Socket)
			is []error
		}{
			"closed":     {func(s *Socket) { s.Close() }, isClosed},
			"terminated": {func(s *Socket) { s.Context().Shutdown() }, isTerminated},
			"both":       {func(s *Socket) { s.Context().Shutdown(); s.Close() }, isClosed},
		} {
			if name == "Disown" && state == "terminated" {
				continue // it may still be given away, to be closed
			}
			t.Run(name+", "+state, func(t *testing.T) {
				s := newTestSocket(t, newTestContext(t), typeOf(name))
				stop.do(s)
				err := f(s)
				var version *VersionError
				if atFloor() && errors.As(err, &version) {
					return
				}
				wantError(t, err, stop.is, "zmq: ", typeOf(name).String())
			})
		}
	}
	s := newTestSocket(t, newTestContext(t), Dealer)
	connectTo(t, s, bindTo(t, newTestSocket(t, s.Context(), Router), "inproc"))
	for range 3 {
		if err := s.Close(); err != nil {
			t.Errorf("Close again: %v", err)
		}
	}
	if s.Type() != Dealer || s.Context() == nil || !strings.HasPrefix(s.String(), "dealer inproc://") {
		t.Errorf("a closed socket no longer knows what it was: %v", s)
	}
}
