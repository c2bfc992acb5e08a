//go:build pebbe

// Trace does what a scenario says with github.com/pebbe/zmq4, or what stands in for it, and prints what comes of each call.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

var scenarios = map[string]func(){}

func main() {
	if len(os.Args) < 2 {
		var names []string
		for name := range scenarios {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Println(strings.Join(names, "\n"))
		return
	}
	scenarios[os.Args[1]]()
}

// show prints what a call was and what it returned. An error is printed with its type and whether it is one of the
// package's variables.
func show(call string, results ...interface{}) {
	var texts []string
	for _, r := range results {
		texts = append(texts, text(r))
	}
	fmt.Printf("%s = %s\n", call, strings.Join(texts, ", "))
}

var variables = map[error]string{
	zmq.ErrorContextClosed: "ErrorContextClosed", zmq.ErrorSocketClosed: "ErrorSocketClosed",
	zmq.ErrorMoreExpected: "ErrorMoreExpected", zmq.ErrorNoSocket: "ErrorNoSocket",
}

func text(v interface{}) string {
	switch v := v.(type) {
	case error:
		if name, ok := variables[v]; ok {
			return name
		}
		if e, ok := v.(zmq.Errno); ok {
			return fmt.Sprintf("Errno(%d %s)", uintptr(e), v)
		}
		return fmt.Sprintf("%T(%v)", v, v)
	case string:
		if len(v) > 60 {
			return fmt.Sprintf("string of %d", len(v))
		}
		return fmt.Sprintf("%q", v)
	case []byte:
		if v == nil {
			return "nil bytes"
		}
		return fmt.Sprintf("bytes %q", v)
	case []string:
		if v == nil {
			return "nil strings"
		}
		return fmt.Sprintf("%q", v)
	case [][]byte:
		if v == nil {
			return "nil slices"
		}
		return fmt.Sprintf("%q", v)
	case map[string]string:
		if v == nil {
			return "nil map"
		}
		return fmt.Sprintf("%q", v)
	case *zmq.Socket:
		if v == nil {
			return "nil socket"
		}
		return addressless(v.String())
	case []zmq.Polled:
		if v == nil {
			return "nil polled"
		}
		var all []string
		for _, p := range v {
			all = append(all, addressless(p.Socket.String())+":"+p.Events.String())
		}
		return "polled[" + strings.Join(all, " ") + "]"
	case fmt.Stringer:
		return addressless(v.String())
	case time.Duration:
		return v.String()
	}
	return fmt.Sprintf("%v", v)
}

// addressless takes the numbers out by which sockets are told apart.
func addressless(s string) string {
	for {
		i := strings.Index(s, "0x")
		if i < 0 {
			return s
		}
		j := i + 2
		for j < len(s) && strings.IndexByte("0123456789abcdef", s[j]) >= 0 {
			j++
		}
		s = s[:i] + "ADDRESS" + s[j:]
	}
}

func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("%T %v", err, err))
	}
}

// socket opens a socket in a context that the scenario has to itself.
func socket(ctx *zmq.Context, t zmq.Type) *zmq.Socket {
	s, err := ctx.NewSocket(t)
	check(err)
	check(s.SetLinger(0))
	return s
}

func context() *zmq.Context {
	ctx, err := zmq.NewContext()
	check(err)
	return ctx
}

// pair returns two sockets that are connected over inproc.
func pair(ctx *zmq.Context, bound, connected zmq.Type, name string) (*zmq.Socket, *zmq.Socket) {
	a, b := socket(ctx, bound), socket(ctx, connected)
	check(a.Bind("inproc://" + name))
	check(b.Connect("inproc://" + name))
	return a, b
}
