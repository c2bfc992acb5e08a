package zmq

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"strconv"
	"time"
)

// SocketOption is a value for one option of a socket (zmq_setsockopt), made by calling the option: Linger(0),
// RecvHWM(10_000), Subscribe("weather."). It is given to NewSocket or to Set. The option itself
// reads the value back (zmq_getsockopt): RecvHWM.Get(s).
type SocketOption struct {
	row *optionRow
	num int64
	str string
	err error // a value that cannot be expressed

	parts []SocketOption // of an option that stands for several
}

// Options that have a value of some type, can be set and be read. Where only one of the two is
// possible the type says so: a Setter has no Get, a Getter cannot be called.
type (
	IntOption      func(int) SocketOption
	Int64Option    func(int64) SocketOption
	Uint64Option   func(uint64) SocketOption
	BoolOption     func(bool) SocketOption
	DurationOption func(time.Duration) SocketOption
	StringOption   func(string) SocketOption

	IntSetter    func(int) SocketOption
	BoolSetter   func(bool) SocketOption
	StringSetter func(string) SocketOption

	IntGetter    struct{ row *optionRow }
	BoolGetter   struct{ row *optionRow }
	StringGetter struct{ row *optionRow }
)

// The options of ØMQ 3.1. Unless noted they take effect at the next Bind or Connect.
var (
	// Affinity is the set of I/O threads that serve new connections, as a bit mask; 0 is all of them
	// (ZMQ_AFFINITY, default 0). A mask that names no thread of the context is refused.
	Affinity = uint64Option(optionRow{id: 4, name: "Affinity", c: "ZMQ_AFFINITY", check: checkAffinity})

	// Identity is the name under which a Router knows this socket, 1 to 255 bytes (ZMQ_IDENTITY, since 4.2.3
	// ZMQ_ROUTING_ID; default none). It does not begin with a zero byte: those names are libzmq's own. Of two peers with the
	// same name a Router serves the first only, see RouterHandover.
	// For Req, Rep, Dealer and Router.
	Identity = stringOption(optionRow{id: optIdentity, name: "Identity", c: "ZMQ_IDENTITY", min: 1, max: 255})

	// Subscribe adds a filter: messages that begin with it are received, all of them for "" (ZMQ_SUBSCRIBE). It
	// takes effect at once. Filters count: two equal ones need two Unsubscribe. Filters longer
	// than MaxTopic are refused, and on libzmq 4.3.3 and 4.3.4, which lose them, those of 246 to 255 bytes. For Sub.
	Subscribe = stringSetter(optionRow{id: optSubscribe, name: "Subscribe", c: "ZMQ_SUBSCRIBE", max: math.MaxInt32, check: checkTopic})

	// Unsubscribe takes a filter back (ZMQ_UNSUBSCRIBE); one that is not there is ignored. It takes effect
	// at once. For Sub.
	Unsubscribe = stringSetter(optionRow{id: optUnsubscribe, name: "Unsubscribe", c: "ZMQ_UNSUBSCRIBE", max: math.MaxInt32, check: checkTopic})

	// Rate is the most that multicast sends, in kilobits a second, at least 1 (ZMQ_RATE, default 100).
	Rate = intOption(optionRow{id: 8, name: "Rate", c: "ZMQ_RATE", min: 1, max: math.MaxInt32, unit: "kbit/s", def: 100})

	// RecoveryInterval is how far back a multicast receiver can ask for what it lost
	// (ZMQ_RECOVERY_IVL, milliseconds in C, default 10 s).
	RecoveryInterval = durationOption(optionRow{id: 9, name: "RecoveryInterval", c: "ZMQ_RECOVERY_IVL", max: math.MaxInt32, def: 10000})

	// SendBuf is the size of the kernel's send buffer in bytes; 0 is the system's default, on every engine
	// (ZMQ_SNDBUF, default 0).
	SendBuf = intOption(optionRow{id: 11, name: "SendBuf", c: "ZMQ_SNDBUF", max: math.MaxInt32, unit: "bytes", check: systemDefault, read: systemDefaultRead})

	// RecvBuf is the size of the kernel's receive buffer in bytes; 0 is the system's default, on every engine
	// (ZMQ_RCVBUF, default 0).
	RecvBuf = intOption(optionRow{id: 12, name: "RecvBuf", c: "ZMQ_RCVBUF", max: math.MaxInt32, unit: "bytes", check: systemDefault, read: systemDefaultRead})

	// RecvMore tells whether more parts of the message follow that Recv returned last (ZMQ_RCVMORE). On a
	// socket that several goroutines receive from, use RecvMsg and Message.More, or RecvParts.
	RecvMore = boolGetter(optionRow{id: 13, name: "RecvMore", c: "ZMQ_RCVMORE"})

	// FD is the descriptor that becomes readable when the socket's Events may have changed (ZMQ_FD). It is for
	// C code; Go code waits with the socket's methods or a Poller. Never read, write or close it.
	FD = intGetter(optionRow{id: 14, name: "FD", c: "ZMQ_FD"})

	// Linger is how long messages that were sent are kept for delivery after Close; 0 drops them, Infinite
	// keeps them without end (ZMQ_LINGER, milliseconds in C, default Infinite, 0 for Sub and XSub). It takes
	// effect at once. On an engine that is not hardened (LinkInfo), where messages of several parts go over a transport other
	// than inproc, a queue that is not empty is kept for up to a tenth of a second longer: libzmq can abort the process when it
	// drops one while the connection breaks.
	Linger = durationOption(optionRow{id: optLinger, name: "Linger", c: "ZMQ_LINGER", min: -1, max: math.MaxInt32, def: -1})

	// ReconnectInterval is the pause before a lost connection is made again, to which up to as much is added
	// at random (ZMQ_RECONNECT_IVL, milliseconds in C, default 100 ms). Infinite, from engine 3.2, does not
	// reconnect. 0 needs engine 4.3.3.
	ReconnectInterval = durationOption(optionRow{id: optReconnectInterval, name: "ReconnectInterval", c: "ZMQ_RECONNECT_IVL", min: -1, max: math.MaxInt32, def: 100, check: checkReconnect})

	// Backlog is how many connections may wait to be accepted (ZMQ_BACKLOG, default 100).
	Backlog = intOption(optionRow{id: 19, name: "Backlog", c: "ZMQ_BACKLOG", max: math.MaxInt32, unit: "connections", def: 100})

	// ReconnectIntervalMax is the longest pause between attempts to reconnect, which double up to it; 0 keeps
	// them at ReconnectInterval (ZMQ_RECONNECT_IVL_MAX, milliseconds in C, default 0).
	ReconnectIntervalMax = durationOption(optionRow{id: 21, name: "ReconnectIntervalMax", c: "ZMQ_RECONNECT_IVL_MAX", max: math.MaxInt32})

	// MaxMsgSize is the largest part that is accepted from the network, in bytes; a peer that sends a larger
	// one is disconnected; -1 is no limit (ZMQ_MAXMSGSIZE, default -1). Engines from 4.0 apply it to their handshake
	// too: there less than 64 is refused.
	MaxMsgSize = int64Option(optionRow{id: 22, name: "MaxMsgSize", c: "ZMQ_MAXMSGSIZE", min: -1, max: math.MaxInt64, unit: "bytes", def: -1, check: checkMaxMsgSize})

	// SendHWM is how many messages are queued for one peer before the socket blocks or drops, as its type
	// has it; 0 is no limit (ZMQ_SNDHWM, default 1000). A Sub sends nothing but its filters, and the
	// engine would drop those beyond the mark in silence, so there it has no effect; an XSub has no mark until one is set, which
	// bounds its filters too. From engine 4.2 on it is set before the first Bind or Connect.
	//
	// It does not say how many messages are on their way. Over inproc the two ends share one queue, which holds
	// the sender's SendHWM and the receiver's RecvHWM together. Over tcp and ipc each end has a queue, and between the two
	// are the system's buffers, which hold as many bytes as they do: of small messages tens of thousands. Who must
	// know that few are on their way asks for answers.
	SendHWM = intOption(optionRow{id: optSendHWM, name: "SendHWM", c: "ZMQ_SNDHWM", max: math.MaxInt32, unit: "messages", def: 1000})

	// RecvHWM is how many messages of one peer are queued before the peer is held up; 0 is no limit
	// (ZMQ_RCVHWM, default 1000). From engine 4.2 on it is set before the first Bind or Connect. See SendHWM for what else is on its way.
	RecvHWM = intOption(optionRow{id: optRecvHWM, name: "RecvHWM", c: "ZMQ_RCVHWM", max: math.MaxInt32, unit: "messages", def: 1000})

	// MulticastHops is how many network hops multicast goes (ZMQ_MULTICAST_HOPS, default 1).
	MulticastHops = intOption(optionRow{id: 25, name: "MulticastHops", c: "ZMQ_MULTICAST_HOPS", min: 1, max: math.MaxInt32, unit: "hops", def: 1})

	// RecvTimeout bounds every receive on the socket, whatever its context says; 0 makes none of them wait,
	// Infinite sets no bound (ZMQ_RCVTIMEO, milliseconds in C, default Infinite). It takes effect at once.
	RecvTimeout = durationOption(optionRow{id: optRecvTimeout, name: "RecvTimeout", c: "ZMQ_RCVTIMEO", min: -1, max: math.MaxInt32, def: -1})

	// SendTimeout bounds every send on the socket, whatever its context says; 0 makes none of them wait,
	// Infinite sets no bound (ZMQ_SNDTIMEO, milliseconds in C, default Infinite). It takes effect at once.
	SendTimeout = durationOption(optionRow{id: optSendTimeout, name: "SendTimeout", c: "ZMQ_SNDTIMEO", min: -1, max: math.MaxInt32, def: -1})

	// IPv4Only keeps the socket from using IPv6 addresses (ZMQ_IPV4ONLY, default true).
	IPv4Only = boolOption(optionRow{id: optIPv4Only, name: "IPv4Only", c: "ZMQ_IPV4ONLY", def: 1})

	// MaxTopic is the longest filter that Subscribe and Unsubscribe accept, and that an XSub sends, in bytes. libzmq handles
	// filters recursively, and a long one exhausts a stack. It is an option of this package, not of libzmq
	// (default 1024).
	MaxTopic = intSetter(optionRow{id: optMaxTopic, name: "MaxTopic", max: math.MaxInt32, unit: "bytes", def: defaultTopicMax, apply: setMaxTopic})
)

