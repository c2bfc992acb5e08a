package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"example.org/zmq"
)

// readTime is how long a client that did wrong waits for what the server has to say.
const readTime = 10 * time.Millisecond

// goInside finishes a handshake of CURVE, or nearly, and does wrong from there on.
func (f *friend) goInside(conn net.Conn, t talk) {
	r := t.inside
	keys := rand.NewChaCha8([32]byte(noise(r, 32)))
	c, err := newInsider(conn, (*[32]byte)(serverKey[:]), byte(r.IntN(2)), keys)
	if err != nil || c.hello() != nil {
		return
	}
	meta := metadata(r, kinds[t.kind])
	good := r.IntN(4) > 0
	var said []byte
	if good {
		said = c.initiate(append(c.vouch(noise(r, 16)), meta...))
		f.knocked.Add(1)
	} else {
		said = c.wrongInitiate(r, meta)
	}
	steps := r.IntN(10)
	if inPieces(conn, r, said) != nil {
		return
	}
	if !good {
		conn.SetReadDeadline(time.Now().Add(readTime))
	}
	// Who says more while authentication is under way is refused at once, and gets no further.
	if c.ready() != nil {
		return
	}
	if good {
		f.entered.Add(1)
	}
	said = nil
	for range steps {
		said = append(said, c.wrong(r, kinds[t.kind])...)
		if r.IntN(2) == 0 {
			if inPieces(conn, r, said) != nil {
				return
			}
			said = nil
		}
		f.deep.Add(1)
	}
	if inPieces(conn, r, said) != nil || !t.stay {
		return
	}
	conn.SetReadDeadline(time.Now().Add(readTime))
	for err := error(nil); err == nil; {
		_, err = c.hear()
	}
}

