//go:build unix

package storm

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"sync"
	"testing"
)

// letter returns message n of a life, in parts that each say what they belong to and end with their checksum.
func letter(life string, n, parts, size int) [][]byte {
	msg := make([][]byte, parts)
	for i := range msg {
		p := fmt.Appendf(nil, "%s %d %d %d ", life, n, i, parts)
		p = append(p, bytes.Repeat([]byte{byte('a' + n%26)}, size)...)
		sum := crc32.ChecksumIEEE(p)
		msg[i] = append(p, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
	}
	return msg
}

// read returns whose message this is, and its number, if it is whole.
func read(msg [][]byte) (life string, n int, err error) {
	for i, p := range msg {
		body := len(p) - 4
		if body < 0 {
			return "", 0, fmt.Errorf("part %d of %d is %q", i, len(msg), p)
		}
		sum := crc32.ChecksumIEEE(p[:body])
		if !bytes.Equal(p[body:], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}) {
			return "", 0, fmt.Errorf("part %d of %d has another checksum: %.60q", i, len(msg), p)
		}
		var of string
		var number, at, parts int
		if _, err := fmt.Sscanf(string(p[:min(body, 80)]), "%s %d %d %d", &of, &number, &at, &parts); err != nil {
			return "", 0, fmt.Errorf("part %d of %d: %v: %.60q", i, len(msg), err, p)
		}
		if i == 0 {
			life, n = of, number
		}
		if of != life || number != n || at != i || parts != len(msg) {
			return "", 0, fmt.Errorf("part %d of %d: %.60q, after %s %d", i, len(msg), p, life, n)
		}
	}
	if len(msg) == 0 {
		return "", 0, fmt.Errorf("a message without parts")
	}
	return life, n, nil
}

// ledger is what the receivers of one side have got.
type ledger struct {
	mu   sync.Mutex
	got  int
	seen map[string][]uint64 // by life, a bit for each number
}

func newLedger() *ledger { return &ledger{seen: map[string][]uint64{}} }

// take enters a message, and reports an error if it has come before.
func (l *ledger) take(life string, n int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	bits := l.seen[life]
	for len(bits) <= n/64 {
		bits = append(bits, 0)
	}
	l.seen[life] = bits
	if bits[n/64]&(1<<(n%64)) != 0 {
		return fmt.Errorf("message %d of %s came twice", n, life)
	}
	bits[n/64] |= 1 << (n % 64)
	l.got++
	return nil
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got
}

// TestLedger gives a ledger what must not come, and looks whether it says so.
func TestLedger(t *testing.T) {
	msg := letter("a/1", 7, 3, 10)
	if life, n, err := read(msg); life != "a/1" || n != 7 || err != nil {
		t.Errorf("a whole message is read as %q %d: %v", life, n, err)
	}
	for what, torn := range map[string][][]byte{
		"first part gone":     msg[1:],
		"last part gone":      msg[:2],
		"parts swapped":       {msg[1], msg[0], msg[2]},
		"part of another":     {msg[0], letter("a/1", 8, 3, 10)[1], msg[2]},
		"part of another end": {msg[0], msg[1], letter("b/1", 7, 3, 10)[2]},
		"part cut off":        {msg[0], msg[1][:9], msg[2]},
		"nothing":             {},
	} {
		if _, _, err := read(torn); err == nil {
			t.Errorf("%s: it is taken for whole", what)
		}
	}
	l := newLedger()
	for _, n := range []int{0, 64, 1} {
		if err := l.take("a/1", n); err != nil {
			t.Error(err)
		}
	}
	if l.take("b/1", 64) != nil || l.take("a/1", 64) == nil {
		t.Error("it does not tell what came twice")
	}
}
