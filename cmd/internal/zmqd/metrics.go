package zmqd

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// metrics collects a node's numbers when they are asked for: nothing is counted twice.
type metrics struct{ n *node }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("zmqd_"+name, help, labels, nil)
}

var (
	descInfo        = desc("info", "Always 1, labelled with what runs.", "device", "engine")
	descBuild       = desc("build_info", "Always 1, labelled with what the program was built from.", "version", "commit", "go", "engine", "hardened")
	descLink        = desc("endpoint_connected", "Of each endpoint that a side connects to: 1 while a peer is there.", "side", "endpoint")
	descHeld        = desc("held_messages", "Messages that were taken in and wait for room: 1 while the other side is full. Named by the side that is.", "full")
	descMessages    = desc("messages_total", "Messages through the device, by side, as seen from the device.", "side", "direction")
	descParts       = desc("parts_total", "Parts of these messages.", "side", "direction")
	descBytes       = desc("bytes_total", "Bytes of these messages, without the protocol's own.", "side", "direction")
	descRefused     = desc("refused_messages_total", "Messages dropped by the device: no such peer, or too long a subscription.")
	descMissed      = desc("capture_missed_messages_total", "Messages that a lossy capture had no room for.")
	descUnanswered  = desc("unanswered_messages", "Of a device that moves both ways: messages forth minus messages back.")
	descPaused      = desc("paused", "1 while the device is paused.")
	descRunning     = desc("running", "1 while messages are taken, 0 while draining.")
	descPeers       = desc("peers", "Peers whose handshake is complete.", "side")
	descConnections = desc("connections_total", "Connections made and accepted, before their handshake.", "side")
	descDisconnects = desc("disconnects_total", "Connections lost.", "side")
	descReconnects  = desc("reconnects_total", "Attempts to make a connection again.", "side")
	descHandshaken  = desc("handshakes_total", "Handshakes that succeeded; connections beyond them never became peers. Counted by engines from 4.3.", "side")
	descHandshakes  = desc("handshake_failures_total", "Handshakes that failed: denied, for who the peer is, or for another reason that the engine reports; it says nothing of a peer that leaves in the middle, or whose socket type does not fit.", "side", "reason")
)

func newRegistry(n *node) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(metrics{n}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Describe is empty: what is collected says it.
func (m metrics) Describe(ch chan<- *prometheus.Desc) { ch <- descInfo }

// Collect sends the numbers as they are now.
func (m metrics) Collect(ch chan<- prometheus.Metric) {
	n, s := m.n, m.n.stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(descInfo, 1, n.cfg.Device, zmq.LinkInfo())
	b := cli.ReadBuild()
	gauge(descBuild, 1, b.Version, b.Commit, b.Go, b.EngineFrom, strconv.FormatBool(b.Hardened))
	front, back := n.held()
	gauge(descHeld, truth(front), "frontend")
	gauge(descHeld, truth(back), "backend")
	for _, side := range []struct {
		name string
		zmq.DeviceSide
	}{{"frontend", s.Front}, {"backend", s.Back}} {
		count(descMessages, side.MessagesIn, side.name, "in")
		count(descMessages, side.MessagesOut, side.name, "out")
		count(descParts, side.PartsIn, side.name, "in")
		count(descParts, side.PartsOut, side.name, "out")
		count(descBytes, side.BytesIn, side.name, "in")
		count(descBytes, side.BytesOut, side.name, "out")
	}
	count(descRefused, s.Refused)
	count(descMissed, s.Missed)
	gauge(descPaused, truth(n.dev.Paused()))
	gauge(descRunning, truth(n.state.Load() == stateRunning))
	if n.oneWay() == nil {
		gauge(descUnanswered, float64(n.unanswered()))
	}
	for _, p := range n.parts() {
		st := p.sock.Stats()
		made, denied, failed := p.peers.handshakes()
		for _, l := range p.links.list() {
			gauge(descLink, truth(l.Up), p.name, l.Endpoint)
		}
		gauge(descPeers, float64(st.Peers), p.name)
		count(descConnections, st.Connections, p.name)
		count(descDisconnects, st.Disconnects, p.name)
		count(descReconnects, st.Reconnects, p.name)
		count(descHandshaken, made, p.name)
		count(descHandshakes, denied, p.name, "denied")
		count(descHandshakes, failed, p.name, "other")
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