// inPieces writes b, now and then in two.
func inPieces(conn net.Conn, r *rand.Rand, b []byte) error {
	if len(b) > 1 && r.IntN(3) == 0 {
		n := 1 + r.IntN(len(b)-1)
		if _, err := conn.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	_, err := conn.Write(b)
	return err
}

// metadata is what a peer says of itself, when all is well.
func metadata(r *rand.Rand, k kind) []byte {
	meta := property("Socket-Type", []byte(peer(r, k)))
	if id := identity(r); len(id) < 256 {
		meta = append(meta, property("Identity", id)...)
	}
	return meta
}

// wrongMetadata is none, in one of many ways.
func wrongMetadata(r *rand.Rand, meta []byte) []byte {
	switch r.IntN(8) {
	case 0:
		return nil
	case 1:
		return noise(r, r.IntN(600))
	case 2:
		return append(meta, property("", noise(r, r.IntN(10)))...)
	case 3:
		return append(meta, property(string(noise(r, 255)), noise(r, r.IntN(70_000)))...)
	case 4: // values that are longer than what follows
		name := []string{"Identity", "Socket-Type", "X"}[r.IntN(3)]
		meta = append(append(meta, byte(len(name))), name...)
		meta = binary.BigEndian.AppendUint32(meta, r.Uint32()>>r.IntN(32))
		return append(meta, noise(r, r.IntN(20))...)
	case 5:
		return append(meta, meta...)
	case 6:
		for range r.IntN(300) {
			meta = append(meta, property("User-Id", nil)...)
		}
		return meta
	}
	for range 1 + r.IntN(4) {
		meta = mutate(r, meta)
	}
	return meta
}

// wrongInitiate is an INITIATE that opens, or nearly, and has something wrong in it.
func (c *insider) wrongInitiate(r *rand.Rand, meta []byte) []byte {
	other := (*[32]byte)(noise(r, 32))
	switch r.IntN(9) {
	case 0:
		c.vouched = other
	case 1:
		c.vouchedFor = other
	case 2: // the word of somebody else
		public := c.public
		c.public = other
		defer func() { c.public = public }()
	case 3: // keys that lead nowhere
		c.public = new([32]byte)
		c.public[0] = byte(r.IntN(2))
	case 4:
		c.cookie = mutate(r, append([]byte{}, c.cookie...))
	case 5:
		c.nonce += r.Uint64() >> r.IntN(64)
	case 6: // the text, whatever it is then
		text := append(c.vouch(noise(r, 16)), meta...)
		if r.IntN(2) == 0 {
			return c.initiate(text[:r.IntN(len(text))])
		}
		return c.initiate(mutate(r, text))
	case 7: // the command
		b := c.initiate(append(c.vouch(noise(r, 16)), meta...))
		if r.IntN(2) == 0 {
			return append(b, b...)
		}
		return mutate(r, b)
	default:
		meta = wrongMetadata(r, meta)
	}
	return c.initiate(append(c.vouch(noise(r, 16)), meta...))
}

// wrong is what a client says that is inside, some of it right.
func (c *insider) wrong(r *rand.Rand, k kind) []byte {
	switch r.IntN(16) {
	case 0, 1: // a nonce that was used, or is far away
		n := []uint64{0, 1, c.nonce, c.nonce - 1, c.nonce + r.Uint64()>>r.IntN(64), 1<<64 - 1}[r.IntN(6)]
		if r.IntN(4) == 0 {
			c.nonce = n
		}
		return c.messageAt(binary.BigEndian.AppendUint64(nil, n), append([]byte{0}, payload(r)...))
	case 2: // another key
		shared := c.shared
		c.shared[r.IntN(32)] ^= 1
		b := c.message(append([]byte{0}, payload(r)...))
		c.shared = shared
		return b
	case 3: // less than a box
		b := c.message(append([]byte{0}, payload(r)...))
		_, body, _ := bytes.Cut(b, []byte("\x07MESSAGE"))
		return frame(0, append([]byte("\x07MESSAGE"), body[:r.IntN(len(body))]...), r.IntN(5) == 0)
	case 4: // a box with nothing in it, not even flags
		return c.message(nil)
	case 5: // flags outside
		b := c.message(c.text(r))
		b[0] ^= byte(r.Uint32())
		return b
	case 6:
		return mutate(r, c.message(c.text(r)))
	case 7: // no box
		switch r.IntN(4) {
		case 0:
			return c.initiate(append(c.vouch(noise(r, 16)), metadata(r, k)...))
		case 1:
			return command([]string{"HELLO", "WELCOME", "READY", "ERROR", "MESSAGE"}[r.IntN(5)], noise(r, r.IntN(300)))
		}
		return frames(r)
	case 8: // a length that nothing follows
		if r.IntN(4) == 0 {
			return append(binary.BigEndian.AppendUint64([]byte{2}, r.Uint64()>>r.IntN(64)), "\x07MESSAGE"...)
		}
	case 9: // much
		if r.IntN(20) == 0 {
			return c.message(append([]byte{byte(r.IntN(4))}, make([]byte, 1<<(10+r.IntN(12)))...))
		}
	case 10:
		return c.message(mutate(r, c.text(r)))
	}
	return c.message(c.text(r))
}

// text is what a box holds: a message, a subscription or a command.
func (c *insider) text(r *rand.Rand) []byte {
	switch r.IntN(8) {
	case 0, 1: // a command's name, and any number of bytes
		name := []string{"PONG", "SUBSCRIBE", "CANCEL", "JOIN", "LEAVE", "ERROR", "READY", "MESSAGE", ""}[r.IntN(9)]
		n := len(name)
		if r.IntN(8) == 0 {
			n = int(byte(r.Uint32()))
		}
		b := append([]byte{boxCommand, byte(n)}, name...)
		if r.IntN(8) == 0 {
			return b[:1+r.IntN(len(b))]
		}
		return append(b, noise(r, r.IntN(40))...)
	case 2:
		return append(append([]byte{boxCommand}, []string{"\x09SUBSCRIBE", "\x06CANCEL"}[r.IntN(2)]...), topic(r)...)
	case 3:
		return append([]byte{0, byte(r.IntN(3))}, topic(r)...)
	case 4:
		return append([]byte{byte(r.Uint32())}, payload(r)...)
	case 5: // a request's envelope begins
		return []byte{boxMore}
	}
	return append([]byte{byte(r.IntN(2))}, payload(r)...)
}

// TestInsider has the insider behave, against every server of CURVE. It is what shows that those who do wrong are inside.
func TestInsider(t *testing.T) {
	g := startTarget(t)
	f := newFriend(t)
	for i, k := range kinds {
		for minor := byte(0); minor < 2 && k.curve(); minor++ {
			if err := behave(g, i, minor, fmt.Sprintf("good insider %d %d", i, minor)); err != nil {
				g.end()
				t.Fatalf("%s, ZMTP 3.%d: %v", k.name, minor, err)
			}
		}
	}
	f.serve(t, g)
	if err := g.end(); err != nil {
		t.Errorf("the target ends with %v", err)
	}
}

// behave talks to a server until it was heard, and hears. A PAIR may have somebody else still.
func behave(g *target, i int, minor byte, word string) (err error) {
	heard := g.listen(word)
	for limit := time.Now().Add(patience); time.Now().Before(limit); {
		allowed := patience
		if kinds[i].socket == zmq.Pair {
			allowed = answerTime
		}
		if err = behaveOnce(g, i, minor, word, heard, time.Now().Add(allowed)); err == nil || g.health() != nil {
			return err
		}
	}
	return err
}

func behaveOnce(g *target, i int, minor byte, word string, heard <-chan struct{}, limit time.Time) error {
	conn, err := net.DialTimeout("tcp", g.at[i][0], patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(limit)
	c, err := newInsider(conn, (*[32]byte)(serverKey[:]), minor, rand.NewChaCha8([32]byte{minor}))
	if err != nil {
		return err
	}
	k := kinds[i]
	if err := c.enter(property("Socket-Type", []byte(k.peers[0]))); err != nil {
		return err
	}
	if !bytes.Contains(c.metadataOfTheirReady, property("Socket-Type", []byte(k.socketName()))) {
		return fmt.Errorf("READY says %q", c.metadataOfTheirReady)
	}
	switch k.good {
	case zmq.Sub:
		word = "tick"
		if minor == 0 {
			err = c.say(0, "\x01ti")
		} else {
			err = c.say(boxCommand, "\x09SUBSCRIBEti")
		}
	case zmq.Pull, zmq.Rep:
		word = "tick"
	case zmq.Push, zmq.Pub:
		if err := c.say(0, word); err != nil {
			return err
		}
		select {
		case <-heard:
			return nil
		case <-time.After(time.Until(limit)):
			return errors.New("was not heard")
		}
	case zmq.Req:
		if err = c.say(boxMore, ""); err == nil {
			err = c.say(0, word)
		}
	default:
		err = c.say(0, word)
	}
	for part := ""; err == nil && part != word; {
		part, err = c.hear()
	}
	return err
}

func (k kind) socketName() string {
	for _, b := range bareKinds {
		if b.socket == k.socket {
			return b.name
		}
	}
	return ""
}
