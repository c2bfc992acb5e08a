package zmq

import (
	"math"
	"runtime"
	"strconv"
)

// SocketOption is a value for one option of a socket (zmq_setsockopt), made by calling the option: Linger(0),
// RecvHWM(10_000), Subscribe("weather."). It is given to NewSocket or to Set. The option itself
// reads the value back (zmq_getsockopt): RecvHWM.Get(s).
type SocketOption struct {
	row *optionRow
	num int64
	str string
	err error // a value that cannot be expressed

	parts  []SocketOption // of an option that stands for several
	attach *attachOption  // of AlsoBind and AlsoConnect
}

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
	optRecvMore          = 13
	optEvents            = 15
	optXPubVerbose       = 40
	optProbeRouter       = 51
	optConnectRoutingID  = 61
	optXPubVerboser      = 78
	optUseFD             = 89
	optBindToDevice      = 92

	optRouterMandatory      = 33
	optRecvTimeout          = 27
	optSendTimeout          = 28
	optIPv4Only             = 31
	optLastEndpoint         = 32
	optReconnectIntervalMax = 21
	optMechanism            = 43
	optReconnectStop        = 109
	stopConnRefused         = 1 // of ReconnectStop
	stopHandshakeFailed     = 2

	optMaxTopic   = -1
	optWatchPeers = -2
	optIPCMode    = -3

	ctxIOThreads   = 1
	ctxMaxSockets  = 2
	ctxSocketLimit = 3

	ctxThreadPriority       = 3 // of setting; reading it is ctxSocketLimit
	ctxThreadSchedPolicy    = 4
	ctxThreadAffinityAdd    = 7
	ctxThreadAffinityRemove = 8
)

const defaultTopicMax = 1024

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
	built    bool         // engines that were built without it have the option all the same

	apply func(*socketState, *SocketOption) error // does it all, instead of C
	check func(*socketState, *SocketOption) error // refuses, or evens out, before C sees it
	read  func(int64) int64                       // evens out what C answers
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

// Set sets options of the socket, in their order, until one fails (zmq_setsockopt).
//
// Errors: EINVAL for a value out of its range or an option that the socket's type does not have; a
// *VersionError for an option that the engine lacks; ErrClosed; ErrTerminated.
func (s *Socket) Set(opts ...SocketOption) error {
	defer runtime.KeepAlive(s)
	for i := range opts {
		o := opts[i]
		if o.row == nil {
			return &OpError{Op: "set", Type: s.inner().typ, Err: withReason(EINVAL, "an empty option")}
		}
		// One order for all: closed, then the engine's version, then the value.
		err := s.inner().open()
		if err == nil {
			err = o.row.supported()
		}
		if err == nil && o.attach != nil {
			if err := s.attachAll(o.attach); err != nil {
				return err
			}
			continue
		}
		if err == nil && o.parts != nil {
			if err := s.Set(o.parts...); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = s.inner().set(&o)
		}
		if err != nil {
			return &OpError{Op: "set", Type: s.inner().typ, Option: o.row.name, Err: err}
		}
	}
	return nil
}

func (s *socketState) set(o *SocketOption) error {
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
		if s.typ == Sub || s.sendHWM == 0 {
			return nil // the engine has none
		}
		s.unlimited = false // an xsub sends other messages, too
	}
	errno := s.setRaw(o)
	if errno == 0 && o.row.id == optWelcome {
		s.hasWelcomeMsg = o.str != "" || o.row.kind != kindBytes
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
	return withReason(EINVAL, what+" is out of range: "+limits)
}

// setRaw hands the value to C and keeps what Go obeys itself. s.mu is held.
func (s *socketState) setRaw(o *SocketOption) (errno Errno) {
	switch {
	case o.row.clears && (o.row.kind == kindBytes && o.str == "" || o.row.kind == kindInt && o.num == -1):
		return cSetBytes(s.h, o.row.id, nil)
	case o.row.kind == kindBytes:
		errno = cSetBytes(s.h, o.row.id, []byte(o.str))
		if id := o.row.id; errno == 0 && (id == optRecvTimeout || id == optSendTimeout || id == optConflate) {
			v, _ := cGetInt(s.h, id)
			s.cacheOption(id, int64(v))
		}
		return errno
	case o.row.kind == kindInt64 || o.row.kind == kindUint64:
		return cSetInt64(s.h, o.row.id, o.num)
	}
	errno = cSetInt(s.h, o.row.id, int32(o.num))
	if errno == 0 {
		s.cacheOption(o.row.id, o.num)
	}
	return errno
}