// Numbers that the code refers to.
const (
	optType     = 16
	optLinger   = 17
	optConflate = 54
	optWelcome  = 72

	optIdentity          = 5
	optSubscribe         = 6
	optUnsubscribe       = 7
	optReconnectInterval = 18
	optSendHWM           = 23
	optRecvHWM           = 24
	optTCPAcceptFilter   = 38
	optImmediate         = 39
	optRouterRaw         = 41
	optProbeRouter       = 51
	optConnectRoutingID  = 61
	optUseFD             = 89
	optBindToDevice      = 92

	optRouterMandatory      = 33
	optRecvTimeout          = 27
	optSendTimeout          = 28
	optIPv4Only             = 31
	optLastEndpoint         = 32
	optReconnectIntervalMax = 21
	optMechanism            = 43

	optMaxTopic   = -1
	optWatchPeers = -2

	ctxIOThreads   = 1
	ctxMaxSockets  = 2
	ctxSocketLimit = 3

	ctxThreadPriority       = 3 // of setting; reading it is ctxSocketLimit
	ctxThreadSchedPolicy    = 4
	ctxThreadAffinityAdd    = 7
	ctxThreadAffinityRemove = 8
)

const defaultTopicMax = 1024

var lastEndpoint = stringGetter(optionRow{id: optLastEndpoint, name: "LastEndpoint", c: "ZMQ_LAST_ENDPOINT", since: Version{3, 2, 0}})

