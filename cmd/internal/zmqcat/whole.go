package zmqcat

import (
	"errors"
	"io"
	"os"

	"example.org/zmq"
)

// message is one that is sent or was received: its parts, which lie in memory of C's if held has them.
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

// holding returns the message that these are the parts of.
func holding(parts ...*zmq.Message) message {
	m := message{held: parts}
	for _, h := range parts {
		m.parts = append(m.parts, h.Bytes())
	}
	return m
}

// wholeReader makes the whole input one message, which may be large: it is read to where libzmq sends it from.
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

// sizeOf returns how much is to be read of an ordinary file, 0 of what has no size.
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

// chunkSize is in what pieces is kept what has no known size: a slice that grows would be there twice while it is copied.
const chunkSize = 256 << 10

// readMessage reads to the end. What is expected is read into the message itself; what comes beyond that, or all of an input that
// does not say its size, is kept in pieces until the size is known.
func readMessage(in io.Reader, expected int64) (*zmq.Message, error) {
	if expected != int64(int(expected)) {
		expected = 0 // more than this machine can address: want of memory will say so
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

// readChunks reads to the end.
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

// join returns a message of what was read, and forgets the pieces on the way.
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