// cacheOption keeps the timeouts, which C never gets to apply, and what sends must know.
func (s *socketState) cacheOption(id int, v int64) {
	switch id {
	case optRecvTimeout:
		s.recvTimeout = fromMillis(v)
	case optSendTimeout:
		s.sendTimeout = fromMillis(v)
	case optConflate:
		s.conflate = v != 0 || s.conflate && s.endpoint != "" // a connection keeps it
	}
}

// unlimitFilters takes away the mark beyond which the engine drops what a new socket subscribes to, in silence and for good. It
// counts while a connection is made, and when it is made again. No connection is there yet.
func (s *socketState) unlimitFilters() {
	if s.typ.is(Sub, XSub) {
		s.sendHWM = SendHWM(0).row.def
		s.unlimited = cSetInt(s.h, optSendHWM, 0) == 0
	}
}

// get reads a number. The row may be one that the package does not know.
func (r *optionRow) read64(s *Socket) (int64, error) {
	defer runtime.KeepAlive(s)
	v, err := s.inner().get(r)
	if err != nil {
		return 0, &OpError{Op: "get", Type: s.inner().typ, Option: r.name, Err: err}
	}
	if r.read != nil {
		v = r.read(v)
	}
	return v, nil
}

func (s *socketState) get(r *optionRow) (int64, error) {
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
	if s.delaysRefused && r.id == optImmediate {
		return 0, nil
	}
	if r.kind == kindInt64 || r.kind == kindUint64 {
		v, errno := cGetInt64(s.h, r.id)
		return v, s.getError(r, errno)
	}
	v, errno := cGetInt(s.h, r.id)
	return s.handedOption(r.id, int64(v)), s.getError(r, errno)
}

func (r *optionRow) readString(s *Socket) (string, error) {
	defer runtime.KeepAlive(s)
	size := 256
	if r.size > 0 {
		size = r.size
	}
	b, err := s.inner().getBytes(r, size)
	if err != nil {
		return "", &OpError{Op: "get", Type: s.inner().typ, Option: r.name, Err: err}
	}
	return string(b), nil
}

func (s *socketState) getBytes(r *optionRow, size int) ([]byte, error) {
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

// readValue reads a string; those that C ends with a zero byte lose it.
func (r *optionRow) readValue(s *Socket) (string, error) {
	v, err := r.readString(s)
	if n := len(v); n > 0 && v[n-1] == 0 && r.id != 5 && r.size == 0 {
		v = v[:n-1]
	}
	return v, err
}

// isRaw reports whether the row is one that the package does not know.
func (r *optionRow) isRaw() bool { return r.min == math.MinInt64 }

// checkNoZero keeps a value from being cut short: C would take a zero byte for its end.
func checkNoZero(_ *socketState, o *SocketOption) error {
	for i := range len(o.str) {
		if o.str[i] == 0 {
			return withReason(EINVAL, "the value has a zero byte, which would end it in C")
		}
	}
	return nil
}

// supported returns why the engine at hand lacks the option, if it does.
func (r *optionRow) supported() error {
	if err := need(r.name, r.since); err != nil {
		return err
	}
	if r.has != "" && !r.built && apiVersion().AtLeast(from41) && !Has(r.has) { // an older engine cannot be asked
		return withReason(ErrNotSupported, "this engine was built without "+r.has)
	}
	return nil
}

// The versions that brought options.
var (
	from32  = Version{3, 2, 0}
	from40  = Version{4, 0, 0}
	from41  = Version{4, 1, 0}
	from42  = Version{4, 2, 0}
	from423 = Version{4, 2, 3}
)
