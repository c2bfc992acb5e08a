package zmq

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestDraft wants all of the header's draft options and types here, and a clear refusal where the engine has none.
func TestDraft(t *testing.T) {
	text, err := os.ReadFile("vendor_libzmq/include/zmq.h")
	if err != nil {
		t.Skipf("the engine is not the vendored one, so its header is not at hand: %v", err)
	}
	rows := map[string]int{}
	for _, r := range optionTable {
		rows[r.c] = r.id
	}
	m := regexp.MustCompile(`(?s)/\*  DRAFT Socket options.*?/\*  DRAFT ZMQ_RECONNECT_STOP`).FindString(string(text))
	if m == "" {
		t.Skip("the header has no draft options")
	}
	for _, d := range regexp.MustCompile(`#define (ZMQ_\w+) (\d+)`).FindAllStringSubmatch(m, -1) {
		if id, _ := strconv.Atoi(d[2]); rows[d[1]] != id {
			t.Errorf("%s is %d here, %d in the header", d[1], rows[d[1]], id)
		}
	}
	if Has("draft") {
		return
	}
	c := newTestContext(t)
	for typ := Server; typ <= Channel; typ++ {
		_, err := c.NewSocket(typ)
		wantError(t, err, []error{ErrNotSupported, errors.ErrUnsupported}, "draft", typ.String())
	}
	s := newTestSocket(t, c, Router)
	if err := s.Set(RouterNotify(3)); needs(t, from434, err) {
		wantError(t, err, []error{ErrNotSupported}, "RouterNotify", "built without draft")
	}
	if err := c.Set(ZeroCopyRecv(false)); needs(t, from434, err) {
		wantError(t, err, []error{ErrNotSupported}, "ZeroCopyRecv", "built without draft")
	}
	_, err = ZeroCopyRecv.Get(c)
	if needs(t, from434, err) {
		wantError(t, err, []error{ErrNotSupported}, "ZeroCopyRecv")
	}
}
