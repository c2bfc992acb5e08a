package zmq

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConstants compares the numbers of this package with those of the header that the C compiler finds.
func TestConstants(t *testing.T) {
	want := map[string]int{
		"ZMQ_PAIR": int(Pair), "ZMQ_PUB": int(Pub), "ZMQ_SUB": int(Sub), "ZMQ_REQ": int(Req), "ZMQ_REP": int(Rep),
		"ZMQ_DEALER": int(Dealer), "ZMQ_ROUTER": int(Router), "ZMQ_XREQ": int(XReq), "ZMQ_XREP": int(XRep), "ZMQ_PULL": int(Pull),
		"ZMQ_PUSH": int(Push), "ZMQ_XPUB": int(XPub), "ZMQ_XSUB": int(XSub),
		"ZMQ_DONTWAIT": int(DontWait), "ZMQ_SNDMORE": int(SndMore),
		"ZMQ_POLLIN": int(PollIn), "ZMQ_POLLOUT": int(PollOut), "ZMQ_POLLERR": int(PollErr),
		"ZMQ_HAUSNUMERO":    hausnumero,
		"ZMQ_VERSION_MAJOR": HeaderVersion().Major, "ZMQ_VERSION_MINOR": HeaderVersion().Minor, "ZMQ_VERSION_PATCH": HeaderVersion().Patch,
	}
	if HeaderVersion().AtLeast(Version{4, 0, 0}) {
		want["ZMQ_STREAM"] = int(Stream)
	}
	if HeaderVersion().AtLeast(Version{4, 2, 0}) {
		want["ZMQ_POLLPRI"] = int(PollPri)
	}
	for _, r := range optionTable {
		if r.c != "" && r.has != "draft" && HeaderVersion().AtLeast(r.since) { // TestDraft has the drafts
			want[r.c] = r.id
		}
	}
	got := macros(t, keys(want)...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers differ from the header's (-here +header):\n%s", diff)
	}
}

func TestConstantsNames(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"pair": Pair, "router": Router, "xsub": XSub, "stream": Stream, "channel": Channel, "socket type -1": SocketType(-1), "socket type 21": SocketType(21),
		"0": Flag(0), "DontWait": NoBlock, "DontWait|SndMore": DontWait | SndMore, "SndMore|0x10": SndMore | 16,
		"PollIn|PollErr": PollIn | PollErr, "PollPri": PollPri,
	} {
		if v.String() != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
}
