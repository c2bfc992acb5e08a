package wire

import (
	"encoding/binary"
	"math/rand/v2"
)

// talk is one conversation that an untrusted peer has with a socket: what is written, in which pieces, and how it ends.
type talk struct {
	kind    int
	ipc     bool
	pieces  [][]byte
	reset   bool // it ends with an RST
	stay    bool // it waits for the other end to say something before it ends
	relayed bool // a client that behaves, over a line that changes bytes

	inside *rand.Rand // a client of CURVE that finishes its handshake draws from it what it does then; nil for others
}

// talkOf returns the conversation of a seed.
func talkOf(seed uint64) talk {
	r := rand.New(rand.NewPCG(seed, 7))
	t := talk{kind: r.IntN(len(kinds)), ipc: r.IntN(3) == 0, reset: r.IntN(4) == 0, stay: r.IntN(3) == 0, relayed: r.IntN(40) == 0}
	k := kinds[t.kind]
	if k.curve() && !t.relayed && r.IntN(3) > 0 {
		t.inside = r
		return t
	}
	var text []byte
	switch r.IntN(12) {
	case 0:
		text = noise(r, r.IntN(300))
	case 1, 2:
		text = talk1(r)
	case 3, 4, 5:
		text = talk2(r, k)
	default:
		text = talk3(r, k)
	}
	for range r.IntN(5) { // with 0 it stays as it is
		text = mutate(r, text)
	}
	for len(text) > 0 {
		n := len(text)
		if r.IntN(3) > 0 {
			n = 1 + r.IntN(len(text))
		}
		t.pieces = append(t.pieces, text[:n])
		text = text[n:]
		if len(t.pieces) == 20 {
			t.pieces, text = append(t.pieces, text), nil
		}
	}
	return t
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// mutate changes a little of what is said.
func mutate(r *rand.Rand, b []byte) []byte {
	if len(b) == 0 {
		return noise(r, r.IntN(10))
	}
	i := r.IntN(len(b))
	j := min(len(b), i+1+r.IntN(16))
	switch r.IntN(8) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
	case 1:
		b[i] = byte(r.Uint32())
	case 2:
		b[i] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
	case 3:
		b = append(b[:i:i], b[j:]...)
	case 4:
		b = append(b[:j:j], b[i:]...)
	case 5:
		b = append(append(b[:i:i], noise(r, r.IntN(20))...), b[i:]...)
	case 6:
		b = b[:i]
	case 7:
		for n := range min(8, len(b)-i) {
			b[i+n] = 0xff
		}
	}
	return b
}

var types = []string{"PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB", "STREAM"}

// peer returns the name of who talks: mostly somebody who may.
func peer(r *rand.Rand, k kind) string {
	if r.IntN(10) == 0 {
		return types[r.IntN(len(types))]
	}
	return k.peers[r.IntN(len(k.peers))]
}

func identity(r *rand.Rand) []byte {
	switch r.IntN(6) {
	case 0:
		return []byte("same")
	case 1:
		return noise(r, r.IntN(300))
	case 2:
		return []byte{0, 1, 2}
	}
	return nil
}

// talk1 speaks ZMTP 1.0: an identity, then frames whose length counts their flags.
func talk1(r *rand.Rand) []byte {
	b := frame1(r, identity(r), 0)
	for range r.IntN(6) {
		b = append(b, frame1(r, payload(r), byte(r.IntN(2)))...)
	}
	return b
}

func frame1(r *rand.Rand, body []byte, flags byte) []byte {
	var b []byte
	if n := len(body) + 1; n < 255 && r.IntN(8) > 0 {
		b = []byte{byte(n)}
	} else {
		b = binary.BigEndian.AppendUint64([]byte{0xff}, uint64(n))
	}
	return append(append(b, flags), body...)
}

// talk2 speaks ZMTP 2.0.
func talk2(r *rand.Rand, k kind) []byte {
	b := []byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 0}
	name := peer(r, k)
	for i, t := range types {
		if t == name {
			b[11] = byte(i)
		}
	}
	id := identity(r)
	b = append(append(b, 0, byte(len(id))), id...)
	return append(b, frames(r)...)
}