// optKind is the type of an option's value in C.
type optKind uint8

const (
	kindInt optKind = iota
	kindBool
	kindMillis
	kindSeconds
	kindInt64
	kindUint64
	kindBytes
)

// optionRow describes one option. The constructors below keep all rows in optionTable, from which tests and
// documents are made.
type optionRow struct {
	id       int
	name     string // in Go
	c        string // in C
	kind     optKind
	get, set bool
	min, max int64  // of the number, or of the length
	def      int64  // what the engine has unless told otherwise, for numbers
	unit     string // of the number
	since    Version
	types    []SocketType // that have it, if not all
	secret   bool         // the value is never shown
	clears   bool         // an empty value, or -1, is NULL in C
	size     int          // of a value whose size is fixed
	has      string       // the capability that the engine must have been built with

	apply func(*sock, *SocketOption) error // does it all, instead of C
	check func(*sock, *SocketOption) error // refuses, or evens out, before C sees it
	read  func(int64) int64                // evens out what C answers
}

var optionTable []*optionRow

func (r optionRow) add(kind optKind, get, set bool) *optionRow {
	r.kind, r.get, r.set = kind, get, set
	if r.since == (Version{}) {
		r.since = floor
	}
	optionTable = append(optionTable, &r)
	return &r
}

func intOption(r optionRow) IntOption {
	row := r.add(kindInt, true, true)
	return func(v int) SocketOption { return SocketOption{row: row, num: int64(v)} }
}

