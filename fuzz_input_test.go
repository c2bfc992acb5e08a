package zmq

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// FuzzEndpoint binds and connects to whatever is spelled. The check in Go may never panic, and what passes it may not
// abort the engine. Names that lead out of this machine, or out of a scratch folder, are only checked.
func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{
		"tcp://127.0.0.1:*", "tcp://*:0", "tcp://lo:*", "tcp://[::1]:*", "tcp://127.0.0.1:5555;127.0.0.1:5556", "tcp://:", "tcp://127.0.0.1:65536",
		"ipc://a", "ipc://*", "ipc://@abstract", "ipc://" + strings.Repeat("x", 200), "inproc://x", "inproc://", "epgm://eth0;239.0.0.1:5555",
		"pgm://;:", "udp://127.0.0.1:1", "ws://127.0.0.1:*", "tipc://{1,2}", "vmci://*:1", "TCP://x:1", "://", "tcp//", "a\x00b",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	dir, err := os.MkdirTemp("", "zmq")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	f.Fuzz(func(t *testing.T, endpoint string, bind bool) {
		c := newTestContext(t)
		s := newTestSocket(t, c, Pair, Linger(0))
		action := endpointConnect
		if bind {
			action = endpointBind
		}
		if _, err := s.st.checkEndpoint(action, endpoint); err != nil {
			call := s.Connect
			if bind {
				call = s.Bind
			}
			var op *OpError
			if cerr := call(endpoint); !errors.As(cerr, &op) {
				t.Errorf("the check says %v, and the call %v", err, cerr)
			}
			return
		}
		proto, address, _ := strings.Cut(endpoint, "://")
		switch proto {
		case "inproc":
		case "ipc":
			if strings.ContainsAny(address, "/@*") {
				return
			}
			endpoint = "ipc://" + dir + "/" + address
		case "tcp":
			if host, _, _ := strings.Cut(address, ":"); !isLiteral(host) || !strings.HasPrefix(host, "127.") {
				return
			}
		default:
			return // others look for devices and names
		}
		if bind {
			err = s.Bind(endpoint)
		} else {
			err = s.Connect(endpoint)
		}
		if err == nil {
			if _, err := s.Events(); err != nil {
				t.Error(err)
			}
		}
	})
}

// FuzzOption sets an option by its number to whatever value, and then uses the socket, over connections that raw peers make
// and break, too.
func FuzzOption(f *testing.F) {
	for id := range 120 {
		f.Add(uint8(id), uint8(id), id, int64(1), []byte(nil))
		f.Add(uint8(id), uint8(2), id, int64(0), []byte("value"))
	}
	f.Add(uint8(7), uint8(0), optUseFD, int64(3), []byte(nil))
	f.Add(uint8(6), uint8(2), optConnectRoutingID, int64(0), []byte("peer"))
	f.Add(uint8(8), uint8(2), 68, int64(0), []byte("127.0.0.1:1"))
	types := []SocketType{Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, XPub, XSub}
	f.Fuzz(func(t *testing.T, typ, kind uint8, id int, num int64, value []byte) {
		if id == optUseFD && (num > 2 || kind%3 == 2) {
			num, kind = 1<<20+num&0xff, 0 // a descriptor that nobody has: that of another socket would be taken from it
		}
		c := newTestContext(t)
		s := newTestSocket(t, c, types[int(typ)%len(types)], Linger(0))
		var err error
		switch kind % 3 {
		case 0:
			err = s.SetsockoptInt(id, int(num))
		case 1:
			err = s.SetsockoptInt64(id, num)
		case 2:
			err = s.SetsockoptBytes(id, value)
		}
		var op *OpError
		if err != nil && !errors.As(err, &op) {
			t.Errorf("option %d: %v", id, err)
		}
		s.GetsockoptInt(id)
		s.GetsockoptInt64(id)
		s.GetsockoptBytes(id)
		if s.Bind("tcp://127.0.0.1:*") != nil {
			return
		}
		at, err := s.LastEndpoint()
		if err != nil {
			return // the floor
		}
		rawVisit(t, strings.TrimPrefix(at, "tcp://"), peerOf(s.Type()))
		peer := newTestSocket(t, c, peerOf(s.Type()), Linger(0), IPv4Only(false))
		if err := peer.Connect(at); err != nil {
			t.Fatal(err)
		}
		if s.Set(SendTimeout(time.Millisecond), RecvTimeout(time.Millisecond)) == nil {
			peer.Send([]byte("a word"), DontWait)
			s.Send([]byte("a word"), 0)
			s.Recv(nil, 0)
		}
		rawVisit(t, strings.TrimPrefix(at, "tcp://"), peerOf(s.Type()))
	})
}

// rawVisit connects to an address as a peer of that type would, says a word and breaks off.
func rawVisit(t *testing.T, address string, typ SocketType) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return // an option may have closed the door
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Millisecond))
	word := []byte("\x00\x05\x01word")
	if typ == Req {
		word = []byte("\x01\x00\x00\x04word") // of several parts, which no Conflate gets: a Rep has none
	}
	conn.Write(append(rawGreeting(typ), word...))
	conn.Read(make([]byte, 64))
	conn.(*net.TCPConn).SetLinger(0)
}

// peerOf returns a type that may talk to a type.
func peerOf(t SocketType) SocketType {
	switch t {
	case Pub, XPub:
		return Sub
	case Sub, XSub:
		return Pub
	case Req:
		return Rep
	case Rep:
		return Req
	case Router:
		return Dealer
	case Pull:
		return Push
	case Push:
		return Pull
	}
	return t
}

// FuzzEvent reads frames that a monitor could get.
func FuzzEvent(f *testing.F) {
	f.Add([]byte{1, 0, 7, 0, 0, 0}, []byte("tcp://127.0.0.1:1"), 2)
	f.Add([]byte{0, 0x20, 3, 0, 0, 0x10}, []byte("\xff\x00"), 2)
	f.Add([]byte{0, 0x40, 0x90, 1, 0, 0}, []byte(""), 2)
	f.Add([]byte{2}, []byte(""), 1)
	f.Fuzz(func(t *testing.T, head, endpoint []byte, n int) {
		parts := [][]byte{head, endpoint, nil}
		e, ok := parseEvent(parts[:min(max(n, 0), len(parts))])
		if ok && (n != 2 || len(head) != 6 || e.Endpoint != string(endpoint)) {
			t.Errorf("%d parts of %d bytes made %v", n, len(head), e)
		}
		if text := e.String(); ok && strings.ContainsAny(text, "\n\x00\x1b") {
			t.Errorf("the text of an event goes into logs, and is %q", text)
		}
	})
}
