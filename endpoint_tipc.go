package zmq

import (
	"strconv"
	"strings"
)

// TIPC. libzmq's parser of its addresses reports a mistake without an errno, so that the caller gets whatever an earlier call has
// left there; and it connects without end, and in silence, on a system that has no TIPC.

const (
	tipcForms    = "tipc://{type,lower}, tipc://{type,lower,upper}, with @zone.cluster.node behind it if need be, or tipc://<zone.cluster.node:port>"
	tipcReserved = 64 // types below belong to TIPC itself
)

// checkTIPC checks an address of TIPC. Without a socket it looks at the form alone.
func (s *socketState) checkTIPC(bind bool, address string) error {
	if s != nil && !Has("tipc") {
		return nil // the engine says so
	}
	if err := checkTIPCForm(bind, address); err != nil || s == nil {
		return err
	}
	return refusal(tryTIPC(), "this system has no TIPC (its module may have to be loaded: modprobe tipc): ")
}

func checkTIPCForm(bind bool, address string) error {
	malformed := withReason(EINVAL, "an address of TIPC looks like "+tipcForms)
	if address == "<*>" {
		if !bind {
			return withReason(EINVAL, "<*> is for Bind; Connect needs an address: "+tipcForms)
		}
		return nil
	}
	if inner, ok := enclosed(address, "<", ">"); ok {
		node, port, _ := strings.Cut(inner, ":")
		if !tipcNumbers(node, ".", 3, 3) || !tipcNumbers(port, ".", 1, 1) {
			return malformed
		}
		return nil
	}
	name, domain, has := strings.Cut(address, "@")
	inner, ok := enclosed(name, "{", "}")
	if !ok || !tipcNumbers(inner, ",", 2, 3) || has && !tipcNumbers(domain, ".", 3, 3) {
		return malformed
	}
	numbers := strings.Split(inner, ",")
	at := func(i int) uint64 {
		n, _ := strconv.ParseUint(strings.TrimSpace(numbers[i]), 10, 32)
		return n
	}
	switch {
	case at(0) < tipcReserved || len(numbers) == 2 && at(0) == tipcReserved:
		return withReason(EINVAL, "the types up to "+strconv.Itoa(tipcReserved)+" are TIPC's own")
	case len(numbers) == 3 && at(2) < at(1):
		return withReason(EINVAL, "the upper end of the range is below the lower one: tipc://{type,lower,upper}")
	}
	return nil
}

// enclosed returns what is between two marks.
func enclosed(s, open, closing string) (inner string, ok bool) {
	inner, begins := strings.CutPrefix(s, open)
	inner, ends := strings.CutSuffix(inner, closing)
	return inner, begins && ends
}

// tipcNumbers reports whether s consists of least to most numbers of 32 bits.
func tipcNumbers(s, separator string, least, most int) bool {
	numbers := strings.Split(s, separator)
	for _, n := range numbers {
		if _, err := strconv.ParseUint(strings.TrimSpace(n), 10, 32); err != nil {
			return false
		}
	}
	return len(numbers) >= least && len(numbers) <= most
}