func int64Option(r optionRow) Int64Option {
	row := r.add(kindInt64, true, true)
	return func(v int64) SocketOption { return SocketOption{row: row, num: v} }
}

func uint64Option(r optionRow) Uint64Option {
	row := r.add(kindUint64, true, true)
	return func(v uint64) SocketOption { return SocketOption{row: row, num: int64(v)} }
}

func boolOption(r optionRow) BoolOption {
	r.max = 1
	row := r.add(kindBool, true, true)
	return func(v bool) SocketOption { return SocketOption{row: row, num: number(v)} }
}

func durationOption(r optionRow) DurationOption {
	row := r.add(kindMillis, true, true)
	return func(d time.Duration) SocketOption {
		ms, err := millis(d)
		return SocketOption{row: row, num: ms, err: err}
	}
}

func secondsOption(r optionRow) DurationOption {
	row := r.add(kindSeconds, true, true)
	return func(d time.Duration) SocketOption {
		s, err := seconds(d)
		return SocketOption{row: row, num: s, err: err}
	}
}

func stringOption(r optionRow) StringOption {
	row := r.add(kindBytes, true, true)
	return func(v string) SocketOption { return SocketOption{row: row, str: v} }
}

func intSetter(r optionRow) IntSetter {
	row := r.add(kindInt, false, true)
	return func(v int) SocketOption { return SocketOption{row: row, num: int64(v)} }
}

func boolSetter(r optionRow) BoolSetter {
	r.max = 1
	row := r.add(kindBool, false, true)
	return func(v bool) SocketOption { return SocketOption{row: row, num: number(v)} }
}

func stringSetter(r optionRow) StringSetter {
	row := r.add(kindBytes, false, true)
	return func(v string) SocketOption { return SocketOption{row: row, str: v} }
}

func intGetter(r optionRow) IntGetter       { return IntGetter{r.add(kindInt, true, false)} }
func boolGetter(r optionRow) BoolGetter     { return BoolGetter{r.add(kindBool, true, false)} }
func stringGetter(r optionRow) StringGetter { return StringGetter{r.add(kindBytes, true, false)} }

