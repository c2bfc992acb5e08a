package zmq

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// The engine closes what a socket listened on some time after Close and Unbind have returned, on its I/O threads: a
// moment later most often, and seconds later where one of them looks up a name. Who binds the same endpoint meanwhile would be told
// that it is in use, by a socket that is closed. So Bind waits for it.

// rebindPatience is how long after Close or Unbind a listener may still be there.
const rebindPatience = 5 * time.Second

// departing are the listeners of this process that the engine was told to close, and when. Other contexts than the one that
// binds may have had them.
var departing struct {
	sync.Mutex
	since map[string]time.Time
	swept time.Time
}

// listens notes that the socket listens at what it has just bound. s.mu is held.
func (s *socketState) listens(endpoint string) {
	at := endpoint
	if strings.Contains(endpoint, "*") { // the engine has chosen
		b := make([]byte, 256)
		if n, errno := cGetBytes(s.h, optLastEndpoint, b); errno == 0 {
			at = strings.TrimRight(string(b[:n]), "\x00")
		}
	}
	s.boundAt = append(s.boundAt, at)
	if strings.HasSuffix(endpoint, "*") {
		endpoint = at
	}
	key := listenerKey(s.z, endpoint)
	s.listening = append(s.listening, key)
	departing.Lock()
	delete(departing.since, key)
	departing.Unlock()
}

// letGo notes that the engine was told to close what listens at an endpoint. s.mu is held.
func (s *socketState) letGo(endpoint string) {
	if i := slices.Index(s.boundAt, endpoint); i >= 0 {
		s.boundAt = slices.Delete(s.boundAt, i, i+1)
	}
	key := listenerKey(s.z, endpoint)
	if i := slices.Index(s.listening, key); i >= 0 {
		s.listening = slices.Delete(s.listening, i, i+1)
		noteLeaving(key)
	}
}

// letGoAll is letGo for a socket that is closed. s.mu is held.
func (s *socketState) letGoAll() {
	if len(s.listening) > 0 {
		noteLeaving(s.listening...)
		s.listening = nil
	}
}

func noteLeaving(keys ...string) {
	now := time.Now()
	departing.Lock()
	defer departing.Unlock()
	if now.Sub(departing.swept) > rebindPatience {
		maps.DeleteFunc(departing.since, func(_ string, since time.Time) bool { return now.Sub(since) > rebindPatience })
		departing.swept = now
	}
	if departing.since == nil {
		departing.since = map[string]time.Time{}
	}
	for _, key := range keys {
		departing.since[key] = now
	}
}

// listenerKey is the same for endpoints that cannot be bound both.
func listenerKey(z *contextState, endpoint string) string {
	proto, address, _ := strings.Cut(endpoint, "://")
	switch proto {
	case "ipc":
		if path, err := filepath.Abs(address); err == nil && !strings.HasPrefix(address, "@") {
			return "ipc://" + path
		}
	case "tcp", "ws", "wss":
		address, _, _ = strings.Cut(address, "/")
		if _, port, err := net.SplitHostPort(address); err == nil {
			return "port " + port
		}
		return "port " + address[strings.LastIndexByte(address, ':')+1:]
	case "inproc":
		return fmt.Sprintf("%p %s", z, endpoint) // each context has its own
	}
	return endpoint
}

// bindAgain tries a Bind again that failed because the endpoint is in use, as long as that may be by a listener that is on
// its way out.
func (s *socketState) bindAgain(endpoint string, err error, bind func() error) error {
	key := listenerKey(s.z, endpoint)
	for pause := 100 * time.Microsecond; errors.Is(err, EADDRINUSE) && !errors.Is(err, errDirectory); pause = min(2*pause, 10*time.Millisecond) {
		departing.Lock()
		since, ours := departing.since[key]
		departing.Unlock()
		if !ours || time.Since(since) > rebindPatience {
			break
		}
		time.Sleep(pause)
		err = bind()
	}
	return err
}
