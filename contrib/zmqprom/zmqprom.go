package zmqprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"example.org/zmq"
)

// NewCollector returns a collector of the counters of zc's sockets; register it. The label "context" has the name. The collector
// keeps a reference to zc, also after zc is closed: then the counters stay as they are. It is safe for concurrent use.
func NewCollector(zc *zmq.Context, name string) prometheus.Collector {
	c := &collector{zc: zc}
	labels := prometheus.Labels{"context": name}
	for _, m := range metrics {
		c.descs = append(c.descs, prometheus.NewDesc("zmq_"+m.name, m.help, []string{"type"}, labels))
	}
	c.info = prometheus.NewDesc("zmq_engine_info", "The libzmq inside; always 1.", []string{"version", "link"}, labels)
	return c
}

type collector struct {
	zc    *zmq.Context
	descs []*prometheus.Desc // of metrics
	info  *prometheus.Desc
}

// metrics are those that each socket type has.
var metrics = []struct {
	name, help string
	kind       prometheus.ValueType
	value      func(s *zmq.TypeStats) float64
}{
	{"sockets", "Sockets that are open.", gauge, func(s *zmq.TypeStats) float64 { return float64(s.Open) }},
	{"sockets_opened_total", "Sockets that were opened.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Opened) }},
	{"sent_messages_total", "Messages that libzmq took.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Sent.Messages) }},
	{"sent_parts_total", "Parts of the messages that libzmq took.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Sent.Parts) }},
	{"sent_bytes_total", "Bytes of the messages that libzmq took.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Sent.Bytes) }},
	{"received_messages_total", "Messages that were received.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Received.Messages) }},
	{"received_parts_total", "Parts of the messages that were received.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Received.Parts) }},
	{"received_bytes_total", "Bytes of the messages that were received.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Received.Bytes) }},
	{"would_block_total", "Sends and receives that libzmq refused because they would have had to wait.", counter, func(s *zmq.TypeStats) float64 { return float64(s.WouldBlock) }},
	{"waited_total", "Sends and receives that had to wait.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Waited) }},
	{"c_calls_total", "Calls into C for sending and receiving.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Calls) }},
	{"watched_sockets", "Open sockets whose connections are counted.", gauge, func(s *zmq.TypeStats) float64 { return float64(s.Watched) }},
	{"peers", "Peers of the sockets whose connections are counted.", gauge, func(s *zmq.TypeStats) float64 { return float64(s.Peers) }},
	{"connections_total", "Connections made and accepted.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Connections) }},
	{"disconnects_total", "Connections lost.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Disconnects) }},
	{"reconnects_total", "Attempts to make a connection again.", counter, func(s *zmq.TypeStats) float64 { return float64(s.Reconnects) }},
	{"handshake_failures_total", "Connections whose handshake failed, denials included.", counter, func(s *zmq.TypeStats) float64 { return float64(s.HandshakeFailures) }},
	{"protocol_errors_total", "Connections that a protocol error ended.", counter, func(s *zmq.TypeStats) float64 { return float64(s.ProtocolErrors) }},
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

// Describe sends the descriptions of all metrics.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		to <- d
	}
	to <- c.info
}

// Collect sends the present counters.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for typ, stats := range c.zc.Stats().Types {
		for i, m := range metrics {
			to <- prometheus.MustNewConstMetric(c.descs[i], m.kind, m.value(&stats), typ.String())
		}
	}
	to <- prometheus.MustNewConstMetric(c.info, gauge, 1, zmq.LibraryVersion().String(), zmq.LinkInfo())
}
