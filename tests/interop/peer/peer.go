// Package peer is what the programs of the interoperability tests have in common: the commands that each of them
// obeys, whatever it is written in and whichever implementation of ZMTP it has inside. A program reads one command a
// line from standard input and answers each with one line:
//
//	open TYPE bind|connect ENDPOINT   at ENDPOINT      TYPE in small letters; an ending :* is any port
//	sub HEX                           ok               subscribe; - is the empty filter
//	send SEED SIZE...                 ok               send one message, one part for each size
//	recv MILLISECONDS                 got SIZE:CRC...  receive one message, one CRC-32 in hex for each part
//	                                  none             nothing came in that time, or there was no room to send
//	close                             ok               close the socket, dropping what is queued
//
// Anything else that happens is answered by "error" and a text. A ROUTER receives the identity apart from the message and
// sends to whom it has received from last; an XSUB subscribes by a message. Part k of a message has the bytes
// (SEED+k+i) mod 251. A program ends with its standard input.
package peer

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"time"
)

// Socket is one socket of an implementation.
type Socket interface {
	Subscribe(filter []byte) error
	Send(parts [][]byte, patience time.Duration) error
	Recv(patience time.Duration) ([][]byte, error)
	Close() error
}

// ErrNone is returned by a Socket whose patience has ended.
var ErrNone = errors.New("none")

// Patience is how long a send waits for room.
const Patience = 20 * time.Second

// Open makes a socket, binds or connects it, and returns the endpoint with the port that it got.
type Open func(typ string, bind bool, endpoint string) (Socket, string, error)

// Parts returns the parts of a message.
func Parts(seed int, sizes []int) [][]byte {
	parts := make([][]byte, len(sizes))
	for k, n := range sizes {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte((seed + k + i) % 251)
		}
		parts[k] = p
	}
	return parts
}

// Describe returns the answer to a recv that received parts.
func Describe(parts [][]byte) string {
	var b strings.Builder
	b.WriteString("got")
	for _, p := range parts {
		fmt.Fprintf(&b, " %d:%08x", len(p), crc32.ChecksumIEEE(p))
	}
	return b.String()
}

// Main obeys the commands of in until it ends.
func Main(in io.Reader, out io.Writer, open Open) error {
	p := &program{open: open}
	defer p.close()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := p.obey(strings.Fields(lines.Text()))
		switch {
		case errors.Is(err, ErrNone):
			answer = "none"
		case err != nil:
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

type program struct {
	open     Open
	s        Socket
	typ      string
	identity []byte // of the peer from whom a ROUTER received last
}

func (p *program) close() error {
	if p.s == nil {
		return nil
	}
	s := p.s
	p.s = nil
	return s.Close()
}

func (p *program) obey(f []string) (string, error) {
	switch {
	case len(f) == 4 && f[0] == "open":
		s, at, err := p.open(f[1], f[2] == "bind", f[3])
		if err != nil {
			return "", err
		}
		p.s, p.typ, p.identity = s, f[1], nil
		return "at " + at, nil
	case p.s == nil:
		return "", errors.New("no socket is open")
	case len(f) == 2 && f[0] == "sub":
		filter, err := hex.DecodeString(strings.TrimPrefix(f[1], "-"))
		if err != nil {
			return "", err
		}
		if p.typ == "xsub" {
			return "ok", p.s.Send([][]byte{append([]byte{1}, filter...)}, Patience)
		}
		return "ok", p.s.Subscribe(filter)
	case len(f) >= 3 && f[0] == "send":
		return p.send(f[1:])
	case len(f) == 2 && f[0] == "recv":
		return p.recv(f[1])
	case len(f) == 1 && f[0] == "close":
		return "ok", p.close()
	}
	return "", fmt.Errorf("no such command: %q", f)
}

func (p *program) send(args []string) (string, error) {
	numbers := make([]int, len(args))
	for i, a := range args {
		n, err := strconv.Atoi(a)
		if err != nil {
			return "", err
		}
		numbers[i] = n
	}
	parts := Parts(numbers[0], numbers[1:])
	if p.typ == "router" {
		parts = append([][]byte{p.identity}, parts...)
	}
	return "ok", p.s.Send(parts, Patience)
}

func (p *program) recv(ms string) (string, error) {
	n, err := strconv.Atoi(ms)
	if err != nil {
		return "", err
	}
	parts, err := p.s.Recv(time.Duration(n) * time.Millisecond)
	if err != nil {
		return "", err
	}
	if p.typ == "router" {
		if len(parts) < 2 {
			return "", fmt.Errorf("a ROUTER received %d parts", len(parts))
		}
		p.identity, parts = parts[0], parts[1:]
	}
	return Describe(parts), nil
}
