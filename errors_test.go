package zmq

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// errnoRow is one error number that one function of the 3.1 API can return: how to get it through this package
// and what it must be then, or why nobody can get it.
type errnoRow struct {
	function, errno string
	provoke         func(t *testing.T) error
	is              []error
	says            []string
	unreachable     string
}

var (
	isClosed     = []error{ErrClosed, net.ErrClosed, ENOTSOCK, syscall.ENOTSOCK}
	isTerminated = []error{ErrTerminated, net.ErrClosed, ETERM}
	isWouldBlock = []error{ErrWouldBlock, EAGAIN, syscall.EAGAIN}
	isTimeout    = []error{os.ErrDeadlineExceeded, EAGAIN, syscall.EAGAIN}
	isInvalid    = []error{EINVAL, syscall.EINVAL}
	isNotSup     = []error{ENOTSUP, syscall.ENOTSUP, ErrNotSupported, errors.ErrUnsupported}
)

// The reasons why some numbers are never seen.
const (
	handleIsKept = "a handle is kept in one place, checked under a lock and cleared when it is closed: C never sees NULL or a foreign pointer"
	eintrRetried = "the C side repeats a call that a signal interrupted"
	stateKept    = "a Message knows whether it was sent or closed, and says ErrMessageSent or ErrClosed"
)

// on makes a function that runs f on a socket of the type.
func on(typ SocketType, f func(t *testing.T, s *Socket) error) func(*testing.T) error {
	return func(t *testing.T) error { return f(t, newTestSocket(t, newTestContext(t), typ)) }
}

// closed makes a function that runs f on a socket that is closed.
func closed(f func(s *Socket) error) func(*testing.T) error {
	return on(Pair, func(t *testing.T, s *Socket) error {
		s.Close()
		return f(s)
	})
}

// terminated makes a function that runs f on a socket whose context was shut down.
func terminated(f func(s *Socket) error) func(*testing.T) error {
	return on(Pair, func(t *testing.T, s *Socket) error {
		s.Context().Shutdown()
		return f(s)
	})
}

// blocked makes a function that runs f on a goroutine of its own and end when f waits.
func blocked(f, end func(s *Socket) error) func(*testing.T) error {
	return on(Pair, func(t *testing.T, s *Socket) error {
		done := make(chan error)
		go func() { done <- f(s) }()
		parkedOn(t, s, 1)
		end(s)
		return <-done
	})
}

func shutdown(s *Socket) error { return s.Context().Shutdown() }

func bindEndpoint(endpoint string) func(*Socket) error {
	return func(s *Socket) error { return s.Bind(endpoint) }
}

func connectEndpoint(endpoint string) func(*Socket) error {
	return func(s *Socket) error { return s.Connect(endpoint) }
}

func recvOne(s *Socket) error { _, err := s.Recv(make([]byte, 1), 0); return err }

func sendMsgOne(s *Socket) error {
	m, err := CopyMessage([]byte("x"))
	if err != nil {
		return err
	}
	defer m.Close()
	return s.SendMsg(m, 0)
}

func recvMsgOne(s *Socket) error {
	var m Message
	defer m.Close()
	return s.RecvMsg(&m, 0)
}

