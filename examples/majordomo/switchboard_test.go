package majordomo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// board is a switchboard with a clock that the test sets.
type board struct {
	*switchboard
	t   *testing.T
	now time.Time
}

func newBoard(t *testing.T) *board {
	opts := Options{Heartbeat: time.Second, Liveness: 3, Expiry: 10 * time.Second}
	return &board{newSwitchboard(opts), t, time.Unix(1_000_000, 0)}
}

// text shows messages as lines, sorted: "receiver|frame|frame".
func text(messages [][][]byte) string {
	var lines []string
	for _, m := range messages {
		lines = append(lines, strings.ReplaceAll(fmt.Sprintf("%q", bytes.Join(m, []byte("|"))), `"`, ""))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// comes hands the frames of a message to the switchboard and compares what it sends.
func (b *board) comes(message, want string) {
	b.t.Helper()
	var frames [][]byte
	for _, f := range strings.Split(message, "|") {
		frames = append(frames, []byte(f))
	}
	if got := text(b.handle(b.now, frames)); got != want {
		b.t.Errorf("%q:\n got %s\nwant %s", message, got, want)
	}
}

// passes lets so many seconds pass, with a tick at the end.
func (b *board) passes(seconds int, want string) {
	b.t.Helper()
	b.now = b.now.Add(time.Duration(seconds) * time.Second)
	if got := text(b.tick(b.now)); got != want {
		b.t.Errorf("after %d s:\n got %s\nwant %s", seconds, got, want)
	}
}

func TestSwitchboardLongestIdleFirst(t *testing.T) {
	b := newBoard(t)
	b.comes("w1||MDPW01|\x01|up", "")
	b.comes("w2||MDPW01|\x01|up", "")
	b.comes("c1||MDPC01|up|a", `w1||MDPW01|\x02|c1||a`)
	b.comes("c2||MDPC01|up|b|c", `w2||MDPW01|\x02|c2||b|c`)
	b.comes("c3||MDPC01|up|d", "")
	b.comes("w2||MDPW01|\x03|c2||B", `c2||MDPC01|up|B w2||MDPW01|\x02|c3||d`)
	b.comes("w1||MDPW01|\x03|c1||A", "c1||MDPC01|up|A")
}

func TestSwitchboardDeadWorker(t *testing.T) {
	b := newBoard(t)
	b.comes("w1||MDPW01|\x01|up", "")
	b.comes("c1||MDPC01|up|a", `w1||MDPW01|\x02|c1||a`)
	b.passes(2, `w1||MDPW01|\x04`)
	b.comes("w2||MDPW01|\x01|up", "")
	b.passes(2, `w2||MDPW01|\x02|c1||a w2||MDPW01|\x04`)
	b.comes("w1||MDPW01|\x03|c1||late", `w1||MDPW01|\x05`)
	b.comes("w2||MDPW01|\x03|c1||A", "c1||MDPC01|up|A")
}

func TestSwitchboardDeadWorkersAtOnce(t *testing.T) {
	b := newBoard(t)
	for _, w := range []string{"w1", "w2", "w3", "w4"} {
		b.comes(w+"||MDPW01|\x01|up", "")
	}
	b.comes("c1||MDPC01|up|a", `w1||MDPW01|\x02|c1||a`)
	b.now = b.now.Add(4 * time.Second)
	b.comes("w4||MDPW01|\x04", "")
	b.passes(0, `w4||MDPW01|\x02|c1||a w4||MDPW01|\x04`)
}

func TestSwitchboardHeartbeatsKeepWorkers(t *testing.T) {
	b := newBoard(t)
	b.comes("w1||MDPW01|\x01|up", "")
	for range 5 {
		b.passes(2, `w1||MDPW01|\x04`)
		b.comes("w1||MDPW01|\x04", "")
	}
	b.comes("w2||MDPW01|\x04", `w2||MDPW01|\x05`) // of another broker's time
}

func TestSwitchboardFatalRequest(t *testing.T) {
	b := newBoard(t)
	b.comes("c1||MDPC01|up|bomb", "")
	for _, w := range []string{"w1", "w2", "w3"} {
		b.comes(w+"||MDPW01|\x01|up", w+`||MDPW01|\x02|c1||bomb`)
		b.comes(w+"||MDPW01|\x05", "")
	}
	b.comes("w4||MDPW01|\x01|up", "")
}

func TestSwitchboardExpiry(t *testing.T) {
	b := newBoard(t)
	b.comes("c1||MDPC01|up|old", "")
	b.passes(11, "")
	b.comes("c1||MDPC01|up|new", "")
	b.comes("w1||MDPW01|\x01|up", `w1||MDPW01|\x02|c1||new`)
	b.passes(4, "")
	b.passes(11, "")
	if len(b.services)+len(b.workers) != 0 {
		t.Errorf("%d services and %d workers are left", len(b.services), len(b.workers))
	}
}

func TestSwitchboardMisuse(t *testing.T) {
	b := newBoard(t)
	for _, message := range []string{"w1", "w1|", "w1||MDPC01|up", "w1||MDPC02|up|a", "w1||MDPW01", "w1|x|MDPW01|\x01|up"} {
		b.comes(message, "")
	}
	const disconnect = `w1||MDPW01|\x05`
	b.comes("w1||MDPW01|\x03|c1||a", disconnect)
	b.comes("w1||MDPW01|\x01", disconnect)
	b.comes("w1||MDPW01|\x01|mmi.service", disconnect)
	b.comes("w1||MDPW01|\x01|up", "")
	b.comes("w1||MDPW01|\x01|up", disconnect) // a second READY
	b.comes("w1||MDPW01|\x01|up", "")
	b.comes("w1||MDPW01|\x03|c1||a", disconnect) // a reply to nothing
	b.comes("w1||MDPW01|\x01|up", "")
	b.comes("c1||MDPC01|up|a", `w1||MDPW01|\x02|c1||a`)
	b.comes("w1||MDPW01|\x03|c2||a", disconnect) // a reply to somebody else
	b.comes("w2||MDPW01|\x01|up", `w2||MDPW01|\x02|c1||a`)
	b.comes("w2|rubbish", "")
	b.comes("w3||MDPW01|\x01|up", `w3||MDPW01|\x02|c1||a`)
}

func TestSwitchboardManagement(t *testing.T) {
	b := newBoard(t)
	b.comes("c1||MDPC01|mmi.service|up", "c1||MDPC01|mmi.service|404")
	b.comes("c2||MDPC01|up|a", "")
	b.comes("c1||MDPC01|mmi.service|up", "c1||MDPC01|mmi.service|404")
	b.comes("w1||MDPW01|\x01|up", `w1||MDPW01|\x02|c2||a`)
	b.comes("c1||MDPC01|mmi.service|up", "c1||MDPC01|mmi.service|200")
	b.comes("c1||MDPC01|mmi.other|up", "c1||MDPC01|mmi.other|501")
}

func TestPulse(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	p := newPulse(Options{Heartbeat: time.Second}.withDefaults(), now)
	if p.due(now) || p.dead(now) {
		t.Error("a new pulse is due or dead")
	}
	now = now.Add(time.Second)
	if !p.due(now) || p.due(now) {
		t.Error("a heartbeat is not due once in an interval")
	}
	if now = now.Add(3 * time.Second); p.dead(now) {
		t.Error("dead after four intervals, not more")
	}
	if now = now.Add(time.Millisecond); !p.dead(now) {
		t.Error("alive after more than four intervals")
	}
}
