package zmqd

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"example.org/zmq/cmd/internal/cli"
	"example.org/zmq/internal/spell"
)

// readYAML overwrites cfg with what the file says.
func readYAML(file string, cfg *Config) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	device := cfg.Device
	if err := parseYAML(raw, cfg); err != nil {
		return fmt.Errorf("%s:%w", file, err)
	}
	if cfg.Device != device {
		return fmt.Errorf("%s: the file is for a %s, the command says %s", file, cfg.Device, device)
	}
	return nil
}

// place is an error at a line and column of a file.
type place struct {
	line, column int
	text         string
}

func (p *place) Error() string { return fmt.Sprintf("%d:%d: %s", p.line, p.column, p.text) }

func at(n ast.Node, format string, args ...any) error {
	p := &place{1, 1, cli.OneLine(fmt.Sprintf(format, args...))}
	if t := n.GetToken(); t != nil && t.Position != nil {
		p.line, p.column = t.Position.Line, t.Position.Column
	}
	return p
}

// parseYAML overwrites cfg. An error is a *place.
func parseYAML(raw []byte, cfg *Config) (err error) {
	defer func() {
		// The parser is for files of people; what it cannot stand is a mistake in the file.
		if p := recover(); p != nil {
			err = &place{1, 1, "this is not YAML that can be read"}
		}
	}()
	f, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return syntax(err)
	}
	r := yamlReader{anchors: map[string]ast.Node{}}
	read := false
	for _, doc := range f.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if read {
			return at(doc.Body, "a second document; one device is one document")
		}
		read = true
		if err := r.read(doc.Body, reflect.ValueOf(cfg).Elem(), ""); err != nil {
			return err
		}
	}
	return nil
}

// syntax returns the parser's error as one line, without the picture of the place.
func syntax(err error) error {
	var e interface {
		GetToken() *token.Token
		GetMessage() string
	}
	p := &place{1, 1, cli.OneLine(err.Error())}
	if errors.As(err, &e) {
		p.text = cli.OneLine(e.GetMessage())
		if t := e.GetToken(); t != nil && t.Position != nil {
			p.line, p.column = t.Position.Line, t.Position.Column
		}
	}
	return p
}

// yamlReader puts what a file says into a Config.
type yamlReader struct {
	anchors map[string]ast.Node
	depth   int
}

// maxDepth is how deep a file may be: an alias within its own anchor has no end.
const maxDepth = 32

// read puts a node's value into v, which has the name path for messages.
func (r *yamlReader) read(n ast.Node, v reflect.Value, path string) error {
	if r.depth++; r.depth > maxDepth {
		return at(n, "%s: too deep", path)
	}
	defer func() { r.depth-- }()
	n, err := r.resolve(n)
	if err != nil || n == nil || n.Type() == ast.NullType {
		return err
	}
	if v.Kind() == reflect.Pointer {
		fresh := reflect.New(v.Type().Elem())
		if err := r.read(n, fresh.Elem(), path); err != nil {
			return err
		}
		v.Set(fresh)
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return r.readKeys(n, v, path)
	case reflect.Slice:
		return r.readList(n, v, path)
	}
	return r.readScalar(n, v, path)
}

// resolve follows anchors and aliases.
func (r *yamlReader) resolve(n ast.Node) (ast.Node, error) {
	for range maxDepth {
		switch node := n.(type) {
		case *ast.AnchorNode:
			r.anchors[node.Name.GetToken().Value] = node.Value
			n = node.Value
		case *ast.AliasNode:
			name := node.Value.GetToken().Value
			value, ok := r.anchors[name]
			if !ok {
				return nil, at(n, "*%s refers to nothing: there is no &%s before it", name, name)
			}
			n = value
		case *ast.TagNode:
			n = node.Value
		default:
			return n, nil
		}
	}
	return nil, at(n, "an alias that refers to itself")
}