var errnoRows = []errnoRow{
	{"zmq_init", "EINVAL", func(*testing.T) error { _, err := NewContext(IOThreads(-1)); return err }, isInvalid, []string{"IOThreads", "-1"}, ""},
	{"zmq_term", "EFAULT", nil, nil, nil, handleIsKept},
	{"zmq_term", "EINTR", nil, nil, nil, eintrRetried},

	{"zmq_socket", "EINVAL", func(t *testing.T) error { _, err := newTestContext(t).NewSocket(99); return err }, isInvalid, []string{"open socket", "99"}, ""},
	{"zmq_socket", "EFAULT", nil, nil, nil, handleIsKept},
	{"zmq_socket", "EMFILE", socketLimit, []error{ErrMaxSockets, EMFILE, syscall.EMFILE}, []string{"open socket", "MaxSockets"}, ""},
	{"zmq_socket", "ETERM", func(t *testing.T) error {
		c := newTestContext(t)
		c.Shutdown()
		_, err := c.NewSocket(Pair)
		return err
	}, isTerminated, []string{"open socket"}, ""},

	{"zmq_close", "ENOTSOCK", nil, nil, nil, "a second Close does nothing"},

	{"zmq_setsockopt", "EINVAL", on(Pair, func(_ *testing.T, s *Socket) error { return s.SetsockoptInt(999, 1) }), isInvalid, []string{"set", "999", "pair"}, ""},
	{"zmq_setsockopt", "ETERM", terminated(func(s *Socket) error { return s.Set(Linger(0)) }), isTerminated, []string{"set", "Linger"}, ""},
	{"zmq_setsockopt", "ENOTSOCK", closed(func(s *Socket) error { return s.Set(Linger(0)) }), isClosed, []string{"set", "Linger"}, ""},
	{"zmq_setsockopt", "EINTR", nil, nil, nil, eintrRetried},

	{"zmq_getsockopt", "EINVAL", on(Pair, func(_ *testing.T, s *Socket) error { _, err := s.GetsockoptInt(999); return err }), isInvalid, []string{"get", "999", "pair"}, ""},
	{"zmq_getsockopt", "ETERM", terminated(func(s *Socket) error { _, err := Linger.Get(s); return err }), isTerminated, []string{"get", "Linger"}, ""},
	{"zmq_getsockopt", "ENOTSOCK", closed(func(s *Socket) error { _, err := Linger.Get(s); return err }), isClosed, []string{"get", "Linger"}, ""},
	{"zmq_getsockopt", "EINTR", nil, nil, nil, eintrRetried},

	{"zmq_bind", "EINVAL", on(Rep, func(_ *testing.T, s *Socket) error { return s.Bind("nonsense") }), isInvalid, []string{"bind", "nonsense", "rep", "transport://address"}, ""},
	{"zmq_bind", "EPROTONOSUPPORT", on(Rep, func(_ *testing.T, s *Socket) error { return s.Bind("nosuch://x") }),
		[]error{EPROTONOSUPPORT, syscall.EPROTONOSUPPORT, ErrNotSupported, errors.ErrUnsupported}, []string{"bind", "nosuch://x"}, ""},
	{"zmq_bind", "ENOCOMPATPROTO", on(Rep, func(_ *testing.T, s *Socket) error { return s.Bind("epgm://lo;239.192.1.1:5555") }),
		[]error{ENOCOMPATPROTO}, []string{"bind", "epgm://lo;239.192.1.1:5555", "rep"}, ""},
	{"zmq_bind", "EADDRINUSE", func(t *testing.T) error {
		c := newTestContext(t)
		endpoint := bindTo(t, newTestSocket(t, c, Pull), "tcp")
		return newTestSocket(t, c, Pull).Bind(endpoint)
	}, []error{EADDRINUSE, syscall.EADDRINUSE}, []string{"bind", "tcp://127.0.0.1:"}, ""},
	{"zmq_bind", "EADDRNOTAVAIL", on(Pull, func(_ *testing.T, s *Socket) error { return s.Bind("tcp://192.0.2.1:5555") }),
		[]error{EADDRNOTAVAIL, syscall.EADDRNOTAVAIL}, []string{"bind", "tcp://192.0.2.1:5555"}, ""},
	{"zmq_bind", "ENODEV", on(Pull, func(_ *testing.T, s *Socket) error { return s.Bind("tcp://nosuch0:5555") }),
		[]error{ENODEV, syscall.ENODEV}, []string{"bind", "tcp://nosuch0:5555"}, ""},
	{"zmq_bind", "EMTHREAD", func(t *testing.T) error {
		return newTestSocket(t, newTestContext(t, IOThreads(0)), Pull).Bind(freeEndpoint(t, "tcp"))
	}, []error{EMTHREAD}, []string{"bind", "tcp://"}, ""},
	{"zmq_bind", "ETERM", terminated(bindEndpoint("inproc://x")), isTerminated, []string{"bind", "inproc://x"}, ""},
	{"zmq_bind", "ENOTSOCK", closed(bindEndpoint("inproc://x")), isClosed, []string{"bind", "inproc://x"}, ""},
	{"zmq_bind", "ENOENT", on(Pull, func(t *testing.T, s *Socket) error { return s.Bind("ipc://" + filepath.Join(shortDir(t), "none", "s")) }),
		[]error{ENOENT, syscall.ENOENT, fs.ErrNotExist}, []string{"bind", "ipc://"}, ""},
	{"zmq_bind", "ENAMETOOLONG", on(Pull, func(t *testing.T, s *Socket) error { return s.Bind("ipc:///tmp/" + strings.Repeat("x", 200)) }),
		[]error{ENAMETOOLONG, syscall.ENAMETOOLONG}, []string{"bind", "ipc:///tmp/xxx", "107 bytes"}, ""},
	{"zmq_bind", "EAFNOSUPPORT", nil, nil, nil, "only a system without IPv6 says so"},
	{"zmq_bind", "errno 0 (pgm)", nil, nil, nil, "the C side turns a failure without a reason into EINVAL"},

	{"zmq_connect", "EINVAL", on(Req, func(_ *testing.T, s *Socket) error { return s.Connect("tcp://127.0.0.1:abc") }), isInvalid, []string{"connect", "tcp://127.0.0.1:abc", "req", "abc"}, ""},
	{"zmq_connect", "EPROTONOSUPPORT", on(Req, func(_ *testing.T, s *Socket) error { return s.Connect("nosuch://x") }),
		[]error{EPROTONOSUPPORT, ErrNotSupported}, []string{"connect", "nosuch://x"}, ""},
	{"zmq_connect", "ENOCOMPATPROTO", on(Req, func(_ *testing.T, s *Socket) error { return s.Connect("pgm://lo;239.192.1.1:5555") }),
		[]error{ENOCOMPATPROTO}, []string{"connect", "pgm://lo;239.192.1.1:5555"}, ""},
	{"zmq_connect", "EMTHREAD", func(t *testing.T) error {
		return newTestSocket(t, newTestContext(t, IOThreads(0)), Pull).Connect(freeEndpoint(t, "ipc"))
	}, []error{EMTHREAD}, []string{"connect", "ipc://"}, ""},
	{"zmq_connect", "ETERM", terminated(connectEndpoint("inproc://x")), isTerminated, []string{"connect", "inproc://x"}, ""},
	{"zmq_connect", "ENOTSOCK", closed(connectEndpoint("inproc://x")), isClosed, []string{"connect", "inproc://x"}, ""},
	{"zmq_connect", "ECONNREFUSED", refused, []error{ECONNREFUSED, syscall.ECONNREFUSED}, []string{"connect", "inproc://nobody"}, ""},

	{"zmq_send", "EAGAIN (DONTWAIT)", on(Push, func(_ *testing.T, s *Socket) error { _, err := s.Send(nil, DontWait); return err }), isWouldBlock, []string{"send", "push"}, ""},
	{"zmq_send", "EAGAIN (timeout 0)", on(Push, func(t *testing.T, s *Socket) error { set(t, s, SendTimeout(0)); return sendOne(s) }), isWouldBlock, []string{"send", "push"}, ""},
	{"zmq_send", "EAGAIN (timeout)", on(Push, func(t *testing.T, s *Socket) error { set(t, s, SendTimeout(time.Millisecond)); return sendOne(s) }), isTimeout, []string{"send", "SendTimeout"}, ""},
	{"zmq_send", "ENOTSUP", on(Pull, func(_ *testing.T, s *Socket) error { return sendOne(s) }), isNotSup, []string{"send", "pull"}, ""},
	{"zmq_send", "EFSM", on(Rep, func(_ *testing.T, s *Socket) error { return sendOne(s) }), []error{EFSM}, []string{"send", "rep"}, ""},
	{"zmq_send", "EINVAL (XSUB)", nil, nil, nil, "only engines before 4.0 refuse what an xsub sends, and for them the number passes through"},
	{"zmq_send", "ETERM", terminated(sendOne), isTerminated, []string{"send", "pair"}, ""},
	{"zmq_send", "ETERM (blocked)", blocked(sendOne, shutdown), isTerminated, []string{"send", "pair"}, ""},
	{"zmq_send", "ENOTSOCK", closed(sendOne), isClosed, []string{"send", "pair"}, ""},
	{"zmq_send", "ENOTSOCK (blocked)", blocked(sendOne, (*Socket).Close), isClosed, []string{"send", "pair"}, ""},
	{"zmq_send", "EINTR", nil, nil, nil, eintrRetried},
	{"zmq_send", "ENOMEM", nil, nil, nil, "it takes a process without memory, which Go does not survive"},
	{"zmq_send", "ECANTROUTE", nil, nil, nil, "in the 3.1 manual only: no header has the number"},

	{"zmq_recv", "EAGAIN (DONTWAIT)", on(Pull, func(_ *testing.T, s *Socket) error { _, err := s.Recv(nil, DontWait); return err }), isWouldBlock, []string{"recv", "pull"}, ""},
	{"zmq_recv", "EAGAIN (timeout 0)", on(Pull, func(t *testing.T, s *Socket) error { set(t, s, RecvTimeout(0)); return recvOne(s) }), isWouldBlock, []string{"recv", "pull"}, ""},
	{"zmq_recv", "EAGAIN (timeout)", on(Pull, func(t *testing.T, s *Socket) error { set(t, s, RecvTimeout(time.Millisecond)); return recvOne(s) }), isTimeout, []string{"recv", "RecvTimeout"}, ""},
	{"zmq_recv", "ENOTSUP", on(Push, func(_ *testing.T, s *Socket) error { return recvOne(s) }), isNotSup, []string{"recv", "push"}, ""},
	{"zmq_recv", "EFSM", on(Req, func(_ *testing.T, s *Socket) error { return recvOne(s) }), []error{EFSM}, []string{"recv", "req"}, ""},
	{"zmq_recv", "ETERM", terminated(recvOne), isTerminated, []string{"recv", "pair"}, ""},
	{"zmq_recv", "ETERM (blocked)", blocked(recvOne, shutdown), isTerminated, []string{"recv", "pair"}, ""},
	{"zmq_recv", "ENOTSOCK", closed(recvOne), isClosed, []string{"recv", "pair"}, ""},
	{"zmq_recv", "ENOTSOCK (blocked)", blocked(recvOne, (*Socket).Close), isClosed, []string{"recv", "pair"}, ""},
	{"zmq_recv", "EINTR", nil, nil, nil, eintrRetried},

	{"zmq_sendmsg", "EAGAIN", on(Push, func(t *testing.T, s *Socket) error { set(t, s, SendTimeout(0)); return sendMsgOne(s) }), isWouldBlock, []string{"send", "push"}, ""},
	{"zmq_sendmsg", "ENOTSUP", on(Pull, func(_ *testing.T, s *Socket) error { return sendMsgOne(s) }), isNotSup, []string{"send", "pull"}, ""},
	{"zmq_sendmsg", "EFSM", on(Rep, func(_ *testing.T, s *Socket) error { return sendMsgOne(s) }), []error{EFSM}, []string{"send", "rep"}, ""},
	{"zmq_sendmsg", "ETERM", terminated(sendMsgOne), isTerminated, []string{"send", "pair"}, ""},
	{"zmq_sendmsg", "ENOTSOCK", closed(sendMsgOne), isClosed, []string{"send", "pair"}, ""},
	{"zmq_sendmsg", "EINTR", nil, nil, nil, eintrRetried},
	{"zmq_sendmsg", "EFAULT", nil, nil, nil, stateKept},

	{"zmq_recvmsg", "EAGAIN", on(Pull, func(t *testing.T, s *Socket) error { set(t, s, RecvTimeout(0)); return recvMsgOne(s) }), isWouldBlock, []string{"recv", "pull"}, ""},
	{"zmq_recvmsg", "ENOTSUP", on(Push, func(_ *testing.T, s *Socket) error { return recvMsgOne(s) }), isNotSup, []string{"recv", "push"}, ""},
	{"zmq_recvmsg", "EFSM", on(Req, func(_ *testing.T, s *Socket) error { return recvMsgOne(s) }), []error{EFSM}, []string{"recv", "req"}, ""},
	{"zmq_recvmsg", "ETERM", terminated(recvMsgOne), isTerminated, []string{"recv", "pair"}, ""},
	{"zmq_recvmsg", "ENOTSOCK", closed(recvMsgOne), isClosed, []string{"recv", "pair"}, ""},
	{"zmq_recvmsg", "EINTR", nil, nil, nil, eintrRetried},
	{"zmq_recvmsg", "EFAULT", nil, nil, nil, stateKept},

	{"zmq_msg_init_size", "ENOMEM", func(*testing.T) error { _, err := NewMessage(math.MaxInt); return err }, []error{ENOMEM, syscall.ENOMEM}, []string{"new message"}, ""},
	{"zmq_msg_init_data", "ENOMEM", nil, nil, nil, "it takes a process without memory, which Go does not survive"},
	{"zmq_msg_close", "EFAULT", nil, nil, nil, "a second Close does nothing"},
	{"zmq_msg_move", "EFAULT", func(t *testing.T) error { return new(Message).Move(closedMessage(t)) }, isClosed, []string{"move message"}, ""},
	{"zmq_msg_copy", "EFAULT", func(t *testing.T) error { _, err := closedMessage(t).Copy(); return err }, isClosed, []string{"copy message"}, ""},
	{"zmq_getmsgopt", "EINVAL", nil, nil, nil, "there is one option and a method for it, More"},

	{"zmq_poll", "EINVAL", nil, nil, nil, "a slice has no negative length"},
	{"zmq_poll", "EFAULT", nil, nil, nil, "a slice is not NULL when it has items"},
	{"zmq_poll", "ENOTSOCK", closed(pollOne), isClosed, []string{"poll", "pair"}, ""},
	{"zmq_poll", "ENOTSOCK (blocked)", blocked(pollOne, (*Socket).Close), isClosed, []string{"poll", "pair"}, ""},
	{"zmq_poll", "ETERM", terminated(pollOne), isTerminated, []string{"poll", "pair"}, ""},
	{"zmq_poll", "ETERM (blocked)", blocked(pollOne, shutdown), isTerminated, []string{"poll", "pair"}, ""},
	{"zmq_poll", "EINTR", nil, nil, nil, eintrRetried},
}

