package main

import (
	"strconv"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/oracle/script"
)

// option is how package zmq sets and reads what C has a name for.
type option struct {
	set func(s *zmq.Socket, value string) error
	get func(s *zmq.Socket) (string, error)
}

func number[T ~int | ~int64](v T, err error) (string, error) {
	return strconv.FormatInt(int64(v), 10), err
}

func ints(o zmq.Option[int]) option {
	return option{
		func(s *zmq.Socket, v string) error { n, _ := strconv.Atoi(v); return s.Set(o(n)) },
		func(s *zmq.Socket) (string, error) { return number(o.Get(s)) },
	}
}

func millis(o zmq.Option[time.Duration]) option {
	return option{
		func(s *zmq.Socket, v string) error {
			n, _ := strconv.Atoi(v)
			d := time.Duration(n) * time.Millisecond
			if n == -1 {
				d = zmq.Infinite
			}
			return s.Set(o(d))
		},
		func(s *zmq.Socket) (string, error) {
			d, err := o.Get(s)
			if d == zmq.Infinite {
				return "-1", err
			}
			return number(d/time.Millisecond, err)
		},
	}
}

func truth(v bool, err error) (string, error) { return script.If(v, "1", "0"), err }

func texts(o zmq.Option[string]) option {
	return option{
		func(s *zmq.Socket, v string) error { return s.Set(o(string(script.Bytes(v)))) },
		func(s *zmq.Socket) (string, error) { v, err := o.Get(s); return script.Show([]byte(v)), err },
	}
}

func only(o zmq.Setter[string]) option {
	return option{set: func(s *zmq.Socket, v string) error { return s.Set(o(string(script.Bytes(v)))) }}
}

var options = map[string]option{
	"AFFINITY": {
		func(s *zmq.Socket, v string) error {
			n, _ := strconv.ParseUint(v, 0, 64)
			return s.Set(zmq.Affinity(n))
		},
		func(s *zmq.Socket) (string, error) { v, err := zmq.Affinity.Get(s); return number(int64(v), err) },
	},
	"IDENTITY": texts(zmq.Identity), "SUBSCRIBE": only(zmq.Subscribe), "UNSUBSCRIBE": only(zmq.Unsubscribe),
	"RATE": ints(zmq.Rate), "RECOVERY_IVL": millis(zmq.RecoveryInterval), "SNDBUF": ints(zmq.SendBuf), "RCVBUF": ints(zmq.RecvBuf),
	"RCVMORE": {get: func(s *zmq.Socket) (string, error) { return truth(zmq.RecvMore.Get(s)) }},
	"FD": {get: func(s *zmq.Socket) (string, error) {
		fd, err := zmq.FD.Get(s)
		return script.If(fd >= 0, "fd", "no fd"), err
	}},
	"EVENTS":        {get: func(s *zmq.Socket) (string, error) { return number(s.Events()) }},
	"TYPE":          {get: func(s *zmq.Socket) (string, error) { return number(s.Type(), nil) }},
	"LINGER":        millis(zmq.Linger),
	"RECONNECT_IVL": millis(zmq.ReconnectInterval), "BACKLOG": ints(zmq.Backlog), "RECONNECT_IVL_MAX": millis(zmq.ReconnectIntervalMax),
	"MAXMSGSIZE": {
		func(s *zmq.Socket, v string) error {
			n, _ := strconv.ParseInt(v, 10, 64)
			return s.Set(zmq.MaxMsgSize(n))
		},
		func(s *zmq.Socket) (string, error) { return number(zmq.MaxMsgSize.Get(s)) },
	},
	"SNDHWM": ints(zmq.SendHWM), "RCVHWM": ints(zmq.RecvHWM), "MULTICAST_HOPS": ints(zmq.MulticastHops),
	"RCVTIMEO": millis(zmq.RecvTimeout), "SNDTIMEO": millis(zmq.SendTimeout),
	"IPV4ONLY": {
		func(s *zmq.Socket, v string) error {
			if v != "0" && v != "1" {
				return script.ErrUnsupported
			}
			return s.Set(zmq.IPv4Only(v == "1"))
		},
		func(s *zmq.Socket) (string, error) { return truth(zmq.IPv4Only.Get(s)) },
	},
	"ROUTER_MANDATORY": {set: func(s *zmq.Socket, v string) error { return s.Set(zmq.RouterMandatory(v == "1")) }},
}

func (e *engine) Set(name, opt, kind, value string, raw bool) error {
	s := e.socket(name)
	if !raw {
		if o := options[opt]; o.set != nil {
			return o.set(s, value)
		}
		return script.ErrUnsupported
	}
	n, _ := strconv.ParseInt(value, 0, 64)
	switch kind {
	case "int":
		return s.SetsockoptInt(script.Number(opt), int(n))
	case "int64":
		return s.SetsockoptInt64(script.Number(opt), n)
	}
	return s.SetsockoptBytes(script.Number(opt), script.Bytes(value))
}

func (e *engine) Get(name, opt, kind string, raw bool) (string, error) {
	s := e.socket(name)
	if !raw {
		if o := options[opt]; o.get != nil {
			return o.get(s)
		}
		return "", script.ErrUnsupported
	}
	switch kind {
	case "int":
		return number(s.GetsockoptInt(script.Number(opt)))
	case "int64":
		return number(s.GetsockoptInt64(script.Number(opt)))
	}
	v, err := s.GetsockoptBytes(script.Number(opt))
	return script.Show(v), err
}
