// Package script is the language of the oracle's scenarios, for programs in Go; c/oracle.c speaks it, too. A program reads
// one line after the other, does what it says, and prints what came of it, which is all that is compared:
//
//	ctx NAME [I/O THREADS [MOST SOCKETS]]                           term NAME         shutdown NAME
//	socket NAME CONTEXT TYPE          close NAME
//	bind|connect|unbind|disconnect NAME ENDPOINT                    @NAME is where NAME is bound
//	rebind NAME ENDPOINT              bind, again until it is possible
//	send NAME DATA [more] [dontwait]  recv NAME [SIZE] [dontwait] [>NAME]
//	sendall NAME DATA...              recvall NAME                  whole messages
//	fill NAME DATA MOST               sends until there is no room, and counts
//	count NAME                        receives what is there, and counts messages
//	sync FROM TO PROBE                sends probes until one arrives, and clears them away
//	set|rawset NAME OPTION KIND VALUE get|rawget NAME OPTION KIND   int, int64 or bytes; raw is by number
//	until NAME OPTION VALUE           waits until an int option reads so
//	poll MILLISECONDS NAME:EVENTS...
//	msginit MSG [SIZE]  msgdata MSG DATA  msgclose MSG  msgcopy TO FROM  msgmove TO FROM  msgshow MSG
//	sendmsg NAME MSG [more] [dontwait]    recvmsg NAME MSG [dontwait]
//	device KIND FRONT BACK [CAPTURE]
//	go NAME WORD...                   on another thread             join NAME: what came of it
//	kick NAME                         sends signals to the thread: in C until its call returns
//	mkdir PATH  mkfile PATH  stat PATH  strerror NUMBER
//
// DATA is a text, %hex, *N for N bytes, - for nothing or $NAME for what recv has kept. A result is C's: the value
// returned and what was received, or -1 and the name of the error.
package script

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrUnsupported is returned by an Engine for what its package has no words for.
var ErrUnsupported = errors.New("unsupported")

// Item is one of Poll's.
type Item struct {
	Name    string
	In, Out bool
}

// Engine is a package for ØMQ. Names are those of the scenario.
type Engine interface {
	Context(name string, ioThreads, maxSockets int) error // 0 sockets is the default
	Term(name string) error
	Shutdown(name string) error
	Socket(name, context, typ string) error
	Close(name string) error
	Attach(op, name, endpoint string) error
	LastEndpoint(name string) string
	Send(name string, data []byte, more, dontWait bool) (int, error)
	Recv(name string, size int, dontWait bool) (data []byte, n int, more bool, err error)
	SendAll(name string, parts [][]byte) error
	RecvAll(name string) ([][]byte, error)
	Set(name, option, kind, value string, raw bool) error
	Get(name, option, kind string, raw bool) (string, error)
	Poll(ms int, items []Item) ([]Item, error)
	Message(op string, args []string) (string, error)
	Device(kind, front, back, capture string) error
	StrError(number int) string
	Errno(err error) (int, bool) // C's number for an error
}

var errnos = map[int]string{
	156384712 + 51: "EFSM", 156384712 + 52: "ENOCOMPATPROTO", 156384712 + 53: "ETERM", 156384712 + 54: "EMTHREAD",
	int(syscall.EAGAIN): "EAGAIN", int(syscall.EACCES): "EACCES", int(syscall.EADDRINUSE): "EADDRINUSE",
	int(syscall.EADDRNOTAVAIL): "EADDRNOTAVAIL", int(syscall.EAFNOSUPPORT): "EAFNOSUPPORT",
	int(syscall.ECONNREFUSED): "ECONNREFUSED", int(syscall.EEXIST): "EEXIST", int(syscall.EFAULT): "EFAULT",
	int(syscall.EHOSTUNREACH): "EHOSTUNREACH", int(syscall.EINTR): "EINTR", int(syscall.EINVAL): "EINVAL",
	int(syscall.EMFILE): "EMFILE", int(syscall.EMSGSIZE): "EMSGSIZE", int(syscall.ENAMETOOLONG): "ENAMETOOLONG",
	int(syscall.ENODEV): "ENODEV", int(syscall.ENOENT): "ENOENT", int(syscall.ENOMEM): "ENOMEM",
	int(syscall.ENOTSOCK): "ENOTSOCK", int(syscall.ENOTSUP): "ENOTSUP", int(syscall.EPROTONOSUPPORT): "EPROTONOSUPPORT",
	int(syscall.EISDIR): "EISDIR", int(syscall.ENOTDIR): "ENOTDIR",
}