func pollOne(s *Socket) error {
	_, err := Poll([]PollItem{{Socket: s, Events: PollIn}}, Infinite)
	return err
}

func set(t testing.TB, s *Socket, opts ...SocketOption) {
	t.Helper()
	if err := s.Set(opts...); err != nil {
		t.Fatal(err)
	}
}

func closedMessage(t *testing.T) *Message {
	t.Helper()
	m, err := CopyMessage([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	return m
}

func socketLimit(t *testing.T) error {
	c, err := NewContext(MaxSockets(2))
	if !needs(t, Version{3, 2, 0}, err) {
		c = newTestContext(t)
		c.st.maxSockets = 3
	} else if err != nil {
		t.Fatal(err)
	} else {
		t.Cleanup(func() { c.Close() })
	}
	newTestSocket(t, c, Pair)
	newTestSocket(t, c, Pair)
	_, err = c.NewSocket(Pair)
	return err
}

// refused connects to an inproc name that nobody has bound, which engines from 4.0 on accept.
func refused(t *testing.T) error {
	s := newTestSocket(t, newTestContext(t), Pair)
	err := s.Connect("inproc://nobody")
	if err == nil && LibraryVersion().AtLeast(from40) {
		return s.endpointError("connect", "inproc://nobody", ECONNREFUSED)
	}
	return err
}

// TestErrnos goes through every error number of every function of the 3.1 API.
func TestErrnos(t *testing.T) {
	for _, row := range errnoRows {
		t.Run(row.function+" "+row.errno, func(t *testing.T) {
			if row.provoke == nil {
				if row.unreachable == "" {
					t.Error("neither a way to it nor a reason why there is none")
				}
				return
			}
			err := row.provoke(t)
			wantError(t, err, row.is, row.says...)
			if t.Failed() {
				return
			}
			var op *OpError
			if !errors.As(err, &op) {
				t.Errorf("%v is no *OpError", err)
			}
			if text := err.Error(); !strings.HasPrefix(text, "zmq: ") || strings.Count(text, "zmq: ") != 1 {
				t.Errorf("%q does not begin with the package's name, once", text)
			}
			for _, other := range []error{ErrClosed, ErrTerminated, ErrWouldBlock, os.ErrDeadlineExceeded, EFSM, io.EOF, fs.ErrNotExist} {
				if errors.Is(err, other) && !isAny(row.is, other) {
					t.Errorf("%v is %v as well", err, other)
				}
			}
		})
	}
}

func isAny(targets []error, err error) bool {
	for _, target := range targets {
		if errors.Is(target, err) {
			return true
		}
	}
	return false
}

// TestErrorsContext: what ends a wait is what is reported.
func TestErrorsContext(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Pair)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancel()
	soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for _, c := range []struct {
		ctx     context.Context
		want    error
		timeout bool
	}{{cancelled, context.Canceled, false}, {late, context.DeadlineExceeded, true}, {soon, context.DeadlineExceeded, true}} {
		_, recvErr := s.RecvParts(c.ctx)
		for op, err := range map[string]error{"recv": recvErr, "send": s.SendParts(c.ctx, []byte("x"))} {
			wantError(t, err, []error{c.want}, "zmq: "+op+" (pair): ")
			var op *OpError
			if errors.As(err, &op); op.Timeout() != c.timeout {
				t.Errorf("Timeout of %v is %v", err, op.Timeout())
			}
			if errors.Is(err, ErrWouldBlock) || errors.Is(err, ErrClosed) {
				t.Errorf("%v is more than it should be", err)
			}
		}
	}
}

// TestErrnoNumbers compares the numbers with those of the C header and the names with the macros' own.
func TestErrnoNumbers(t *testing.T) {
	want := map[Errno]int{EFSM: 156384763, ENOCOMPATPROTO: 156384764, ETERM: 156384765, EMTHREAD: 156384766}
	for e, n := range want {
		if int(e) != n || !e.own() {
			t.Errorf("%s is %d, want %d", e.Name(), int(e), n)
		}
	}
	names := map[string]Errno{}
	for e := range ownErrnos {
		names[e.Name()] = e
	}
	for e := range errnoNames {
		names[e.Name()] = e
	}
	got := macros(t, keys(names)...)
	for name, e := range names {
		if got[name] != int(e) {
			t.Errorf("%s is %d here and %d in C", name, int(e), got[name])
		}
		if text := StrError(e); text == "" || strings.Contains(text, "nknown error") {
			t.Errorf("StrError(%s) = %q", name, text)
		}
		if text := e.Error(); text == "" || strings.Contains(text, "errno") {
			t.Errorf("%s.Error() = %q", name, text)
		}
	}
	if got, want := Errno(12345).Name(), "errno 12345"; got != want {
		t.Errorf("the name of a number without one is %q, want %q", got, want)
	}
	if Errno(0).Error() == syscall.Errno(0).Error() {
		t.Error("a failure without a reason reads as if it were none")
	}
}

// TestErrnoIs checks what a number means to errors.Is, and what it does not.
func TestErrnoIs(t *testing.T) {
	targets := []error{ErrClosed, ErrTerminated, ErrWouldBlock, ErrNotSupported, ErrTooManyFiles, ErrMaxSockets, ErrMessageSent, ErrInUse,
		net.ErrClosed, errors.ErrUnsupported, os.ErrDeadlineExceeded, fs.ErrPermission, fs.ErrExist, fs.ErrNotExist, io.EOF,
		syscall.EAGAIN, syscall.EACCES, syscall.EINVAL}
	for e, is := range map[error][]error{
		EAGAIN:          {ErrWouldBlock, syscall.EAGAIN},
		ETERM:           {ErrTerminated, net.ErrClosed},
		ENOTSOCK:        {ErrClosed, net.ErrClosed},
		ENOTSUP:         {ErrNotSupported, errors.ErrUnsupported},
		EPROTONOSUPPORT: {ErrNotSupported, errors.ErrUnsupported},
		EACCES:          {fs.ErrPermission, syscall.EACCES},
		EEXIST:          {fs.ErrExist},
		ENOENT:          {fs.ErrNotExist},
		EINVAL:          {syscall.EINVAL},
		EFSM:            {},
		EMTHREAD:        {},
		ENOCOMPATPROTO:  {},
		&VersionError{}: {ErrNotSupported, errors.ErrUnsupported},
		errSendTimeout:  {os.ErrDeadlineExceeded, syscall.EAGAIN},
		errRecvTimeout:  {os.ErrDeadlineExceeded, syscall.EAGAIN},
		ErrClosed:       {ErrClosed, net.ErrClosed},
		ErrTerminated:   {ErrTerminated, net.ErrClosed},
		ErrWouldBlock:   {ErrWouldBlock, syscall.EAGAIN},
		ErrMaxSockets:   {ErrMaxSockets},
		ErrTooManyFiles: {ErrTooManyFiles},
		ErrMessageSent:  {ErrMessageSent},
		ErrInUse:        {ErrInUse},
	} {
		wrapped := &OpError{Op: "test", Type: noSocket, Err: withReason(e, "a reason")}
		for _, target := range targets {
			want := false
			for _, i := range is {
				want = want || i == target
			}
			if got := errors.Is(wrapped, target); got != want {
				t.Errorf("errors.Is(%v, %v) = %v", e, target, got)
			}
		}
		if e, ok := e.(Errno); ok && errors.Is(e, syscall.Errno(e)) == e.own() {
			t.Errorf("%s is the system's number: %v", e.Name(), !e.own())
		}
	}
}

func TestErrorsOpErrorText(t *testing.T) {
	for want, e := range map[string]*OpError{
		"zmq: bind tcp://*:1 (rep): permission denied":                   {Op: "bind", Type: Rep, Endpoint: "tcp://*:1", Err: EACCES},
		"zmq: set Linger (push): use of closed handle":                   {Op: "set", Type: Push, Option: "Linger", Err: ErrClosed},
		"zmq: terminate context: context deadline exceeded":              {Op: "terminate context", Type: noSocket, Err: context.DeadlineExceeded},
		`zmq: bind "ipc://a\nb" (pair): invalid argument`:                {Op: "bind", Type: Pair, Endpoint: "ipc://a\nb", Err: EINVAL},
		"zmq: unbind x (pair): Unbind needs libzmq 3.2.0, this is 3.1.0": {Op: "unbind", Type: Pair, Endpoint: "x", Err: &VersionError{"Unbind", Version{3, 2, 0}, floor}},
		"zmq: send (socket type 77): the SendTimeout ran out":            {Op: "send", Type: 77, Err: errSendTimeout},
		"zmq: recv (sub): the engine gave no reason":                     {Op: "recv", Type: Sub, Err: Errno(0)},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if errors.Unwrap(e) != e.Err {
			t.Errorf("%v unwraps to %v", e, errors.Unwrap(e))
		}
	}
}

func TestErrorsTimeout(t *testing.T) {
	for err, want := range map[error][2]bool{ // Timeout, Temporary
		ErrWouldBlock:            {true, true},
		EAGAIN:                   {true, true},
		ETIMEDOUT:                {true, true},
		EMFILE:                   {false, true},
		errRecvTimeout:           {true, true},
		errSendTimeout:           {true, true},
		context.DeadlineExceeded: {true, true},
		context.Canceled:         {false, false},
		EFSM:                     {false, false},
		ErrClosed:                {false, false},
		ErrTerminated:            {false, false},
	} {
		var e temporary = &OpError{Op: "test", Type: noSocket, Err: err}
		if got := [2]bool{e.Timeout(), e.Temporary()}; got != want {
			t.Errorf("%v: timeout, temporary are %v, want %v", err, got, want)
		}
		e = &OpError{Op: "test", Type: noSocket, Err: withReason(err, "a reason")}
		if e.Timeout() != want[0] {
			t.Errorf("%v with a reason: timeout is %v", err, e.Timeout())
		}
	}
}

// TestErrorsHotDoNotAllocate: who looks whether something is there now pays nothing for the answer no.
func TestErrorsHotDoNotAllocate(t *testing.T) {
	c := newTestContext(t)
	pull, push := newTestSocket(t, c, Pull, RecvTimeout(0)), newTestSocket(t, c, Push, SendTimeout(0))
	m, err := CopyMessage([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var into Message
	defer into.Close()
	buf, ctx := make([]byte, 10), context.Background()
	for name, f := range map[string]func() error{
		"Recv":        func() error { _, err := pull.Recv(buf, DontWait); return err },
		"RecvMsg":     func() error { return pull.RecvMsg(&into, DontWait) },
		"RecvParts":   func() error { _, err := pull.RecvParts(ctx); return err },
		"AppendParts": func() error { _, err := pull.AppendParts(ctx, nil); return err },
		"Send":        func() error { _, err := push.Send(buf, DontWait); return err },
		"SendMsg":     func() error { return push.SendMsg(m, DontWait) },
		"SendParts":   func() error { return push.SendParts(ctx, buf) },
	} {
		var last error
		if n := testing.AllocsPerRun(100, func() { last = f() }); n != 0 && !raced {
			t.Errorf("%s allocates %v times to say that it would wait", name, n)
		}
		wantError(t, last, isWouldBlock)
	}
}

func keys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	return all
}

// temporary is net.Error, whose Temporary is deprecated and asked for all the same.
type temporary interface {
	Timeout() bool
	Temporary() bool
}
