package zmq

import (
	"fmt"
	"math/bits"
)

func setMaxTopic(s *socketState, o *SocketOption) error {
	if err := s.lock(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.topicMax = int(o.num)
	return nil
}

func checkAffinity(s *socketState, o *SocketOption) error {
	threads := uint64(1)<<min(s.z.ioThreads, 64) - 1
	if mask := uint64(o.num); mask != 0 && mask&threads == 0 && s.z.ioThreads > 0 {
		return withReason(EINVAL, fmt.Sprintf("mask %#x names none of the context's %d I/O threads; the highest is bit %d", mask, s.z.ioThreads, bits.Len64(threads)-1))
	}
	return nil
}

func checkTopic(s *socketState, o *SocketOption) error {
	if err := s.checkFilter(len(o.str)); err != nil {
		return err
	}
	if !s.typ.is(Sub) && apiVersion().Major < 4 {
		return withReason(EINVAL, "only a sub socket has it; an xsub sends its subscriptions")
	}
	if s.typ == XSub {
		return withReason(EINVAL, "an xsub sends its subscriptions: byte 1 or 0, then the filter")
	}
	if !s.typ.is(Sub, XPub) {
		return withReason(EINVAL, "a "+s.typ.String()+" has no subscriptions: a sub has, and an xpub with XPubManual")
	}
	return nil
}

// systemDefault makes 0 mean the same on every engine.
func systemDefault(_ *socketState, o *SocketOption) error {
	if o.num == 0 && engineFrom(4, 2, 0) {
		o.num = -1
	}
	return nil
}

func systemDefaultRead(v int64) int64 { return max(v, 0) }

func checkReconnect(_ *socketState, o *SocketOption) error {
	if o.num == 0 && !engineFrom(4, 3, 3) {
		return withReason(EINVAL, "0 makes engines before 4.3.3 divide by zero; the least is 1 ms")
	}
	if o.num < 0 && !engineFrom(3, 2, 0) {
		return withReason(EINVAL, "Infinite needs engine 3.2")
	}
	return nil
}

func checkMaxMsgSize(_ *socketState, o *SocketOption) error {
	if o.num >= 0 && o.num < 64 && engineFrom(4, 0, 0) {
		return withReason(EINVAL, fmt.Sprintf("%d would refuse the engine's own handshake: at least 64, or -1", o.num))
	}
	return nil
}
