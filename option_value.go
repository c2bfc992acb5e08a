package zmq

import (
	"io/fs"
	"time"
)

// Option is an option of a socket whose value is a T. Calling it makes a value for NewSocket or Set, as
// RecvHWM(10_000) does; Get reads the value of a socket. Unless its comment says otherwise, an option takes effect at the
// next Bind or Connect. On a libzmq that is older than the version that its comment names it gives a *VersionError; one of
// CURVE security needs a libzmq with Has("curve").
type Option[T any] func(T) SocketOption

// Setter is an option of a socket that can be set and not be read. It takes effect as an Option does.
type Setter[T any] func(T) SocketOption

// Getter is an option of a socket that can be read and not be set.
type Getter[T any] struct{ row *optionRow }

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o Option[T]) Get(s *Socket) (T, error) {
	var zero T
	return readOption[T](o(zero).row, s)
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (g Getter[T]) Get(s *Socket) (T, error) { return readOption[T](g.row, s) }

func addOption[T any](o *Option[T], r optionRow) { *o = optionOf[T](r.add(kindOf[T](r), true, true)) }
func addSetter[T any](o *Setter[T], r optionRow) { *o = optionOf[T](r.add(kindOf[T](r), false, true)) }
func addGetter[T any](o *Getter[T], r optionRow) { o.row = r.add(kindOf[T](r), true, false) }

// kindOf returns the kind in C of an option whose value is a T in Go.
func kindOf[T any](r optionRow) optKind {
	var zero T
	switch any(zero).(type) {
	case int, fs.FileMode:
		return kindInt
	case int64:
		return kindInt64
	case uint64:
		return kindUint64
	case bool:
		return kindBool
	case time.Duration:
		if r.kind == kindSeconds {
			return kindSeconds
		}
		return kindMillis
	}
	return kindBytes
}

// optionOf returns the function that makes values of an option.
func optionOf[T any](row *optionRow) func(T) SocketOption {
	if row.kind == kindBool {
		row.max = 1
	}
	return func(v T) SocketOption {
		o := SocketOption{row: row}
		switch v := any(v).(type) {
		case int:
			o.num = int64(v)
		case fs.FileMode:
			o.num = int64(v)
		case int64:
			o.num = v
		case uint64:
			o.num = int64(v)
		case bool:
			o.num = number(v)
		case time.Duration:
			if row.kind == kindSeconds {
				o.num, o.err = seconds(v)
			} else {
				o.num, o.err = millis(v)
			}
		case string:
			o.str = v
		case CurveKey:
			o.str = string(v[:])
		case CurveSecretKey:
			o.str = string(v[:])
		}
		return o
	}
}

func readOption[T any](r *optionRow, s *Socket) (v T, err error) {
	if r.kind == kindBytes {
		text, err := r.readValue(s)
		switch p := any(&v).(type) {
		case *string:
			*p = text
		case *CurveKey:
			copy(p[:], text)
		case *CurveSecretKey:
			copy(p[:], text)
		}
		return v, err
	}
	n, err := r.read64(s)
	switch p := any(&v).(type) {
	case *int:
		*p = int(n)
	case *int64:
		*p = n
	case *uint64:
		*p = uint64(n)
	case *bool:
		*p = n != 0
	case *time.Duration:
		if r.kind == kindSeconds {
			*p = fromSeconds(n)
		} else {
			*p = fromMillis(n)
		}
	}
	return v, err
}
