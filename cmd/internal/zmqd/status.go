package zmqd

import (
	"context"
	"sync"
	"time"

	"example.org/zmq"
)

// status is what the page shows.
type status struct {
	Device  string       `json:"device"`
	State   string       `json:"state"`
	Paused  bool         `json:"paused"`
	Buttons bool         `json:"buttons"`
	Engine  string       `json:"engine"`
	Started time.Time    `json:"started"`
	Now     time.Time    `json:"now"`
	Refused uint64       `json:"refused"`
	Missed  uint64       `json:"missed"`
	Sides   []sideStatus `json:"sides"`
	Samples []sample     `json:"samples"`
}

// sideStatus is one socket as the page shows it.
type sideStatus struct {
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	Bound     []string `json:"bound"`
	Connected []string `json:"connected"`
	Security  string   `json:"security"`
	In        flow     `json:"in"`  // from the peers
	Out       flow     `json:"out"` // to the peers
	PeerCount int      `json:"peerCount"`
	Peers     []peer   `json:"peers"`
	Denied    uint64   `json:"denied"`
	Failed    uint64   `json:"failed"`
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

const (
	sampleEvery = time.Second
	sampleCount = 121 // two minutes
)

// history is the last samples, so that the page has its charts at once.
type history struct {
	mu      sync.Mutex
	samples []sample
}

func newHistory() *history { return &history{} }

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
	if len(h.samples) == sampleCount {
		copy(h.samples, h.samples[1:])
		h.samples = h.samples[:sampleCount-1]
	}
	h.samples = append(h.samples, s)
}

func (h *history) list() []sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]sample{}, h.samples...)
}

func (n *node) sample() sample {
	s := n.stats()
	return sample{time.Now().UnixMilli(), s.Front.MessagesIn, s.Front.BytesIn, s.Back.MessagesIn, s.Back.BytesIn}
}

func (w *web) status() status {
	n, s := w.n, w.n.stats()
	out := status{
		Device: n.cfg.Device, State: stateNames[n.state.Load()], Paused: n.dev.Paused(), Buttons: w.token != "",
		Engine: zmq.LinkInfo(), Started: n.started, Now: time.Now(), Refused: s.Refused, Missed: s.Missed,
		Samples: w.history.list(),
	}
	for _, p := range n.parts() {
		out.Sides = append(out.Sides, p.status(n))
	}
	return out
}

func (p *part) status(n *node) sideStatus {
	st := p.sock.Stats()
	_, denied, failed := p.peers.handshakes()
	list := p.peers.list()
	return sideStatus{
		Name: p.name, Type: p.sock.Type().String(), Bound: nonNil(p.bound), Connected: nonNil(p.side.Connect), Security: p.side.security().String(),
		In: flow{st.Received.Messages, st.Received.Bytes}, Out: flow{st.Sent.Messages, st.Sent.Bytes},
		PeerCount: st.Peers, Peers: list, Denied: denied, Failed: failed,
	}
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
