package zmq

import (
	"math"
	"runtime"
	"strconv"
)

func rawRow(id int, kind optKind) *optionRow {
	return &optionRow{id: id, name: "option " + strconv.Itoa(id), kind: kind, min: math.MinInt64, max: math.MaxInt64, since: floor}
}

func (s *Socket) setRow(o SocketOption) error {
	defer runtime.KeepAlive(s)
	if err := s.inner().set(&o); err != nil {
		return &OpError{Op: "set", Type: s.inner().typ, Option: o.row.name, Err: err}
	}
	return nil
}

// GetsockoptInt returns the value of the option of the given number, which is a C int (zmq_getsockopt). It is for options
// that this package does not know. Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptInt(id int) (int, error) {
	v, err := rawRow(id, kindInt).read64(s)
	return int(v), err
}

// SetsockoptInt sets the option of the given number to a C int (zmq_setsockopt). It refuses values that would end the
// process, and values for which libzmq would accept other peers than the value says; it checks nothing else. Errors:
// EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) SetsockoptInt(id int, v int) error {
	if int64(v) != int64(int32(v)) {
		return &OpError{Op: "set", Type: s.inner().typ, Option: rawRow(id, kindInt).name, Err: withReason(EINVAL, "the value does not fit a C int")}
	}
	return s.setRow(SocketOption{row: rawRow(id, kindInt), num: int64(v)})
}

// GetsockoptInt64 returns the value of the option of the given number, which has 64 bits (zmq_getsockopt). Errors: EINVAL;
// ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptInt64(id int) (int64, error) { return rawRow(id, kindInt64).read64(s) }

// SetsockoptInt64 sets the option of the given number to a value of 64 bits (zmq_setsockopt). Errors: EINVAL; ErrClosed;
// ErrTerminated.
func (s *Socket) SetsockoptInt64(id int, v int64) error {
	return s.setRow(SocketOption{row: rawRow(id, kindInt64), num: v})
}

// GetsockoptBytes returns the value of the option of the given number, which is a string of bytes, as C returns it
// (zmq_getsockopt). Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptBytes(id int) ([]byte, error) {
	v, err := rawRow(id, kindBytes).readString(s)
	if err != nil {
		return nil, err
	}
	return []byte(v), nil
}

// SetsockoptBytes sets the option of the given number to a string of bytes (zmq_setsockopt). Errors: EINVAL; ErrClosed;
// ErrTerminated.
func (s *Socket) SetsockoptBytes(id int, v []byte) error {
	return s.setRow(SocketOption{row: rawRow(id, kindBytes), str: string(v)})
}