// Numbers has C's numbers of the options by their names.
var Numbers = map[string]int{
	"AFFINITY": 4, "IDENTITY": 5, "SUBSCRIBE": 6, "UNSUBSCRIBE": 7, "RATE": 8, "RECOVERY_IVL": 9, "SNDBUF": 11, "RCVBUF": 12,
	"RCVMORE": 13, "FD": 14, "EVENTS": 15, "TYPE": 16, "LINGER": 17, "RECONNECT_IVL": 18, "BACKLOG": 19,
	"RECONNECT_IVL_MAX": 21, "MAXMSGSIZE": 22, "SNDHWM": 23, "RCVHWM": 24, "MULTICAST_HOPS": 25, "RCVTIMEO": 27,
	"SNDTIMEO": 28, "IPV4ONLY": 31, "ROUTER_MANDATORY": 33,
}

// Number returns the number of an option, which may be given as such.
func Number(option string) int {
	if n, ok := Numbers[option]; ok {
		return n
	}
	n, _ := strconv.Atoi(option)
	return n
}

// Run does what the lines of in say.
func Run(in io.Reader, out io.Writer, e Engine) error {
	r := &runner{e: e, data: map[string][]byte{}, threads: map[string]chan string{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if _, err := fmt.Fprintln(out, r.perform(words)); err != nil {
			return err
		}
	}
	return lines.Err()
}

type runner struct {
	e       Engine
	mu      sync.Mutex
	data    map[string][]byte
	threads map[string]chan string
}

// perform returns the result of a line.
func (r *runner) perform(w []string) string {
	result, err := r.do(w[0], w[1:])
	if err == nil {
		return result
	}
	return r.failure(err)
}

func (r *runner) failure(err error) string {
	if errors.Is(err, ErrUnsupported) {
		return "unsupported"
	}
	n, ok := r.e.Errno(err)
	if !ok {
		return "-1 " + err.Error()
	}
	if name, ok := errnos[n]; ok {
		return "-1 " + name
	}
	return "-1 errno " + strconv.Itoa(n)
}

func (r *runner) do(op string, a []string) (string, error) {
	switch op {
	case "ctx":
		threads, sockets := 1, 0
		if len(a) > 1 {
			threads = atoi(a[1])
		}
		if len(a) > 2 {
			sockets = atoi(a[2])
		}
		return "ok", r.e.Context(a[0], threads, sockets)
	case "term":
		return "0", r.e.Term(a[0])
	case "shutdown":
		return "0", r.e.Shutdown(a[0])
	case "socket":
		return "ok", r.e.Socket(a[0], a[1], a[2])
	case "close":
		return "0", r.e.Close(a[0])
	case "bind", "connect", "unbind", "disconnect":
		return "0", r.attach(op, a)
	case "rebind":
		for r.attach("bind", a) != nil {
			time.Sleep(time.Millisecond)
		}
		return "0", nil
	case "send", "recv", "sendall", "recvall", "fill", "count", "sync":
		return r.transfer(op, a)
	case "set", "rawset":
		return "0", r.e.Set(a[0], a[1], a[2], a[3], op == "rawset")
	case "get", "rawget":
		return r.e.Get(a[0], a[1], a[2], op == "rawget")
	case "until":
		for {
			if v, err := r.e.Get(a[0], a[1], "int", false); err != nil || v == a[2] {
				return "ok", err
			}
			time.Sleep(time.Millisecond)
		}
	case "poll":
		return r.poll(a)
	case "go", "join", "kick":
		return r.thread(op, a)
	case "device":
		capture := ""
		if len(a) > 3 {
			capture = a[3]
		}
		return "0", r.e.Device(a[0], a[1], a[2], capture)
	case "mkdir", "mkfile", "stat":
		return file(op, a[0])
	case "strerror":
		return r.e.StrError(atoi(a[0])), nil
	}
	return r.e.Message(op, a)
}

func (r *runner) attach(op string, a []string) error {
	endpoint := a[1]
	if name, ok := strings.CutPrefix(endpoint, "@"); ok {
		endpoint = r.e.LastEndpoint(name)
	}
	return r.e.Attach(op, a[0], endpoint)
}

func (r *runner) transfer(op string, a []string) (string, error) {
	switch op {
	case "send":
		n, err := r.e.Send(a[0], r.bytes(a[1]), Has(a[2:], "more"), Has(a[2:], "dontwait"))
		return strconv.Itoa(n), err
	case "recv":
		return r.receive(a)
	case "sendall":
		var parts [][]byte
		for _, word := range a[1:] {
			parts = append(parts, r.bytes(word))
		}
		return "0", r.e.SendAll(a[0], parts)
	case "recvall":
		parts, err := r.e.RecvAll(a[0])
		var shown []string
		for _, p := range parts {
			shown = append(shown, Show(p))
		}
		return strings.Join(shown, " "), err
	case "fill":
		n := 0
		for n < atoi(a[2]) {
			if _, err := r.e.Send(a[0], r.bytes(a[1]), false, true); err != nil {
				break
			}
			n++
		}
		return strconv.Itoa(n), nil
	case "count":
		n := 0
		for {
			_, _, more, err := r.e.Recv(a[0], 0, true)
			if err != nil {
				return strconv.Itoa(n), nil
			}
			if !more {
				n++
			}
		}
	}
	return r.sync(a[0], a[1], a[2])
}

// most is the room that a receive has unless it is told.
const most = 1 << 20

func (r *runner) receive(a []string) (string, error) {
	size, keep := most, ""
	for _, word := range a[1:] {
		if name, ok := strings.CutPrefix(word, ">"); ok {
			keep = name
		} else if word != "dontwait" {
			size = atoi(word)
		}
	}
	p, n, more, err := r.e.Recv(a[0], size, Has(a, "dontwait"))
	if err != nil {
		return "", err
	}
	shown := Show(p)
	if keep != "" {
		r.mu.Lock()
		r.data[keep] = p
		r.mu.Unlock()
		shown = "$" + keep
	}
	if more {
		shown += " more"
	}
	return strconv.Itoa(n) + " " + shown, nil
}

func (r *runner) sync(from, to, probe string) (string, error) {
	if err := r.e.Set(to, "RCVTIMEO", "int", "10", false); err != nil {
		return "", err
	}
	var got []byte
	for err := errors.New("not yet"); err != nil; got, _, _, err = r.e.Recv(to, 64, false) {
		if _, err := r.e.Send(from, []byte(probe), false, true); errors.Is(err, ErrUnsupported) {
			return "", err
		}
	}
	if err := r.e.Set(to, "RCVTIMEO", "int", "-1", false); err != nil {
		return "", err
	}
	if _, err := r.e.Send(from, []byte(probe+"End"), false, false); err != nil {
		return "", err
	}
	for string(got) != probe+"End" {
		if string(got) != probe {
			return "among probes: " + Show(got), nil
		}
		var err error
		if got, _, _, err = r.e.Recv(to, 64, false); err != nil {
			return "", err
		}
	}
	return "ok", nil
}

func (r *runner) poll(a []string) (string, error) {
	var items []Item
	for _, word := range a[1:] {
		name, events, _ := strings.Cut(word, ":")
		items = append(items, Item{name, strings.Contains(events, "in"), strings.Contains(events, "out")})
	}
	ready, err := r.e.Poll(atoi(a[0]), items)
	n, shown := 0, ""
	for _, i := range ready {
		if i.In || i.Out {
			n++
			shown += " " + i.Name + ":" + If(i.In, "in", "") + If(i.Out, "out", "")
		}
	}
	return strconv.Itoa(n) + shown, err
}

func (r *runner) thread(op string, a []string) (string, error) {
	switch op {
	case "go":
		done := make(chan string, 1)
		r.threads[a[0]] = done
		go func() { done <- r.perform(a[1:]) }()
		return "started", nil
	case "join":
		return <-r.threads[a[0]], nil
	}
	for range 20 { // nothing comes back from these
		if err := syscall.Kill(os.Getpid(), syscall.SIGURG); err != nil {
			return "", err
		}
		time.Sleep(time.Millisecond)
	}
	return "kicked", nil
}

func file(op, path string) (string, error) {
	switch op {
	case "mkdir":
		return "ok", os.Mkdir(path, 0o700)
	case "mkfile":
		return "ok", os.WriteFile(path, nil, 0o600)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "no", nil
	case info.Mode()&os.ModeSocket != 0:
		return "socket", nil
	case info.IsDir():
		return "directory", nil
	}
	return "file", nil
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// Has reports whether a word is there.
func Has(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// If returns one of two texts.
func If(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func (r *runner) bytes(word string) []byte {
	if name, ok := strings.CutPrefix(word, "$"); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.data[name]
	}
	return Bytes(word)
}

// Bytes returns what a word stands for.
func Bytes(word string) []byte {
	switch word[0] {
	case '-':
		if word == "-" {
			return nil
		}
	case '*':
		p := make([]byte, atoi(word[1:]))
		for i := range p {
			p[i] = byte(i % 251)
		}
		return p
	case '%':
		p, _ := hex.DecodeString(word[1:])
		return p
	}
	return []byte(word)
}

// Show is the other way round; what is long is shown by its size and FNV-1a.
func Show(p []byte) string {
	if len(p) == 0 {
		return "-"
	}
	if len(p) > 64 {
		h := fnv.New32a()
		h.Write(p)
		return fmt.Sprintf("#%d:%08x", len(p), h.Sum32())
	}
	for _, c := range p {
		if c <= ' ' || c >= 127 || strings.IndexByte("%*$-#", c) >= 0 {
			return "%" + hex.EncodeToString(p)
		}
	}
	return string(p)
}
