package zmq

import (
	"bytes"
	"cmp"
	"slices"
)

// oldOptions says by which options a link was connected, where they were changed since.
type oldOptions struct {
	mechanism int32
	rows      []*optionRow
	nums      []int64  // of each row, or
	texts     [][]byte // its bytes
}

// keepOld keeps the value of an option for those who were connected by it, before it changes: a client that connects to several
// servers sets each one's key in turn. s.mu is held.
func (s *socketState) keepOld(id int) {
	w := s.connWatch
	if w == nil || slices.Contains(atOnce, id) {
		return
	}
	i := slices.IndexFunc(optionTable, func(r *optionRow) bool { return r.id == id && r.get && r.set && r.apply == nil })
	if i < 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.links {
		if l.old == nil {
			l.old = &oldOptions{}
			l.old.mechanism, _ = cGetInt(s.h, optMechanism)
		}
		if r := optionTable[i]; !slices.Contains(l.old.rows, r) {
			l.old.keep(s, r)
		}
	}
}

// atOnce are options that do not belong to a connection, or must not be changed for the sake of one.
var atOnce = []int{optImmediate, optLinger, optSendHWM, optRecvHWM, optRecvTimeout, optSendTimeout}

func (o *oldOptions) keep(s *socketState, r *optionRow) {
	num, text := s.valueOf(r)
	o.rows, o.nums, o.texts = append(o.rows, r), append(o.nums, num), append(o.texts, text)
}

// valueOf reads an option as setValue sets it. s.mu is held.
func (s *socketState) valueOf(r *optionRow) (num int64, text []byte) {
	switch r.kind {
	case kindBytes:
		text = make([]byte, cmp.Or(r.size, 256))
		n, _ := cGetBytes(s.h, r.id, text)
		if text = text[:n]; r.size == 0 && r.id != optIdentity {
			text = bytes.TrimSuffix(text, []byte{0})
		}
	case kindInt64, kindUint64:
		num, _ = cGetInt64(s.h, r.id)
	default:
		v, _ := cGetInt(s.h, r.id)
		num = int64(v)
	}
	return num, text
}

func (s *socketState) setValue(r *optionRow, num int64, text []byte) Errno {
	switch r.kind {
	case kindBytes:
		if len(text) == 0 {
			text = nil
		}
		return cSetBytes(s.h, r.id, text)
	case kindInt64, kindUint64:
		return cSetInt64(s.h, r.id, num)
	}
	return cSetInt(s.h, r.id, int32(num))
}

// during calls f with the options set as they were before. It does not, and reports false, if the security mechanism has
// changed since. s.mu is held.
func (s *socketState) during(old *oldOptions, f func() bool) bool {
	if old == nil {
		return f()
	}
	if mechanism, _ := cGetInt(s.h, optMechanism); mechanism != old.mechanism {
		return false
	}
	var now oldOptions
	defer func() {
		for i, r := range now.rows {
			s.setValue(r, now.nums[i], now.texts[i])
		}
	}()
	for i, r := range old.rows {
		now.keep(s, r)
		if s.setValue(r, old.nums[i], old.texts[i]) != 0 {
			return false
		}
	}
	return f()
}
