package zmqotel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"example.org/zmq"
)

// measures are the instruments of Observe.
var measures = []struct {
	name, unit, help string
	gauge            bool
	value            func(s *zmq.TypeStats) int64
}{
	{"zmq.sockets", "{socket}", "Sockets that are open.", true, func(s *zmq.TypeStats) int64 { return int64(s.Open) }},
	{"zmq.sockets.opened", "{socket}", "Sockets that were opened.", false, func(s *zmq.TypeStats) int64 { return int64(s.Opened) }},
	{"zmq.sent.messages", "{message}", "Messages that libzmq took.", false, func(s *zmq.TypeStats) int64 { return int64(s.Sent.Messages) }},
	{"zmq.sent.size", "By", "Bytes of the messages that libzmq took.", false, func(s *zmq.TypeStats) int64 { return int64(s.Sent.Bytes) }},
	{"zmq.received.messages", "{message}", "Messages that were received.", false, func(s *zmq.TypeStats) int64 { return int64(s.Received.Messages) }},
	{"zmq.received.size", "By", "Bytes of the messages that were received.", false, func(s *zmq.TypeStats) int64 { return int64(s.Received.Bytes) }},
	{"zmq.waited", "{operation}", "Sends and receives that had to wait.", false, func(s *zmq.TypeStats) int64 { return int64(s.Waited) }},
	{"zmq.peers", "{peer}", "Peers of the sockets whose connections are counted.", true, func(s *zmq.TypeStats) int64 { return int64(s.Peers) }},
	{"zmq.connections", "{connection}", "Connections made and accepted.", false, func(s *zmq.TypeStats) int64 { return int64(s.Connections) }},
	{"zmq.disconnects", "{connection}", "Connections lost.", false, func(s *zmq.TypeStats) int64 { return int64(s.Disconnects) }},
	{"zmq.reconnects", "{attempt}", "Attempts to make a connection again.", false, func(s *zmq.TypeStats) int64 { return int64(s.Reconnects) }},
	{"zmq.handshake.failures", "{connection}", "Connections whose handshake failed, denials included.", false, func(s *zmq.TypeStats) int64 { return int64(s.HandshakeFailures) }},
	{"zmq.protocol.errors", "{connection}", "Connections that a protocol error ended.", false, func(s *zmq.TypeStats) int64 { return int64(s.ProtocolErrors) }},
}

// Observe exports the counters of zc's sockets, for each type of socket: zmq.sockets, zmq.sockets.opened, zmq.sent.messages,
// zmq.sent.size, zmq.received.messages, zmq.received.size, zmq.waited, zmq.peers, zmq.connections, zmq.disconnects, zmq.reconnects,
// zmq.handshake.failures and zmq.protocol.errors, with the attributes zmq.context, which is name, and zmq.socket.type. Counters
// include sockets that are closed. It costs something when the metrics are read, and nothing in between. stop ends it, and drops the
// reference to zc.
func (t *Telemetry) Observe(zc *zmq.Context, name string) (stop func() error, err error) {
	var all []metric.Observable
	for _, m := range measures {
		var o metric.Int64Observable
		if m.gauge {
			o, err = t.meter.Int64ObservableUpDownCounter(m.name, metric.WithUnit(m.unit), metric.WithDescription(m.help))
		} else {
			o, err = t.meter.Int64ObservableCounter(m.name, metric.WithUnit(m.unit), metric.WithDescription(m.help))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	r, err := t.meter.RegisterCallback(func(_ context.Context, to metric.Observer) error {
		for typ, stats := range zc.Stats().Types {
			attrs := metric.WithAttributes(attribute.String("zmq.context", name), attribute.String("zmq.socket.type", typ.String()))
			for i, m := range measures {
				to.ObserveInt64(all[i].(metric.Int64Observable), m.value(&stats), attrs)
			}
		}
		return nil
	}, all...)
	if err != nil {
		return nil, err
	}
	return r.Unregister, nil
}
