package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// version is one of the protocol's: 1.0, 2.0, 3.0 or 3.1.
type version struct{ major, minor byte }

var numbers = map[string]byte{
	"pair": 0, "pub": 1, "sub": 2, "req": 3, "rep": 4, "dealer": 5, "router": 6, "pull": 7, "push": 8, "xpub": 9, "xsub": 10,
}

// frame is a part of a message, or a command.
type frame struct {
	more, command bool
	body          []byte
}

// wire is a connection after its handshake.
type wire struct {
	v version
	c net.Conn
	r *bufio.Reader
	w *bufio.Writer
}

// shake opens the conversation as RFC 13 (1.0), 15 (2.0), 23 (3.0) and 37 (3.1) have it. What is
// sent goes out byte by byte, as a slow network might deliver it.
func shake(c net.Conn, v version, typ string) (*wire, error) {
	w := &wire{v: v, c: c, r: bufio.NewReader(c), w: bufio.NewWriterSize(c, 64<<10)}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	defer c.SetDeadline(time.Time{})
	switch v.major {
	case 1:
		return w, w.shake1()
	case 2:
		return w, w.shake2(typ)
	}
	return w, w.shake3(typ)
}

func (w *wire) drip(p []byte) error {
	for i := range p {
		if _, err := w.c.Write(p[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// shake1 exchanges identities: an empty frame here, and there the ten bytes by which later versions look like one.
func (w *wire) shake1() error {
	if err := w.drip([]byte{1, 0}); err != nil {
		return err
	}
	_, err := w.read()
	return err
}

var signature = []byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f}

func (w *wire) shake2(typ string) error {
	if err := w.drip(append(bytes.Clone(signature), 1, numbers[typ], 0, 0)); err != nil {
		return err
	}
	got := make([]byte, 12)
	if _, err := io.ReadFull(w.r, got); err != nil {
		return err
	}
	if got[0] != 0xff || got[9] != 0x7f || got[10] < 1 {
		return fmt.Errorf("greeting % x", got)
	}
	_, err := w.read() // the identity
	return err
}

func (w *wire) shake3(typ string) error {
	greeting := make([]byte, 64)
	greeting[0], greeting[9], greeting[10], greeting[11] = 0xff, 0x7f, 3, w.v.minor
	copy(greeting[12:], "NULL")
	if err := w.drip(greeting); err != nil {
		return err
	}
	got := make([]byte, 64)
	if _, err := io.ReadFull(w.r, got); err != nil {
		return err
	}
	if got[0] != 0xff || got[9] != 0x7f || got[10] < 3 || !bytes.Equal(got[12:32], greeting[12:32]) {
		return fmt.Errorf("greeting % x", got)
	}
	ready := []byte("\x05READY")
	for _, property := range [][2]string{{"Socket-Type", upper(typ)}, {"Identity", ""}} {
		ready = append(ready, byte(len(property[0])))
		ready = append(ready, property[0]...)
		ready = binary.BigEndian.AppendUint32(ready, uint32(len(property[1])))
		ready = append(ready, property[1]...)
	}
	if err := w.drip(append([]byte{4, byte(len(ready))}, ready...)); err != nil {
		return err
	}
	f, err := w.read()
	if err == nil && (!f.command || !bytes.HasPrefix(f.body, []byte("\x05READY"))) {
		err = fmt.Errorf("%q instead of READY", f.body)
	}
	return err
}

func upper(s string) string { return string(bytes.ToUpper([]byte(s))) }

// write sends the frames of a message, or a command.
func (w *wire) write(frames ...frame) error {
	for _, f := range frames {
		if w.v.major == 1 {
			w.header1(f)
		} else {
			w.header2(f)
		}
		w.w.Write(f.body)
	}
	return w.w.Flush()
}

func (w *wire) header1(f frame) {
	flags := flag(f.more, 1)
	if n := len(f.body) + 1; n < 255 {
		w.w.Write([]byte{byte(n), flags})
	} else {
		w.w.Write(append(binary.BigEndian.AppendUint64([]byte{255}, uint64(n)), flags))
	}
}

func (w *wire) header2(f frame) {
	flags := flag(f.more, 1) | flag(f.command, 4)
	if n := len(f.body); n < 256 {
		w.w.Write([]byte{flags, byte(n)})
	} else {
		w.w.Write(binary.BigEndian.AppendUint64([]byte{flags | 2}, uint64(n)))
	}
}

func flag(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}

func (w *wire) read() (frame, error) {
	first, err := w.r.ReadByte()
	if err != nil {
		return frame{}, err
	}
	long := first == 255
	if w.v.major > 1 {
		long = first&2 != 0
	}
	n, err := w.length(first, long)
	if err != nil {
		return frame{}, err
	}
	flags := first
	if w.v.major == 1 {
		if flags, err = w.r.ReadByte(); err != nil {
			return frame{}, err
		}
		n--
	}
	if n > 1<<26 {
		return frame{}, fmt.Errorf("a frame of %d bytes", n)
	}
	f := frame{more: flags&1 != 0, command: w.v.major > 2 && flags&4 != 0, body: make([]byte, n)}
	_, err = io.ReadFull(w.r, f.body)
	return f, err
}

func (w *wire) length(first byte, long bool) (uint64, error) {
	if long {
		var n [8]byte
		_, err := io.ReadFull(w.r, n[:])
		return binary.BigEndian.Uint64(n[:]), err
	}
	if w.v.major == 1 {
		if first == 0 {
			return 0, fmt.Errorf("a frame without flags")
		}
		return uint64(first), nil
	}
	n, err := w.r.ReadByte()
	return uint64(n), err
}
