package zmqcat

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// reader takes messages from the input, io.EOF after the last one.
type reader interface {
	next() (message, error)
}

// writer puts messages on the output.
type writer interface {
	write(parts [][]byte) error
}

var formats = []string{"lines", "whole", "length", "json"}

// limit is how long a line or a part of the input may be: more than libzmq sends in one piece makes no sense.
const limit = 1 << 30

func newReader(format string, separator string, in io.Reader) (reader, error) {
	if format == "whole" {
		return &wholeReader{in: in}, nil
	}
	r := bufio.NewReaderSize(in, 1<<16)
	switch format {
	case "lines":
		return &lineReader{r, separator}, nil
	case "length":
		return lengthReader{r}, nil
	case "json":
		return newJSONReader(r), nil
	}
	return nil, badFormat(format)
}

func newWriter(format string, separator string, out io.Writer) (writer, error) {
	switch format {
	case "lines":
		if separator == "" {
			separator = "\t"
		}
		return &lineWriter{out: out, separator: separator}, nil
	case "whole":
		return wholeWriter{out}, nil
	case "length":
		return &lengthWriter{out: out}, nil
	case "json":
		return &jsonWriter{out: out}, nil
	}
	return nil, badFormat(format)
}

func badFormat(format string) error {
	return fmt.Errorf("unknown format %q: one of %s", format, strings.Join(formats, ", "))
}

// lineReader makes each line a message, of several parts if a separator is given.
type lineReader struct {
	in        *bufio.Reader
	separator string
}

func (r *lineReader) next() (message, error) {
	line, err := r.in.ReadBytes('\n')
	if len(line) == 0 && err != nil {
		return message{}, err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return message{}, err
	}
	text := strings.TrimSuffix(string(line), "\n")
	if r.separator == "" {
		return message{parts: [][]byte{[]byte(text)}}, nil
	}
	var parts [][]byte
	for _, p := range strings.Split(text, r.separator) {
		parts = append(parts, []byte(p))
	}
	return message{parts: parts}, nil
}

// lineWriter makes each message a line. What has line breaks in it is several lines.
type lineWriter struct {
	out       io.Writer
	separator string
	buf       []byte
}

func (w *lineWriter) write(parts [][]byte) error {
	w.buf = w.buf[:0]
	for i, p := range parts {
		if i > 0 {
			w.buf = append(w.buf, w.separator...)
		}
		w.buf = append(w.buf, p...)
	}
	_, err := w.out.Write(append(w.buf, '\n'))
	return err
}

// The length format has four bytes before each part, the most significant first: its length, and in the
// highest bit whether more parts follow. Messages of one part are so what other tools write and read, too.
const moreBit = 1 << 31

type lengthReader struct{ in *bufio.Reader }

func (r lengthReader) next() (message, error) {
	var parts [][]byte
	for {
		var head [4]byte
		_, err := io.ReadFull(r.in, head[:])
		switch {
		case errors.Is(err, io.EOF) && len(parts) == 0:
			return message{}, io.EOF
		case err != nil:
			return message{}, errors.New("the input ends within a length or before the last part")
		}
		n := binary.BigEndian.Uint32(head[:])
		size := int64(n &^ moreBit)
		if size > limit {
			return message{}, fmt.Errorf("a part of %d bytes: is this input in the format length?", size)
		}
		// Not made at once: a wrong length would take memory for nothing.
		part, err := io.ReadAll(io.LimitReader(r.in, size))
		if err != nil {
			return message{}, err
		}
		if int64(len(part)) < size {
			return message{}, fmt.Errorf("the input ends within a part: %d of %d bytes", len(part), size)
		}
		parts = append(parts, part)
		if n&moreBit == 0 {
			return message{parts: parts}, nil
		}
	}
}

type lengthWriter struct {
	out io.Writer
	buf []byte
}

func (w *lengthWriter) write(parts [][]byte) error {
	w.buf = w.buf[:0]
	for i, p := range parts {
		if int64(len(p)) >= moreBit {
			return fmt.Errorf("a part of %d bytes does not fit the format length", len(p))
		}
		n := uint32(len(p))
		if i < len(parts)-1 {
			n |= moreBit
		}
		w.buf = append(binary.BigEndian.AppendUint32(w.buf, n), p...)
	}
	_, err := w.out.Write(w.buf)
	return err
}

// The json format has an array for each message, with a string for each part that is UTF-8 and an object
// {"base64": "..."} for each that is not. The reader takes a string for a message of one part, too.
type binaryPart struct {
	Base64 string `json:"base64"`
}

type jsonReader struct {
	dec   *json.Decoder
	count int
}

func newJSONReader(in io.Reader) *jsonReader { return &jsonReader{dec: json.NewDecoder(in)} }

func (r *jsonReader) next() (message, error) {
	var raw json.RawMessage
	r.count++
	if err := r.dec.Decode(&raw); err != nil {
		if errors.Is(err, io.EOF) {
			return message{}, io.EOF
		}
		return message{}, fmt.Errorf("message %d: %w", r.count, err)
	}
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &items); err != nil {
			return message{}, fmt.Errorf("message %d: %w", r.count, err)
		}
		if len(items) == 0 {
			return message{}, fmt.Errorf("message %d: a message has at least one part", r.count)
		}
	}
	parts := make([][]byte, len(items))
	for i, item := range items {
		p, err := jsonPart(item)
		if err != nil {
			return message{}, fmt.Errorf("message %d, part %d: %w", r.count, i+1, err)
		}
		parts[i] = p
	}
	return message{parts: parts}, nil
}

func jsonPart(raw json.RawMessage) ([]byte, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		return []byte(text), nil
	}
	var fields map[string]string
	if err := json.Unmarshal(raw, &fields); err != nil || len(fields) != 1 {
		return nil, errors.New(`a part is a string or {"base64": "..."}`)
	}
	encoded, ok := fields["base64"]
	if !ok {
		return nil, errors.New(`a part is a string or {"base64": "..."}`)
	}
	return base64.StdEncoding.DecodeString(encoded)
}

type jsonWriter struct{ out io.Writer }

func (w *jsonWriter) write(parts [][]byte) error {
	items := make([]any, len(parts))
	for i, p := range parts {
		if utf8.Valid(p) {
			items[i] = string(p)
		} else {
			items[i] = binaryPart{base64.StdEncoding.EncodeToString(p)}
		}
	}
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(items)
}
