package zmqcat

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var samples = [][][]byte{
	{[]byte("one part")}, {[]byte("two"), []byte("parts")}, {{}}, {{}, {}}, {[]byte("zero \x00, \xff, \"quoted\" <tag>"), []byte("é")},
}

// TestRoundTrip asserts that what is written is read back as it was.
func TestRoundTrip(t *testing.T) {
	for _, format := range []string{"length", "json"} {
		var buf bytes.Buffer
		w, err := newWriter(format, "", &buf)
		if err != nil {
			t.Fatal(err)
		}
		for _, msg := range samples {
			if err := w.write(msg); err != nil {
				t.Fatal(err)
			}
		}
		r, err := newReader(format, "", &buf)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(samples, readAll(t, r)); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}

func readAll(t *testing.T, r reader) (all [][][]byte) {
	t.Helper()
	for {
		msg, err := r.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, msg.parts)
	}
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		text, separator string
		want            string
	}{
		{"a\nb\n", "", "[[a] [b]]"}, {"a\nb", "", "[[a] [b]]"}, {"", "", "[]"}, {"\n\n", "", "[[] []]"},
		{"a\tb\n", "", "[[a\tb]]"}, {"a,b,,c\n", ",", "[[a b  c]]"}, {"a\r\n", "", "[[a\r]]"},
	} {
		r, _ := newReader("lines", c.separator, strings.NewReader(c.text))
		text := "["
		for i, msg := range readAll(t, r) {
			if i > 0 {
				text += " "
			}
			text += "[" + string(bytes.Join(msg, []byte(" "))) + "]"
		}
		if text += "]"; text != c.want {
			t.Errorf("%q: %s, want %s", c.text, text, c.want)
		}
	}
}

// TestBadInput asserts that a broken input is an error that says where, and takes no memory for what is not there.
func TestBadInput(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"length", "\x00\x00", "ends within"},
		{"length", "\x00\x00\x00\x05ab", "ends within a part: 2 of 5"},
		{"length", "\x80\x00\x00\x01a", "before the last part"},
		{"length", "GET / HTTP/1.1", "is this input in the format length?"},
		{"length", "\x3f\xff\xff\xffab", "ends within a part"},
		{"json", `["a"`, "message 1"},
		{"json", `"fine" {"base64":"??"}`, "message 2, part 1"},
		{"json", `[]`, "at least one part"},
		{"json", `[["a"]]`, "a part is a string or"},
		{"json", `[{"base46":"YQ=="}]`, "a part is a string or"},
		{"json", `[1]`, "a part is a string or"},
		{"json", `null`, "a part is a string or"},
	} {
		r, _ := newReader(c.format, "", strings.NewReader(c.text))
		var err error
		for err == nil {
			_, err = r.next()
		}
		if errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v, want %s", c.format, c.text, err, c.want)
		}
	}
}

// FuzzInput asserts that no input does worse than an error, and that what is read can be written and read again.
func FuzzInput(f *testing.F) {
	f.Add(0, "a\tb\n")
	f.Add(2, "\x80\x00\x00\x01a\x00\x00\x00\x00")
	f.Add(3, `["a",{"base64":"/w=="}] "b"`)
	f.Fuzz(func(t *testing.T, which int, text string) {
		format := formats[uint(which)%uint(len(formats))]
		r, err := newReader(format, "", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		w, _ := newWriter(format, "", &buf)
		var all [][][]byte
		for err == nil {
			var msg message
			if msg, err = r.next(); err == nil {
				all = append(all, msg.parts)
				if err := w.write(msg.parts); err != nil {
					t.Fatal(err)
				}
				msg.close()
			}
		}
		if format != "length" && format != "json" {
			return
		}
		again, _ := newReader(format, "", &buf)
		if d := cmp.Diff(all, readAll(t, again)); d != "" {
			t.Error(d)
		}
	})
}
