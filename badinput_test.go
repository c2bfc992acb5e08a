package zmq

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// badRow is one input that must be refused, and how.
type badRow struct {
	name string
	do   func(t *testing.T) error
	is   []error  // what the error is
	says []string // what its text names: the operation, the endpoint or option, and the way out
}

// TestBadInput refuses everything that a user can get wrong, one row for each mistake, and comes out of it
// alive. Rows are made by the functions below.
func TestBadInput(t *testing.T) {
	var rows []badRow
	for _, more := range [][]badRow{
		malformedEndpoints(), tcpBindRows(), tcpConnectRows(), ipcRows(), inprocRows(), multicastRows(),
		rangeRows(), optionRows(), directionRows(), turnRows(), messageRows(), contextRows(), pollRows(),
	} {
		rows = append(rows, more...)
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			err := row.do(t)
			var version *VersionError
			if errors.As(err, &version) && !apiVersion().AtLeast(version.Need) {
				return // the feature is newer than the engine, which is the clearest of answers
			}
			wantError(t, err, row.is, append(row.says, "zmq: ")...)
			var op *OpError
			if err != nil && !errors.As(err, &op) {
				t.Errorf("%v (%T) is no *OpError", err, err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Errorf("%q would break a log", err)
			}
		})
	}
	if len(rows) < 250 {
		t.Errorf("only %d rows: where is the rest?", len(rows))
	}
	t.Logf("%d rows", len(rows))
}

// rangeRows go beyond both ends of every option's range.
func rangeRows() (rows []badRow) {
	add := func(r *optionRow, o SocketOption, what string) {
		o.row = r
		rows = append(rows, badRow{"set " + r.name + " " + what, func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), typeFor(r)).Set(o)
		}, isInvalid, []string{"set " + r.name, "out of range"}})
	}
	for _, r := range optionTable {
		if !r.set || r.has != "" {
			continue
		}
		switch r.kind {
		case kindBytes:
			if r.min > 0 {
				add(r, SocketOption{str: strings.Repeat("x", int(r.min)-1)}, "too short")
			}
			if r.max < math.MaxInt32 {
				add(r, SocketOption{str: strings.Repeat("x", int(r.max)+1)}, "too long")
			}
		case kindUint64:
		default:
			if r.min > math.MinInt64 {
				add(r, SocketOption{num: r.min - 1}, "too small")
			}
			if r.max < math.MaxInt64 {
				add(r, SocketOption{num: r.max + 1}, "too large")
			}
		}
	}
	return rows
}

// typeFor returns a socket type that has the option.
func typeFor(r *optionRow) SocketType {
	switch {
	case r.name == "Subscribe" || r.name == "Unsubscribe":
		return Sub
	case len(r.types) > 0 && (r.types[0] != Stream || apiVersion().AtLeast(from40)):
		return r.types[0]
	}
	return Dealer
}