func number(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// millis turns a duration into C's milliseconds, rounded up: what is not zero stays not zero.
func millis(d time.Duration) (int64, error) {
	if d == Infinite {
		return -1, nil
	}
	if d < 0 {
		return 0, because(EINVAL, fmt.Sprintf("%v is negative; Infinite (-1) is the one that never ends", d))
	}
	ms := d / time.Millisecond
	if d%time.Millisecond != 0 {
		ms++
	}
	return int64(ms), nil
}

func fromMillis(ms int64) time.Duration {
	if ms < 0 {
		return Infinite
	}
	return time.Duration(ms) * time.Millisecond
}

// Set sets options of the socket, in their order, until one fails (zmq_setsockopt).
//
// Errors: EINVAL for a value out of its range or an option that the socket's type does not have; a
// *VersionError for an option that the engine lacks; ErrClosed; ErrTerminated.
func (s *Socket) Set(opts ...SocketOption) error {
	defer runtime.KeepAlive(s)
	for i := range opts {
		o := opts[i]
		if o.row == nil {
			return &OpError{Op: "set", Type: s.s.typ, Err: because(EINVAL, "an empty option")}
		}
		// One order for all: closed, then the engine's version, then the value.
		err := s.s.open()
		if err == nil {
			err = o.row.supported()
		}
		if err == nil && o.parts != nil {
			if err := s.Set(o.parts...); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = s.s.set(&o)
		}
		if err != nil {
			return &OpError{Op: "set", Type: s.s.typ, Option: o.row.name, Err: err}
		}
	}
	return nil
}

func (s *sock) set(o *SocketOption) error {
	if err := o.inRange(); err != nil {
		return err
	}
	if o.row.apply != nil {
		return o.row.apply(s, o)
	}
	if err := s.lock(); err != nil {
		return err
	}
	defer s.unlock()
	if o.row.check != nil {
		if err := o.row.check(s, o); err != nil {
			return err
		}
	}
	if done, err := s.guard(o); done || err != nil {
		return err
	}
	s.keepOld(o.row.id)
	if s.unlimited && o.row.id == optSendHWM {
		if o.number() < 0 {
			return s.setError(o, EINVAL)
		}
		s.sendHWM = o.number()
		if s.typ == Sub {
			return nil
		}
		s.unlimited = false // an xsub sends other messages, too
	}
	errno := s.setRaw(o)
	if errno == 0 && o.row.id == optWelcome {
		s.welcomes = o.str != "" || o.row.kind != kindBytes
	}
	if errno == 0 {
		s.noteGuarded(o)
	}
	return s.setError(o, errno)
}

// inRange checks the value against the option's range.
func (o *SocketOption) inRange() error {
	r := o.row
	if o.err != nil {
		return o.err
	}
	if r.kind == kindUint64 {
		return nil
	}
	v, what := o.num, "value "+strconv.FormatInt(o.num, 10)
	if r.kind == kindBytes {
		v = int64(len(o.str))
		what = "a length of " + strconv.Itoa(len(o.str)) + " bytes"
	}
	if v >= r.min && v <= r.max {
		return nil
	}
	limits := "at least " + strconv.FormatInt(r.min, 10)
	if r.max < math.MaxInt32 {
		limits = strconv.FormatInt(r.min, 10) + " to " + strconv.FormatInt(r.max, 10)
	}
	if r.unit != "" {
		limits += " " + r.unit
	}
	switch r.kind {
	case kindMillis:
		limits += " ms"
	case kindSeconds:
		limits += " s"
	}
	if v > r.max && r.max == math.MaxInt32 {
		limits = "at most " + strconv.Itoa(math.MaxInt32)
	}
	return because(EINVAL, what+" is out of range: "+limits)
}

// setRaw hands the value to C and keeps what Go obeys itself. s.mu is held.
func (s *sock) setRaw(o *SocketOption) (errno Errno) {
	switch {
	case o.row.clears && (o.row.kind == kindBytes && o.str == "" || o.row.kind == kindInt && o.num == -1):
		return cSetBytes(s.h, o.row.id, nil)
	case o.row.kind == kindBytes:
		errno = cSetBytes(s.h, o.row.id, []byte(o.str))
		if id := o.row.id; errno == 0 && (id == optRecvTimeout || id == optSendTimeout || id == optConflate) {
			v, _ := cGetInt(s.h, id)
			s.note(id, int64(v))
		}
		return errno
	case o.row.kind == kindInt64 || o.row.kind == kindUint64:
		return cSetInt64(s.h, o.row.id, o.num)
	}
	errno = cSetInt(s.h, o.row.id, int32(o.num))
	if errno == 0 {
		s.note(o.row.id, o.num)
	}
	return errno
}

// note keeps the timeouts, which C never gets to apply, and what sends must know.
func (s *sock) note(id int, v int64) {
	switch id {
	case optRecvTimeout:
		s.recvTimeout = fromMillis(v)
	case optSendTimeout:
		s.sendTimeout = fromMillis(v)
	case optConflate:
		s.conflate = v != 0 || s.conflate && s.endpoint != "" // a connection keeps it
	}
}

func setMaxTopic(s *sock, o *SocketOption) error {
	if err := s.lock(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.topicMax = int(o.num)
	return nil
}

func checkAffinity(s *sock, o *SocketOption) error {
	threads := uint64(1)<<min(s.z.ioThreads, 64) - 1
	if mask := uint64(o.num); mask != 0 && mask&threads == 0 && s.z.ioThreads > 0 {
		return because(EINVAL, fmt.Sprintf("mask %#x names none of the context's %d I/O threads; the highest is bit %d", mask, s.z.ioThreads, bits.Len64(threads)-1))
	}
	return nil
}

func checkTopic(s *sock, o *SocketOption) error {
	if err := s.checkFilter(len(o.str)); err != nil {
		return err
	}
	if !s.typ.is(Sub) && apiVersion().Major < 4 {
		return because(EINVAL, "only a sub socket has it; an xsub sends its subscriptions")
	}
	if s.typ == XSub {
		return because(EINVAL, "an xsub sends its subscriptions: byte 1 or 0, then the filter")
	}
	if !s.typ.is(Sub, XPub) {
		return because(EINVAL, "a "+s.typ.String()+" has no subscriptions: a sub has, and an xpub with XPubManual")
	}
	return nil
}

// systemDefault makes 0 mean the same on every engine.
func systemDefault(_ *sock, o *SocketOption) error {
	if o.num == 0 && engineFrom(4, 2, 0) {
		o.num = -1
	}
	return nil
}

func systemDefaultRead(v int64) int64 { return max(v, 0) }

func checkReconnect(_ *sock, o *SocketOption) error {
	if o.num == 0 && !engineFrom(4, 3, 3) {
		return because(EINVAL, "0 makes engines before 4.3.3 divide by zero; the least is 1 ms")
	}
	if o.num < 0 && !engineFrom(3, 2, 0) {
		return because(EINVAL, "Infinite needs engine 3.2")
	}
	return nil
}

// checkImmediate keeps the option from changing under connections: the engine looks at it when one that was made with it is
// lost, and aborts the process; and a subscriber's connections that were made without it would be lost for good.
func checkImmediate(s *sock, o *SocketOption) error {
	if v, errno := cGetInt(s.h, optImmediate); s.watches && s.connected && errno == 0 && int64(v) != o.num {
		return because(EINVAL, "the socket has connections: set it before the first Connect")
	}
	return nil
}

func checkMaxMsgSize(_ *sock, o *SocketOption) error {
	if o.num >= 0 && o.num < 64 && engineFrom(4, 0, 0) {
		return because(EINVAL, fmt.Sprintf("%d would refuse the engine's own handshake: at least 64, or -1", o.num))
	}
	return nil
}

// unlimitFilters takes away the mark beyond which the engine drops what a new socket subscribes to, in silence and for good. It
// counts while a connection is made, and when it is made again. No connection is there yet.
func (s *sock) unlimitFilters() {
	if s.typ.is(Sub, XSub) {
		s.sendHWM = SendHWM(0).row.def
		s.unlimited = cSetInt(s.h, optSendHWM, 0) == 0
	}
}

// get reads a number. The row may be one that the package does not know.
func (r *optionRow) read64(s *Socket) (int64, error) {
	defer runtime.KeepAlive(s)
	if s == nil {
		return 0, &OpError{Op: "get", Type: noSocket, Option: r.name, Err: errNilSocket}
	}
	v, err := s.s.get(r)
	if err != nil {
		return 0, &OpError{Op: "get", Type: s.s.typ, Option: r.name, Err: err}
	}
	if r.read != nil {
		v = r.read(v)
	}
	return v, nil
}

func (s *sock) get(r *optionRow) (int64, error) {
	if err := s.lock(); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if err := r.supported(); err != nil {
		return 0, err
	}
	if s.unlimited && r.id == optSendHWM {
		return s.sendHWM, nil
	}
	if r.kind == kindInt64 || r.kind == kindUint64 {
		v, errno := cGetInt64(s.h, r.id)
		return v, s.getError(r, errno)
	}
	v, errno := cGetInt(s.h, r.id)
	return int64(v), s.getError(r, errno)
}

func (r *optionRow) readString(s *Socket) (string, error) {
	defer runtime.KeepAlive(s)
	if s == nil {
		return "", &OpError{Op: "get", Type: noSocket, Option: r.name, Err: errNilSocket}
	}
	size := 256
	if r.size > 0 {
		size = r.size
	}
	b, err := s.s.getBytes(r, size)
	if err != nil {
		return "", &OpError{Op: "get", Type: s.s.typ, Option: r.name, Err: err}
	}
	return string(b), nil
}

func (s *sock) getBytes(r *optionRow, size int) ([]byte, error) {
	if err := s.lock(); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if err := r.supported(); err != nil {
		return nil, err
	}
	for {
		b := make([]byte, size)
		n, errno := cGetBytes(s.h, r.id, b)
		if errno == EINVAL && r.size == 0 && size < 64<<10 {
			size *= 16 // perhaps it is longer
			continue
		}
		return b[:n], s.getError(r, errno)
	}
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o IntOption) Get(s *Socket) (int, error) {
	v, err := o(0).row.read64(s)
	return int(v), err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o Int64Option) Get(s *Socket) (int64, error) { return o(0).row.read64(s) }

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o Uint64Option) Get(s *Socket) (uint64, error) {
	v, err := o(0).row.read64(s)
	return uint64(v), err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o BoolOption) Get(s *Socket) (bool, error) {
	v, err := o(false).row.read64(s)
	return v != 0, err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o DurationOption) Get(s *Socket) (time.Duration, error) {
	row := o(0).row
	v, err := row.read64(s)
	if row.kind == kindSeconds {
		return fromSeconds(v), err
	}
	return fromMillis(v), err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o StringOption) Get(s *Socket) (string, error) { return o("").row.readValue(s) }

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o IntGetter) Get(s *Socket) (int, error) {
	v, err := o.row.read64(s)
	return int(v), err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o BoolGetter) Get(s *Socket) (bool, error) {
	v, err := o.row.read64(s)
	return v != 0, err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o StringGetter) Get(s *Socket) (string, error) { return o.row.readValue(s) }

