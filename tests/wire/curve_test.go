package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/crypto/nacl/box"
)

// insider is a client of CURVE (RFC 26) over ZMTP 3.0 or 3.1. It says what it is told to, right or wrong, in boxes that
// the server can open. Names of keys are those of the RFC: C is who it is, C' what it uses once; S and S' are the server's.
type insider struct {
	conn                 net.Conn
	minor                byte
	server, theirs       *[32]byte // S, S'
	public, secret       *[32]byte // C
	once, onceSecret     *[32]byte // C'
	cookie               []byte
	shared               [32]byte  // of C' and S'
	nonce                uint64    // the last that was used
	vouched, vouchedFor  *[32]byte // what the vouch says instead of C' and S, if not nil
	metadataOfTheirReady []byte
}

// newInsider takes its keys from random, so that they can be had again.
func newInsider(conn net.Conn, server *[32]byte, minor byte, random io.Reader) (*insider, error) {
	c := &insider{conn: conn, server: server, minor: minor}
	var err1, err2 error
	c.public, c.secret, err1 = box.GenerateKey(random)
	c.once, c.onceSecret, err2 = box.GenerateKey(random)
	return c, errors.Join(err1, err2)
}

// nonce24 makes a nonce of 24 bytes.
func nonce24(prefix string, rest []byte) *[24]byte {
	var n [24]byte
	copy(n[copy(n[:], prefix):], rest)
	return &n
}

func (c *insider) nextNonce() []byte {
	c.nonce++
	return binary.BigEndian.AppendUint64(nil, c.nonce)
}

// hello sends the greeting and HELLO, and takes WELCOME.
func (c *insider) hello() error {
	greeting := make([]byte, 64)
	greeting[0], greeting[9], greeting[10], greeting[11] = 0xff, 0x7f, 3, c.minor
	copy(greeting[12:], "CURVE")
	nonce := c.nextNonce()
	body := append([]byte{1, 0}, make([]byte, 72)...)
	body = append(append(body, c.once[:]...), nonce...)
	body = box.Seal(body, make([]byte, 64), nonce24("CurveZMQHELLO---", nonce), c.server, c.onceSecret)
	if _, err := c.conn.Write(append(greeting, command("HELLO", body)...)); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.conn, greeting); err != nil {
		return err
	}
	welcome, err := c.readCommand("WELCOME")
	if err != nil {
		return err
	}
	if len(welcome) != 16+144 {
		return fmt.Errorf("WELCOME has %d bytes", len(welcome))
	}
	text, ok := box.Open(nil, welcome[16:], nonce24("WELCOME-", welcome[:16]), c.server, c.onceSecret)
	if !ok {
		return errors.New("the box of WELCOME does not open")
	}
	c.theirs, c.cookie = (*[32]byte)(text[:32]), text[32:]
	box.Precompute(&c.shared, c.theirs, c.onceSecret)
	return nil
}

// vouch is what INITIATE's box begins with: who the client is, and its word for C'.
func (c *insider) vouch(nonce []byte) []byte {
	vouched, to := c.once, c.server
	if c.vouched != nil {
		vouched = c.vouched
	}
	if c.vouchedFor != nil {
		to = c.vouchedFor
	}
	text := append(append([]byte{}, vouched[:]...), to[:]...)
	b := append(append([]byte{}, c.public[:]...), nonce...)
	return box.Seal(b, text, nonce24("VOUCH---", nonce), c.theirs, c.secret)
}

// initiate returns INITIATE with a text in its box: a vouch and metadata if all is well.
func (c *insider) initiate(text []byte) []byte {
	nonce := c.nextNonce()
	body := append(append([]byte{}, c.cookie...), nonce...)
	body = box.SealAfterPrecomputation(body, text, nonce24("CurveZMQINITIATE", nonce), &c.shared)
	return command("INITIATE", body)
}

// ready takes the server's READY.
func (c *insider) ready() error {
	body, err := c.readCommand("READY")
	if err != nil {
		return err
	}
	if len(body) < 8 {
		return fmt.Errorf("READY has %d bytes", len(body))
	}
	meta, ok := box.OpenAfterPrecomputation(nil, body[8:], nonce24("CurveZMQREADY---", body[:8]), &c.shared)
	if !ok {
		return errors.New("the box of READY does not open")
	}
	c.metadataOfTheirReady = meta
	return nil
}

// enter does the whole handshake as it should be done.
func (c *insider) enter(metadata []byte) error {
	if err := c.hello(); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.initiate(append(c.vouch(make([]byte, 16)), metadata...))); err != nil {
		return err
	}
	return c.ready()
}

// The flags in a box.
const (
	boxMore    = 1
	boxCommand = 2
)

// message returns a MESSAGE whose box has a text: flags, then what they are for.
func (c *insider) message(text []byte) []byte { return c.messageAt(c.nextNonce(), text) }

func (c *insider) messageAt(nonce, text []byte) []byte {
	b := append([]byte("\x07MESSAGE"), nonce...)
	return frame(0, box.SealAfterPrecomputation(b, text, nonce24("CurveZMQMESSAGEC", nonce), &c.shared), false)
}

// say sends a part of a message.
func (c *insider) say(flags byte, part string) error {
	_, err := c.conn.Write(c.message(append([]byte{flags}, part...)))
	return err
}

// hear takes a part of a message. It answers PING.
func (c *insider) hear() (string, error) {
	for {
		body, err := c.readCommand("MESSAGE")
		if err != nil {
			return "", err
		}
		if len(body) < 8 {
			return "", fmt.Errorf("MESSAGE has %d bytes", len(body))
		}
		text, ok := box.OpenAfterPrecomputation(nil, body[8:], nonce24("CurveZMQMESSAGES", body[:8]), &c.shared)
		switch {
		case !ok:
			return "", errors.New("the box of MESSAGE does not open")
		case len(text) == 0:
			return "", errors.New("the box of MESSAGE is empty")
		case text[0]&boxCommand == 0:
			return string(text[1:]), nil
		case bytes.HasPrefix(text[1:], []byte("\x04PING")) && len(text) >= 8:
			if err := c.say(boxCommand, "\x04PONG"+string(text[8:])); err != nil {
				return "", err
			}
		}
	}
}

// readCommand reads a frame and returns what follows its command's name.
func (c *insider) readCommand(name string) ([]byte, error) {
	head := make([]byte, 9)
	if _, err := io.ReadFull(c.conn, head[:2]); err != nil {
		return nil, err
	}
	size := uint64(head[1])
	if head[0]&2 != 0 {
		if _, err := io.ReadFull(c.conn, head[2:]); err != nil {
			return nil, err
		}
		size = binary.BigEndian.Uint64(head[1:])
	}
	if size > 1<<24 {
		return nil, fmt.Errorf("a frame of %d bytes", size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(c.conn, body); err != nil {
		return nil, err
	}
	prefix := string(rune(len(name))) + name
	if !bytes.HasPrefix(body, []byte(prefix)) {
		return nil, fmt.Errorf("instead of %s came %q", name, body[:min(len(body), 40)])
	}
	return body[len(prefix):], nil
}
