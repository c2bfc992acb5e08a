package zmqd

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// The configuration files of zmq_queue, zmq_forwarder and zmq_streamer of 2.x: a root named after the device, in
// it <in> and <out>, in these <bind addr="..."/> and <connect addr="..."/>. 2.x looked for what it knew and
// passed over the rest; so do we, with a warning.

// xmlNode is an element, with where it begins.
type xmlNode struct {
	name     string
	attrs    []xml.Attr
	line, at int
	children []*xmlNode
}

// xmlError is what is wrong with a file, and where.
type xmlError struct {
	file     string
	line, at int
	text     string
}

func (e *xmlError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.file, e.line, e.at, e.text)
}

// readOld reads the file of a 2.x device program. The warnings are about what was passed over.
func readOld(file, device string) (cfg *Config, warnings []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return parseOld(f, file, device)
}

func parseOld(r io.Reader, file, device string) (*Config, []string, error) {
	root, err := parseTree(r, file)
	if err != nil {
		return nil, nil, err
	}
	fail := func(n *xmlNode, format string, args ...any) error {
		return &xmlError{file, n.line, n.at, fmt.Sprintf(format, args...)}
	}
	if root.name != device {
		return nil, nil, fail(root, "the root element is <%s>, and has to be <%s>", root.name, device)
	}
	cfg, err := classic(device)
	if err != nil {
		return nil, nil, err
	}
	o := &oldReader{file: file, fail: fail}
	o.strangers(root, "in", "out")
	for _, s := range []struct {
		name string
		side *Side
	}{{"in", &cfg.Frontend}, {"out", &cfg.Backend}} {
		node := root.child(s.name)
		if node == nil {
			return nil, nil, fail(root, "<%s> has no <%s>", device, s.name)
		}
		if err := o.endpoints(node, s.side); err != nil {
			return nil, nil, err
		}
	}
	return cfg, o.warnings, nil
}

type oldReader struct {
	file     string
	fail     func(n *xmlNode, format string, args ...any) error
	warnings []string
}

// strangers warns of children that the format does not know, and of those that come again.
func (o *oldReader) strangers(n *xmlNode, known ...string) {
	seen := map[string]bool{}
	for _, c := range n.children {
		is := false
		for _, k := range known {
			is = is || c.name == k
		}
		switch {
		case !is:
			o.warnings = append(o.warnings, o.fail(c, "<%s> is not known in <%s>, and passed over", c.name, n.name).Error())
		case seen[c.name] && (c.name == "in" || c.name == "out"):
			o.warnings = append(o.warnings, o.fail(c, "a second <%s>, and passed over", c.name).Error())
		}
		seen[c.name] = true
	}
}

func (o *oldReader) endpoints(n *xmlNode, side *Side) error {
	o.strangers(n, "bind", "connect")
	for _, c := range n.children {
		if c.name != "bind" && c.name != "connect" {
			continue
		}
		addr, ok := c.attr("addr")
		if !ok {
			return o.fail(c, `<%s> has no attribute addr="..."`, c.name)
		}
		if c.name == "bind" {
			side.Bind = append(side.Bind, addr)
		} else {
			side.Connect = append(side.Connect, addr)
		}
	}
	return nil
}

func (n *xmlNode) child(name string) *xmlNode {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *xmlNode) attr(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// xmlDepth is how deep elements may be nested; the format needs three.
const xmlDepth = 64

func parseTree(r io.Reader, file string) (*xmlNode, error) {
	dec := xml.NewDecoder(r)
	dec.CharsetReader = latin1
	var root *xmlNode
	var open []*xmlNode
	for {
		line, at := dec.InputPos()
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, at = dec.InputPos()
			return nil, &xmlError{file, line, at, xmlText(err)}
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &xmlNode{name: t.Name.Local, attrs: append([]xml.Attr(nil), t.Attr...), line: line, at: at}
			switch {
			case len(open) == xmlDepth:
				return nil, &xmlError{file, line, at, "elements are nested too deeply"}
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, &xmlError{file, line, at, "a second root element <" + n.name + ">"}
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 && strings.TrimSpace(strings.TrimPrefix(string(t), "\ufeff")) != "" {
				return nil, &xmlError{file, line, at, "text outside of the root element"}
			}
		}
	}
	if root == nil {
		line, at := dec.InputPos()
		return nil, &xmlError{file, line, at, "no XML element"}
	}
	return root, nil
}

// xmlText leaves out of a syntax error what the position says already.
func xmlText(err error) string {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return "XML: " + syntax.Msg
	}
	return strings.TrimPrefix(err.Error(), "xml: ")
}

// latin1 decodes the encodings, other than UTF-8, that files of that age are in.
func latin1(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252":
	default:
		return nil, fmt.Errorf("the encoding %s is not known: save the file as UTF-8", charset)
	}
	raw, err := io.ReadAll(io.LimitReader(in, 1<<20))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, b := range raw {
		text.WriteRune(rune(b))
	}
	return strings.NewReader(text.String()), nil
}