// readValue reads a string; those that C ends with a zero byte lose it.
func (r *optionRow) readValue(s *Socket) (string, error) {
	v, err := r.readString(s)
	if n := len(v); n > 0 && v[n-1] == 0 && r.id != 5 && r.size == 0 {
		v = v[:n-1]
	}
	return v, err
}

func rawRow(id int, kind optKind) *optionRow {
	return &optionRow{id: id, name: "option " + strconv.Itoa(id), kind: kind, min: math.MinInt64, max: math.MaxInt64, since: floor}
}

// isRaw reports whether the row is one that the package does not know.
func (r *optionRow) isRaw() bool { return r.min == math.MinInt64 }

func (s *Socket) setRow(o SocketOption) error {
	defer runtime.KeepAlive(s)
	if err := s.s.set(&o); err != nil {
		return &OpError{Op: "set", Type: s.s.typ, Option: o.row.name, Err: err}
	}
	return nil
}

// GetsockoptInt reads an option by number whose value is a C int: for options that this package does not know.
// Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptInt(id int) (int, error) {
	v, err := rawRow(id, kindInt).read64(s)
	return int(v), err
}

// SetsockoptInt sets an option by number whose value is a C int. Nothing is checked or evened
// out here but what would end the process or let in others than the value says. Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) SetsockoptInt(id int, v int) error {
	if int64(v) != int64(int32(v)) {
		return &OpError{Op: "set", Type: s.s.typ, Option: rawRow(id, kindInt).name, Err: because(EINVAL, "the value does not fit a C int")}
	}
	return s.setRow(SocketOption{row: rawRow(id, kindInt), num: int64(v)})
}

