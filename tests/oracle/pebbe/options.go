//go:build pebbe

package main

import (
	"strconv"
	"time"

	"example.org/zmq/tests/oracle/script"
	"github.com/pebbe/zmq4"
)

type option struct {
	set func(s *zmq4.Socket, value string) error
	get func(s *zmq4.Socket) (string, error)
}

func number[T ~int | ~int64 | ~uint64](v T, err error) (string, error) {
	return strconv.FormatInt(int64(v), 10), err
}

func ints(set func(*zmq4.Socket, int) error, get func(*zmq4.Socket) (int, error)) option {
	return option{
		func(s *zmq4.Socket, v string) error { n, _ := strconv.Atoi(v); return set(s, n) },
		func(s *zmq4.Socket) (string, error) { return number(get(s)) },
	}
}

// millis takes -1 for a duration of that, where the binding has no word for "without end".
func millis(set func(*zmq4.Socket, time.Duration) error, get func(*zmq4.Socket) (time.Duration, error)) option {
	return option{
		func(s *zmq4.Socket, v string) error {
			n, _ := strconv.Atoi(v)
			d := time.Duration(n) * time.Millisecond
			return set(s, d)
		},
		func(s *zmq4.Socket) (string, error) {
			d, err := get(s)
			if d < 0 {
				return "-1", err
			}
			return number(d/time.Millisecond, err)
		},
	}
}

// endless takes -1 for the binding's word for "without end".
func endless(set func(*zmq4.Socket, time.Duration) error, get func(*zmq4.Socket) (time.Duration, error)) option {
	o := millis(set, get)
	return option{func(s *zmq4.Socket, v string) error {
		if v == "-1" {
			return set(s, -1)
		}
		return o.set(s, v)
	}, o.get}
}

func text(f func(*zmq4.Socket, string) error) func(*zmq4.Socket, string) error {
	return func(s *zmq4.Socket, v string) error { return f(s, string(script.Bytes(v))) }
}

var options = map[string]option{
	"AFFINITY": {
		func(s *zmq4.Socket, v string) error { n, _ := strconv.ParseUint(v, 0, 64); return s.SetAffinity(n) },
		func(s *zmq4.Socket) (string, error) { return number(s.GetAffinity()) },
	},
	"IDENTITY": {text((*zmq4.Socket).SetIdentity), func(s *zmq4.Socket) (string, error) {
		v, err := s.GetIdentity()
		return script.Show([]byte(v)), err
	}},
	"SUBSCRIBE": {set: text((*zmq4.Socket).SetSubscribe)}, "UNSUBSCRIBE": {set: text((*zmq4.Socket).SetUnsubscribe)},
	"RATE":         ints((*zmq4.Socket).SetRate, (*zmq4.Socket).GetRate),
	"RECOVERY_IVL": millis((*zmq4.Socket).SetRecoveryIvl, (*zmq4.Socket).GetRecoveryIvl),
	"SNDBUF":       ints((*zmq4.Socket).SetSndbuf, (*zmq4.Socket).GetSndbuf),
	"RCVBUF":       ints((*zmq4.Socket).SetRcvbuf, (*zmq4.Socket).GetRcvbuf),
	"RCVMORE": {get: func(s *zmq4.Socket) (string, error) {
		v, err := s.GetRcvmore()
		return script.If(v, "1", "0"), err
	}},
	"FD": {get: func(s *zmq4.Socket) (string, error) {
		fd, err := s.GetFd()
		return script.If(fd >= 0, "fd", "no fd"), err
	}},
	"EVENTS":            {get: func(s *zmq4.Socket) (string, error) { return number(s.GetEvents()) }},
	"TYPE":              {get: func(s *zmq4.Socket) (string, error) { return number(s.GetType()) }},
	"LINGER":            endless((*zmq4.Socket).SetLinger, (*zmq4.Socket).GetLinger),
	"RECONNECT_IVL":     endless((*zmq4.Socket).SetReconnectIvl, (*zmq4.Socket).GetReconnectIvl),
	"BACKLOG":           ints((*zmq4.Socket).SetBacklog, (*zmq4.Socket).GetBacklog),
	"RECONNECT_IVL_MAX": millis((*zmq4.Socket).SetReconnectIvlMax, (*zmq4.Socket).GetReconnectIvlMax),
	"MAXMSGSIZE": {
		func(s *zmq4.Socket, v string) error { n, _ := strconv.ParseInt(v, 10, 64); return s.SetMaxmsgsize(n) },
		func(s *zmq4.Socket) (string, error) { return number(s.GetMaxmsgsize()) },
	},
	"SNDHWM":         ints((*zmq4.Socket).SetSndhwm, (*zmq4.Socket).GetSndhwm),
	"RCVHWM":         ints((*zmq4.Socket).SetRcvhwm, (*zmq4.Socket).GetRcvhwm),
	"MULTICAST_HOPS": ints((*zmq4.Socket).SetMulticastHops, (*zmq4.Socket).GetMulticastHops),
	"RCVTIMEO":       endless((*zmq4.Socket).SetRcvtimeo, (*zmq4.Socket).GetRcvtimeo),
	"SNDTIMEO":       endless((*zmq4.Socket).SetSndtimeo, (*zmq4.Socket).GetSndtimeo),
	"IPV4ONLY": {
		func(s *zmq4.Socket, v string) error {
			if v != "0" && v != "1" {
				return script.ErrUnsupported
			}
			return s.SetIpv6(v == "0")
		},
		func(s *zmq4.Socket) (string, error) { v, err := s.GetIpv6(); return script.If(v, "0", "1"), err },
	},
	"ROUTER_MANDATORY": {set: func(s *zmq4.Socket, v string) error { n, _ := strconv.Atoi(v); return s.SetRouterMandatory(n) }},
}

func (e *engine) Set(name, opt, _, value string, raw bool) error {
	if o := options[opt]; o.set != nil && !raw {
		return o.set(e.socket(name), value)
	}
	return script.ErrUnsupported
}

func (e *engine) Get(name, opt, _ string, raw bool) (string, error) {
	if o := options[opt]; o.get != nil && !raw {
		return o.get(e.socket(name))
	}
	return "", script.ErrUnsupported
}