// named is what a message calls a value.
func named(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func (r *yamlReader) readKeys(n ast.Node, v reflect.Value, path string) error {
	var values []*ast.MappingValueNode
	switch node := n.(type) {
	case *ast.MappingNode:
		values = node.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{node}
	default:
		return at(n, "%s has keys, each with a value: %s", named(path), strings.Join(keys(v.Type()), ", "))
	}
	for _, kv := range values {
		if kv.Key.IsMergeKey() {
			if err := r.read(kv.Value, v, path); err != nil {
				return err
			}
			continue
		}
		name := kv.Key.GetToken().Value
		field, ok := fieldOf(v, name)
		if !ok {
			return at(kv.Key, "%s", unknownKey(name, path, keys(v.Type())))
		}
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		if err := r.read(kv.Value, field, inner); err != nil {
			return err
		}
	}
	return nil
}

func (r *yamlReader) readList(n ast.Node, v reflect.Value, path string) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return at(n, "%s is a list, such as [%s]", path, strings.TrimSpace(text(n)))
	}
	out := reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values))
	for i, item := range list.Values {
		if err := r.read(item, out.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

// text is what a scalar says; "" for what is none.
func text(n ast.Node) string {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value
	case *ast.LiteralNode:
		return s.Value.Value
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	return ""
}

func (r *yamlReader) readScalar(n ast.Node, v reflect.Value, path string) error {
	if _, ok := n.(ast.ScalarNode); !ok {
		return at(n, "%s is one value, not a list or keys", path)
	}
	value := text(n)
	switch dst := v.Addr().Interface().(type) {
	case *Duration:
		d, err := cli.ParseDuration(value)
		if err != nil {
			return at(n, "%s: %v", path, err)
		}
		*dst = Duration(d)
	case *Size:
		size, err := cli.ParseSize(value)
		if err != nil {
			return at(n, "%s: %v", path, err)
		}
		*dst = Size(size)
	case *int:
		i, err := strconv.Atoi(value)
		if err != nil {
			return at(n, "%s is a whole number, not %q", path, value)
		}
		*dst = i
	case *bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			return at(n, "%s is true or false, not %q", path, value)
		}
		*dst = b.Value
	case *string:
		*dst = value
	}
	return nil
}

// fieldOf returns the field of a key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		switch tag := v.Type().Field(i).Tag.Get("yaml"); tag {
		case ",inline":
			if f, ok := fieldOf(v.Field(i), key); ok {
				return f, true
			}
		case key:
			if key != "" {
				return v.Field(i), true
			}
		}
	}
	return reflect.Value{}, false
}

// keys returns the keys that a struct has in a file, in order.
func keys(t reflect.Type) (all []string) {
	for i := range t.NumField() {
		switch tag := t.Field(i).Tag.Get("yaml"); tag {
		case "":
		case ",inline":
			all = append(all, keys(t.Field(i).Type)...)
		default:
			all = append(all, tag)
		}
	}
	return all
}

func unknownKey(name, path string, known []string) string {
	where, hint := "", "."
	if path != "" {
		where = " of " + path
	}
	if near := spell.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Sprintf("unknown key %q%s%s The keys are: %s", name, where, hint, strings.Join(known, ", "))
}

// writeYAML writes what a Config says, in the form that parseYAML reads.
func writeYAML(cfg *Config) string {
	var b strings.Builder
	writeKeys(&b, reflect.ValueOf(cfg).Elem(), "")
	return b.String()
}

func writeKeys(b *strings.Builder, v reflect.Value, indent string) {
	for i := range v.NumField() {
		f, key := v.Field(i), v.Type().Field(i).Tag.Get("yaml")
		if f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		} else if f.IsZero() || key == "" {
			continue
		}
		switch {
		case key == ",inline":
			writeKeys(b, f, indent)
		case f.Kind() == reflect.Struct:
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			writeKeys(b, f, indent+"  ")
		case f.Kind() == reflect.Slice:
			var items []string
			for j := range f.Len() {
				items = append(items, strconv.Quote(f.Index(j).String()))
			}
			fmt.Fprintf(b, "%s%s: [%s]\n", indent, key, strings.Join(items, ", "))
		default:
			fmt.Fprintf(b, "%s%s: %s\n", indent, key, scalar(f.Interface()))
		}
	}
}

func scalar(v any) string {
	switch v := v.(type) {
	case Duration:
		if v < 0 {
			return "none"
		}
		return time.Duration(v).String()
	case Size:
		if v < 0 {
			return "none"
		}
		return strconv.FormatInt(int64(v), 10)
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(v)
}