// GetsockoptInt64 reads an option by number whose value has 64 bits. Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptInt64(id int) (int64, error) { return rawRow(id, kindInt64).read64(s) }

// SetsockoptInt64 sets an option by number whose value has 64 bits. Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) SetsockoptInt64(id int, v int64) error {
	return s.setRow(SocketOption{row: rawRow(id, kindInt64), num: v})
}

// GetsockoptBytes reads an option by number whose value is a string of bytes, as C returns it. Errors: EINVAL;
// ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptBytes(id int) ([]byte, error) {
	v, err := rawRow(id, kindBytes).readString(s)
	if err != nil {
		return nil, err
	}
	return []byte(v), nil
}

// SetsockoptBytes sets an option by number whose value is a string of bytes. Errors: EINVAL; ErrClosed;
// ErrTerminated.
func (s *Socket) SetsockoptBytes(id int, v []byte) error {
	return s.setRow(SocketOption{row: rawRow(id, kindBytes), str: string(v)})
}

// ContextOption is a value for one option of a context (zmq_init, zmq_ctx_set), made by calling the option:
// IOThreads(2). It is given to NewContext.
type ContextOption struct {
	name string
	row  contextRow        // how it is read back
	prep func(*zctx) error // before the context exists
	set  func(*zctx) error // after

	manner func(manner) manner // what it asks of the engine's threads
}

