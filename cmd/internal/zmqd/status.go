package zmqd

import (
	"context"
	"os"
	"sync"
	"time"

	"example.org/zmq/cmd/internal/cli"
)

// status is what the page shows.
type status struct {
	Name       string       `json:"name"`
	Host       string       `json:"host"`
	Device     string       `json:"device"`
	State      string       `json:"state"`
	Paused     bool         `json:"paused"`
	Buttons    bool         `json:"buttons"`
	Version    string       `json:"version"`
	Commit     string       `json:"commit"`
	Engine     string       `json:"engine"`
	Started    time.Time    `json:"started"`
	Now        time.Time    `json:"now"`
	Refused    uint64       `json:"refused"`
	Missed     uint64       `json:"missed"`
	Unanswered *uint64      `json:"unanswered,omitempty"` // of a device that moves both ways
	Full       []string     `json:"full"`                 // the sides that have no room for what waits
	Sides      []sideStatus `json:"sides"`
	Samples    []sample     `json:"samples"`
}

// sideStatus is one socket as the page shows it.
type sideStatus struct {
	Name       string       `json:"name"`
	Type       string       `json:"type"`
	Bound      []string     `json:"bound"`
	Links      []linkStatus `json:"links"`
	Security   string       `json:"security"`
	ServerKey  string       `json:"serverKey,omitempty"` // of a CURVE client
	In         flow         `json:"in"`                  // from the peers
	Out        flow         `json:"out"`                 // to the peers
	PeerCount  int          `json:"peerCount"`
	Peers      []peer       `json:"peers"`
	Denied     uint64       `json:"denied"`
	Failed     uint64       `json:"failed"`
	Reconnects uint64       `json:"reconnects"`

	Identities *identitiesStatus `json:"identities,omitempty"` // of a side that judges clients
}

type flow struct {
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
}

// sample is what went through each way by some time.
type sample struct {
	At            int64  `json:"at"` // milliseconds of the epoch
	ForthMessages uint64 `json:"fm"`
	ForthBytes    uint64 `json:"fb"`
	BackMessages  uint64 `json:"bm"`
	BackBytes     uint64 `json:"bb"`
}

// The history has a sample of each second of the last two minutes, of every eighth of the last quarter of an hour, and of
// every thirtieth of the last hour.
const sampleEvery = time.Second

var windows = map[string]struct{ step, count int }{"2m": {1, 121}, "15m": {8, 114}, "1h": {30, 121}}

// history is the last samples, so that the page has its charts at once.
type history struct {
	mu      sync.Mutex
	seconds int
	samples map[string][]sample
}

func newHistory() *history { return &history{samples: map[string][]sample{}} }

func (h *history) follow(ctx context.Context, n *node) {
	h.add(n.sample())
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.add(n.sample())
		case <-ctx.Done():
			return
		}
	}
}

func (h *history) add(s sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, w := range windows {
		if h.seconds%w.step != 0 {
			continue
		}
		list := append(h.samples[name], s)
		h.samples[name] = list[max(0, len(list)-w.count):]
	}
	h.seconds++
}

// list returns the samples of a window, two minutes unless it is one that is known.
func (h *history) list(window string) []sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := windows[window]; !ok {
		window = "2m"
	}
	return append([]sample{}, h.samples[window]...)
}

func (n *node) sample() sample {
	s := n.stats()
	return sample{time.Now().UnixMilli(), s.Front.MessagesIn, s.Front.BytesIn, s.Back.MessagesIn, s.Back.BytesIn}
}

func (w *web) status(window string) status {
	n, s := w.n, w.n.stats()
	b := cli.ReadBuild()
	host, _ := os.Hostname()
	out := status{
		Name: n.cfg.name(), Host: host, Device: n.cfg.Device, State: stateNames[n.state.Load()], Paused: n.dev.Paused(), Buttons: w.token != "",
		Version: b.Version, Commit: b.Commit, Engine: b.EngineFrom, Started: n.started, Now: time.Now(), Refused: s.Refused, Missed: s.Missed,
		Full: []string{}, Samples: w.history.list(window),
	}
	if n.oneWay() == nil {
		u := n.unanswered()
		out.Unanswered = &u
	}
	front, back := n.held()
	if front {
		out.Full = append(out.Full, "frontend")
	}
	if back {
		out.Full = append(out.Full, "backend")
	}
	for _, p := range n.parts() {
		side := p.status()
		side.Identities = n.came[p.name].status()
		if k, ok := n.gate.ServerKey(p.name); ok {
			side.ServerKey = k.String()
		}
		out.Sides = append(out.Sides, side)
	}
	return out
}

// held reports which sides have no room for a message that the device has taken in for them: it takes one at most. The
// device counts what it drops for both ways together; what there is goes from back to front: replies that no client waits
// for any more, and subscriptions that are too long.
func (n *node) held() (front, back bool) {
	s := n.stats()
	return s.Back.MessagesIn > s.Front.MessagesOut+s.Refused, s.Front.MessagesIn == s.Back.MessagesOut+1
}

func (p *part) status() sideStatus {
	st := p.sock.Stats()
	_, denied, failed := p.peers.handshakes()
	list := p.peers.list()
	return sideStatus{
		Name: p.name, Type: p.sock.Type().String(), Bound: nonNil(p.bound()), Links: p.links.list(), Security: p.side.security().String(),
		In: flow{st.Received.Messages, st.Received.Bytes}, Out: flow{st.Sent.Messages, st.Sent.Bytes},
		PeerCount: st.Peers, Peers: list, Denied: denied, Failed: failed, Reconnects: st.Reconnects,
	}
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
