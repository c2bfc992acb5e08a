package zmqcat

import (
	"errors"
	"io"
	"os"

	"example.org/zmq"
)

// message is a message that is to be sent, or was received. The bytes of its parts are those of held, in C's memory, if that is not nil.
type message struct {
	parts [][]byte
	held  []*zmq.Message
}

// size returns how many bytes the parts have.
func (m message) size() (n int) {
	for _, p := range m.parts {
		n += len(p)
	}
	return n
}

// close frees what is held.
func (m message) close() {
	for _, h := range m.held {
		h.Close()
	}
}

// holding returns a message of these parts.
func holding(parts ...*zmq.Message) message {
	m := message{held: parts}
	for _, h := range parts {
		m.parts = append(m.parts, h.Bytes())
	}
	return m
}

// wholeReader makes the whole input one message. It may be large, so it is read into the memory from which libzmq sends it.
type wholeReader struct {
	in   io.Reader
	done bool
}

func (r *wholeReader) next() (message, error) {
	if r.done {
		return message{}, io.EOF
	}
	r.done = true
	m, err := readMessage(r.in, sizeOf(r.in))
	if err != nil {
		return message{}, err
	}
	return holding(m), nil
}

// sizeOf returns how many bytes of a regular file are left to read, and 0 for any other input.
func sizeOf(in io.Reader) int64 {
	f, ok := in.(*os.File)
	if !ok {
		return 0
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0
	}
	return max(0, info.Size()-at)
}

// chunkSize is the size of the pieces in which an input is kept whose size is not known: a slice that grows is in memory twice
// while it is copied.
const chunkSize = 256 << 10

// readMessage reads to the end of the input. The expected bytes are read into the message itself. What comes after them, or all of
// an input whose size is not known, is kept in pieces until the end.
func readMessage(in io.Reader, expected int64) (*zmq.Message, error) {
	if expected != int64(int(expected)) {
		expected = 0 // more than this machine can address: reading will fail for lack of memory
	}
	first, err := zmq.NewMessage(int(expected))
	if err != nil {
		return nil, err
	}
	n, err := io.ReadFull(in, first.Bytes())
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		first.Close()
		return nil, err
	}
	var rest [][]byte
	if err == nil {
		rest, err = readChunks(in)
		if err != nil {
			first.Close()
			return nil, err
		}
	}
	if n == first.Len() && len(rest) == 0 {
		return first, nil
	}
	defer first.Close()
	return join(first.Bytes()[:n], rest)
}

// readChunks reads to the end of the input.
func readChunks(in io.Reader) (all [][]byte, err error) {
	for {
		chunk := make([]byte, chunkSize)
		n, err := io.ReadFull(in, chunk)
		if n > 0 {
			all = append(all, chunk[:n])
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// join returns a message of what was read. It drops each piece once it is copied.
func join(first []byte, rest [][]byte) (*zmq.Message, error) {
	size := len(first)
	for _, chunk := range rest {
		size += len(chunk)
	}
	m, err := zmq.NewMessage(size)
	if err != nil {
		return nil, err
	}
	to := m.Bytes()
	at := copy(to, first)
	for i, chunk := range rest {
		at += copy(to[at:], chunk)
		rest[i] = nil
	}
	return m, nil
}

// wholeWriter writes the bytes of the messages and nothing else.
type wholeWriter struct{ out io.Writer }

func (w wholeWriter) write(parts [][]byte) error {
	for _, p := range parts {
		if _, err := w.out.Write(p); err != nil {
			return err
		}
	}
	return nil
}
