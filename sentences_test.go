package zmq

import (
	"context"
	"errors"
	"testing"
)

// bare returns the number at the end of an error that says nothing more, and whether it is one.
func bare(err error) bool {
	var op *OpError
	if !errors.As(err, &op) {
		return false
	}
	_, is := op.Err.(Errno)
	return is
}

// TestSentences: errors that libzmq leaves bare say what to do.
func TestSentences(t *testing.T) {
	c := newTestContext(t)
	req := newTestSocket(t, c, Req)
	rep := newTestSocket(t, c, Rep)
	connectTo(t, req, bindTo(t, rep, "inproc"))
	_, err := req.Recv(nil, 0)
	wantError(t, err, []error{EFSM}, "recv (req)", "send one first")
	_, err = rep.Send(nil, 0)
	wantError(t, err, []error{EFSM}, "send (rep)", "receive one first")
	sendText(t, req, "1")
	for way, send := range sends {
		err := send(req)
		wantError(t, err, []error{EFSM}, "send (req)", "ReqRelaxed", "Request on a Dealer")
		if t.Failed() {
			t.Fatal(way)
		}
	}
	expectText(t, rep, "1")
	_, err = rep.Recv(nil, 0)
	wantError(t, err, []error{EFSM}, "recv (rep)", "send it first")
	_, err = newTestSocket(t, c, Pull).Send(nil, 0)
	wantError(t, err, isNotSup, "a pull does not send")
	_, err = newTestSocket(t, c, Push).Recv(nil, 0)
	wantError(t, err, isNotSup, "a push does not receive")
	_, err = newTestSocket(t, c, Dealer).Request(context.Background())
	wantError(t, err, isInvalid, "request (dealer)", "at least one part")

	s := newTestSocket(t, c, Pair)
	wantError(t, s.Bind("ipc://"), isInvalid, "path is missing", "ipc:///path")
	wantError(t, s.Connect("inproc://"), isInvalid, "name is missing")
	wantError(t, s.Bind("tcp://"), isInvalid, "tcp://host:port")
	wantError(t, s.SetsockoptInt(999, 1), isInvalid, "set option 999", "does not have the option")
	_, err = s.GetsockoptInt(999)
	wantError(t, err, isInvalid, "get option 999", "does not have the option")
	if atFloor() {
		return
	}
	words := []string{"a pull has no subscriptions", "XPubManual"}
	if !apiVersion().AtLeast(from40) {
		words = []string{"only a sub socket has it"}
	}
	wantError(t, newTestSocket(t, c, Pull).Set(Subscribe("x")), isInvalid, words...)
	wantError(t, newTestSocket(t, c, XPub).Set(Subscribe("x")), isInvalid, "set Subscribe (xpub)")
	bindTo(t, s, "tcp")
	wantError(t, s.Unbind("tcp://127.0.0.1:*"), []error{ENOENT}, "LastEndpoint")
	wantError(t, s.Unbind("tcp://127.0.0.1:1"), []error{ENOENT}, "not bound to it")
	wantError(t, s.Disconnect("tcp://127.0.0.1:1"), []error{ENOENT}, "not connected to it")
	wantError(t, s.Unbind("ipc://"), isInvalid, "path is missing")
	r := newTestSocket(t, c, Router, RouterMandatory(true))
	wantError(t, r.SendParts(forever, []byte("nobody"), []byte("x")), []error{EHOSTUNREACH}, "no peer of that name")
	conflate := newTestSocket(t, c, Push)
	if err := conflate.Set(Conflate(true)); needs(t, from40, err) {
		wantError(t, conflate.SendParts(forever, []byte("x"), []byte("y")), isInvalid, "messages of one part")
	}
	device := newTestSocket(t, c, Pull)
	needsEngine(t, from423, "it brought BindToDevice and ThreadAffinityRemove", device.Set(BindToDevice("nosuch0")), c.Set(ThreadAffinityRemove(5)))
	if err := device.Bind("tcp://127.0.0.1:*"); !errors.Is(err, ENODEV) && !errors.Is(err, EPERM) {
		t.Errorf("a device that is not there: %v", err)
	} else {
		wantError(t, err, nil, `BindToDevice("nosuch0")`, "network interface", "CAP_NET_RAW")
	}
	wantError(t, c.Set(ThreadAffinityRemove(5)), isInvalid, "was not added")
}

// TestSentencesNoBareErrors provokes what errors it can, on every type of socket, and finds none that is a number and no more.
func TestSentencesNoBareErrors(t *testing.T) {
	c := newTestContext(t)
	rows, _ := walkRows()
	for _, typ := range walkTypes() {
		for _, r := range rows {
			for _, o := range walkEnds(r) {
				s := newTestSocket(t, c, typ)
				for how, err := range map[string]error{"name": s.Set(o), "number": s.SetsockoptBytes(r.id, []byte("x")), "get": second(s.GetsockoptInt(r.id))} {
					if bare(err) {
						t.Errorf("%v by %s: %v", o, how, err)
					}
				}
				s.Close()
			}
		}
		s := newTestSocket(t, c, typ, SendTimeout(0), RecvTimeout(0))
		for _, endpoint := range []string{"", "tcp", "ipc://", "tcp://127.0.0.1:1", "udp://127.0.0.1:1", "ws://127.0.0.1:*", "vmci://*:1", "tipc://{1,2,3}", "norm://127.0.0.1:5", "pgm://lo;239.0.0.1:5555", "ipc:///no/such/path", "inproc://x", "tcp://lo:x", "tcp://192.0.2.1:5"} {
			for what, f := range map[string]func(string) error{"bind": s.Bind, "unbind": s.Unbind, "connect": s.Connect, "disconnect": s.Disconnect} {
				if err := f(endpoint); bare(err) {
					t.Errorf("%v %s %s: %v", typ, what, endpoint, err)
				}
			}
		}
		for _, ways := range []map[string]func(*Socket) error{sends, receives} {
			for way, f := range ways {
				for range 2 {
					if err := f(s); bare(err) {
						t.Errorf("%v %s: %v", typ, way, err)
					}
				}
			}
		}
		s.Close()
	}
}

func second[T any](_ T, err error) error { return err }

// TestSentencesTurn asks for the sentences of numbers that depend on the type.
func TestSentencesTurn(t *testing.T) {
	c := newTestContext(t)
	for _, typ := range allTypes {
		s := newTestSocket(t, c, typ)
		for _, e := range []Errno{EFSM, ENOTSUP, ENOMEM, ENOCOMPATPROTO} {
			for _, op := range []string{"send", "recv"} {
				if err := s.st.sentence(op, e); bare(&OpError{Err: err}) {
					t.Errorf("%s of a %v: %s is bare", op, typ, e.Name())
				}
			}
		}
	}
}
