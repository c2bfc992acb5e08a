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

// GetsockoptInt reads an option by number whose value is a C int: for options that this package does not know.
// Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) GetsockoptInt(id int) (int, error) {
	v, err := rawRow(id, kindInt).read64(s)
	return int(v), err
}

// SetsockoptInt sets an option by number whose value is a C int. It refuses values that would end the process, or would accept
// other peers than the value says, and checks nothing else. Errors: EINVAL; ErrClosed; ErrTerminated.
func (s *Socket) SetsockoptInt(id int, v int) error {
	if int64(v) != int64(int32(v)) {
		return &OpError{Op: "set", Type: s.inner().typ, Option: rawRow(id, kindInt).name, Err: withReason(EINVAL, "the value does not fit a C int")}
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