func (o ContextOption) prepare(z *zctx) error {
	if o.prep == nil {
		return nil
	}
	return o.prep(z)
}

func (o ContextOption) apply(z *zctx) error {
	if o.set == nil {
		return nil
	}
	return o.set(z)
}

func (o ContextOption) error(err error) error {
	return &OpError{Op: "new context", Type: noSocket, Option: o.name, Err: err}
}

// IOThreads is the number of threads that do the context's network work (ZMQ_IO_THREADS, default 1). A rule of
// thumb is one for each gigabyte a second; 0 is enough for inproc only.
var IOThreads = ContextIntOption(func(n int) ContextOption {
	return ContextOption{name: "IOThreads", prep: func(z *zctx) error {
		if n < 0 || n > 1024 {
			return because(EINVAL, strconv.Itoa(n)+" is out of range: 0 to 1024 threads")
		}
		z.ioThreads = n
		return nil
	}}
}).as(contextRow{id: ctxIOThreads, name: "IOThreads", since: floor})

// MaxSockets is the number of sockets that the context holds at most (ZMQ_MAX_SOCKETS). Unless set it is as large
// as the engine allows. One is kept for the context's own use. Engine 3.1 has a fixed limit of 512.
var MaxSockets = ContextIntOption(func(n int) ContextOption {
	return ContextOption{name: "MaxSockets", prep: func(z *zctx) error {
		if err := need("MaxSockets", Version{3, 2, 0}); err != nil {
			return err
		}
		if n < 1 || n > 1<<24 {
			return because(EINVAL, strconv.Itoa(n)+" is out of range: 1 to 16777216 sockets")
		}
		z.maxSockets = n + 1
		return nil
	}}
}).as(contextRow{id: ctxMaxSockets, name: "MaxSockets", since: floor})

// CloseTimeout bounds Context.Close, and the linger periods of sockets that Close finds open (default 10 s). It is an
// option of this package, not of libzmq.
func CloseTimeout(d time.Duration) ContextOption {
	return ContextOption{name: "CloseTimeout", prep: func(z *zctx) error {
		if d < 0 {
			return because(EINVAL, d.String()+" is negative: Close is the bounded way out, use Term for one without end")
		}
		z.closeTimeout = d
		return nil
	}}
}