func optionRows() (rows []badRow) {
	add := func(name string, typ SocketType, says string, opts ...SocketOption) {
		rows = append(rows, badRow{name, func(t *testing.T) error {
			return newTestSocket(t, newTestContext(t), typ).Set(opts...)
		}, []error{EINVAL}, []string{"set ", typ.String(), says}})
	}
	for name, o := range map[string]SocketOption{
		"Linger": Linger(-2), "RecvTimeout": RecvTimeout(-time.Second), "SendTimeout": SendTimeout(-2),
		"ReconnectInterval": ReconnectInterval(-time.Millisecond), "RecoveryInterval": RecoveryInterval(-time.Hour),
	} {
		add(name+" negative", Dealer, "Infinite", o)
	}
	for name, o := range map[string]SocketOption{
		"Linger": Linger(math.MaxInt64), "RecvTimeout": RecvTimeout(math.MaxInt64), "ReconnectIntervalMax": ReconnectIntervalMax(1 << 60),
	} {
		add(name+" too long", Dealer, name, o)
	}
	add("RecoveryInterval infinite", Pub, "RecoveryInterval", RecoveryInterval(Infinite))
	add("SendHWM negative", Push, "SendHWM", SendHWM(-1))
	add("RecvHWM negative", Pull, "RecvHWM", RecvHWM(math.MinInt))
	add("RecvHWM too large", Pull, "RecvHWM", RecvHWM(math.MaxInt))
	add("SendBuf negative", Push, "SendBuf", SendBuf(-1))
	add("RecvBuf negative", Pull, "RecvBuf", RecvBuf(-1))
	add("Rate 0", Pub, "at least 1 kbit/s", Rate(0))
	add("MulticastHops 0", Pub, "at least 1 hops", MulticastHops(0))
	add("MaxMsgSize below none", Pull, "MaxMsgSize", MaxMsgSize(-2))
	if engineFrom(4, 0, 0) {
		add("MaxMsgSize below the handshake", Pull, "at least 64", MaxMsgSize(63))
		add("MaxMsgSize 0", Pull, "at least 64", MaxMsgSize(0))
	}
	add("Affinity without thread", Pull, "0x2", Affinity(2))
	add("Affinity beyond all threads", Pull, "I/O thread", Affinity(1<<63))
	add("Identity empty", Dealer, "1 to 255", Identity(""))
	add("Identity too long", Dealer, "1 to 255", Identity(strings.Repeat("x", 256)))
	add("Subscribe too long", Sub, "MaxTopic", Subscribe(strings.Repeat("x", defaultTopicMax+1)))
	add("Unsubscribe too long", Sub, "MaxTopic", Unsubscribe(strings.Repeat("x", defaultTopicMax+1)))
	add("MaxTopic negative", Sub, "MaxTopic", MaxTopic(-1))
	add("no option", Sub, "empty option", SocketOption{})
	for _, typ := range allTypes {
		if typ == Sub || typ == XPub && apiVersion().AtLeast(from40) { // an XPub with XPubManual has them
			continue
		}
		says := "subscri"
		if typ != XSub && !atFloor() {
			says = "ubscribe"
		}
		add("Subscribe on "+typ.String(), typ, says, Subscribe("x"))
		add("Unsubscribe on "+typ.String(), typ, says, Unsubscribe("x"))
	}
	raw := func(name string, f func(s *Socket) error, says ...string) {
		rows = append(rows, badRow{name, func(t *testing.T) error {
			return f(newTestSocket(t, newTestContext(t), Dealer))
		}, []error{EINVAL}, says})
	}
	for _, id := range []int{0, -1, 999, math.MaxInt} {
		raw(fmt.Sprint("SetsockoptInt ", id), func(s *Socket) error { return s.SetsockoptInt(id, 1) }, "set option", fmt.Sprint(id))
		raw(fmt.Sprint("SetsockoptInt64 ", id), func(s *Socket) error { return s.SetsockoptInt64(id, 1) }, "set option", fmt.Sprint(id))
		raw(fmt.Sprint("SetsockoptBytes ", id), func(s *Socket) error { return s.SetsockoptBytes(id, nil) }, "set option", fmt.Sprint(id))
		raw(fmt.Sprint("GetsockoptInt ", id), func(s *Socket) error { _, err := s.GetsockoptInt(id); return err }, "get option", fmt.Sprint(id))
		raw(fmt.Sprint("GetsockoptInt64 ", id), func(s *Socket) error { _, err := s.GetsockoptInt64(id); return err }, "get option", fmt.Sprint(id))
		raw(fmt.Sprint("GetsockoptBytes ", id), func(s *Socket) error { _, err := s.GetsockoptBytes(id); return err }, "get option", fmt.Sprint(id))
	}
	raw("wrong size, 8 for 4", func(s *Socket) error { return s.SetsockoptInt64(optLinger, 1) }, "set option 17")
	raw("wrong size, 4 for 8", func(s *Socket) error { return s.SetsockoptInt(22, 1) }, "set option 22")
	raw("wrong size, 3 for 4", func(s *Socket) error { return s.SetsockoptBytes(optLinger, []byte{1, 2, 3}) }, "set option 17")
	raw("wrong size, none for 4", func(s *Socket) error { return s.SetsockoptBytes(optLinger, nil) }, "set option 17")
	raw("beyond a C int", func(s *Socket) error { return s.SetsockoptInt(optLinger, math.MaxInt) }, "set option 17", "C int")
	raw("read only", func(s *Socket) error { return s.SetsockoptInt(16, 1) }, "set option 16")
	raw("write only", func(s *Socket) error { _, err := s.GetsockoptInt(6); return err }, "get option 6")
	return rows
}

var holdChild = child("hold", func(args []string) { must(hold(args)) })

// hold binds a socket until its input ends.
func hold(args []string) error {
	c, err := NewContext()
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.NewSocket(Pull)
	if err != nil {
		return err
	}
	if err := s.Bind(args[0]); err != nil {
		return err
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	return nil
}
