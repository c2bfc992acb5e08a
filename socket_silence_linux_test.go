package zmq

import (
	"fmt"
	"syscall"
	"testing"
)

// silentServer returns an endpoint that answers no attempt to connect, nor refuses it: the queue of its listener is full.
func silentServer(t *testing.T) string {
	t.Helper()
	open := func() int {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(fd) })
		return fd
	}
	listener := open()
	if err := syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(listener, 0); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(listener)
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if err := syscall.Connect(open(), at); err != nil && err != syscall.EINPROGRESS {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("tcp://127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}

// TestReconnectLateEnd disconnects an endpoint in the middle of an attempt to connect, and connects it anew. The end of the first
// attempt, which is reported when the second one is under way, is not taken for that one's.
func TestReconnectLateEnd(t *testing.T) {
	if !reconnectsHere() {
		return
	}
	client := newTestSocket(t, newTestContext(t), Push, Linger(0))
	m := newTestMonitor(t, client, EventConnectDelayed|EventClosed)
	at := silentServer(t)
	connectTo(t, client, at)
	awaitEvent(t, m, EventConnectDelayed)
	if err := client.Disconnect(at); err != nil {
		t.Fatal(err)
	}
	connectTo(t, client, at)
	client.Events() // the engine ends an attempt while the socket is called
	awaitEvent(t, m, EventClosed)
	w := client.st.connWatch
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.links[at]; l.timer != nil || l.lost > 0 {
		t.Error("the attempt that is under way is taken for one that has ended")
	}
}