// talk3 speaks ZMTP 3.0 or 3.1.
func talk3(r *rand.Rand, k kind) []byte {
	b := make([]byte, 64)
	b[0], b[9], b[10], b[11] = 0xff, 0x7f, 3, byte(r.IntN(2))
	mechanism := "NULL"
	switch {
	case k.name == "REP+PLAIN" && r.IntN(8) > 0, r.IntN(20) == 0:
		mechanism = "PLAIN"
	case k.curve() && r.IntN(8) > 0, r.IntN(20) == 0:
		mechanism = "CURVE"
	}
	copy(b[12:], mechanism)
	meta := property("Socket-Type", []byte(peer(r, k)))
	if id := identity(r); id != nil {
		meta = append(meta, property("Identity", id)...)
	}
	if r.IntN(6) == 0 {
		meta = append(meta, property("X-Odd", noise(r, r.IntN(40)))...)
	}
	switch mechanism {
	case "NULL":
		b = append(b, command("READY", meta)...)
	case "PLAIN":
		b = append(b, command("HELLO", append([]byte("\x04name\x08password")[:r.IntN(15)+0:14], noise(r, r.IntN(4))...))...)
		b = append(b, command("INITIATE", meta)...)
	case "CURVE":
		hello := append([]byte{1, 0}, noise(r, 192)...)
		copy(hello[2:], make([]byte, 72))
		b = append(b, command("HELLO", hello)...)
		b = append(b, command("INITIATE", noise(r, 100+r.IntN(300)))...)
		for range r.IntN(3) {
			b = append(b, command("MESSAGE", noise(r, r.IntN(100)))...)
		}
	}
	return append(b, frames(r)...)
}

func property(name string, value []byte) []byte {
	b := append([]byte{byte(len(name))}, name...)
	return append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
}

func command(name string, body []byte) []byte {
	b := append(append([]byte{byte(len(name))}, name...), body...)
	return frame(4, b, false)
}

// frame is one of ZMTP 2 and 3.
func frame(flags byte, body []byte, long bool) []byte {
	if len(body) > 255 || long {
		return append(binary.BigEndian.AppendUint64([]byte{flags | 2}, uint64(len(body))), body...)
	}
	return append([]byte{flags, byte(len(body))}, body...)
}

// frames are a few messages, subscriptions and commands. PING is not among them: it can end the process, see docs/limits.md.
func frames(r *rand.Rand) (b []byte) {
	for range r.IntN(8) {
		switch r.IntN(9) {
		case 0:
			b = append(b, command([]string{"PONG", "SUBSCRIBE", "CANCEL", "JOIN", "LEAVE", "ERROR", "READY", ""}[r.IntN(8)], noise(r, r.IntN(30)))...)
		case 1, 2:
			b = append(b, frame(0, append([]byte{byte(r.IntN(2))}, topic(r)...), r.IntN(5) == 0)...)
		case 3:
			b = append(b, command([]string{"SUBSCRIBE", "CANCEL"}[r.IntN(2)], topic(r))...)
		case 4: // a request's envelope
			b = append(append(b, frame(1, nil, false)...), frame(0, payload(r), false)...)
		case 5: // a length that nothing follows
			b = binary.BigEndian.AppendUint64(append(b, 2|byte(r.IntN(2))), r.Uint64()>>r.IntN(64))
		default:
			b = append(b, frame(byte(r.IntN(2)), payload(r), r.IntN(5) == 0)...)
		}
	}
	return b
}

func topic(r *rand.Rand) []byte {
	if r.IntN(100) == 0 {
		return make([]byte, 1<<(10+r.IntN(10)))
	}
	return []byte("weather.oslo")[:r.IntN(13)]
}

func payload(r *rand.Rand) []byte {
	switch r.IntN(10) {
	case 0:
		return nil
	case 1:
		return noise(r, r.IntN(5000))
	}
	return noise(r, r.IntN(40))
}
