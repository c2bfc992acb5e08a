package zmq

import (
	"log/slog"
	"runtime"
)

// How values look in a log of package log/slog: structs as groups, with what is zero left out where that says nothing. A
// handler asks for this only if the record is logged.

// LogValue returns what String returns: the socket's type and first endpoint.
func (s *Socket) LogValue() slog.Value {
	if s == nil {
		return slog.StringValue("no socket")
	}
	defer runtime.KeepAlive(s)
	return slog.StringValue(s.inner().describe())
}

// LogValue returns the event as a group: its type, and of endpoint, retry and error what it has.
func (e MonitorEvent) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("type", e.Type.String())}
	if e.Endpoint != "" {
		attrs = append(attrs, slog.String("endpoint", e.Endpoint))
	}
	if e.Retry != 0 {
		attrs = append(attrs, slog.Duration("retry", e.Retry))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", trimPrefix(e.Err.Error())))
	}
	return slog.GroupValue(attrs...)
}

// MarshalText returns what String returns.
func (t MonitorEventType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue returns the counters as a group.
func (t Traffic) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("messages", t.Messages), slog.Uint64("parts", t.Parts), slog.Uint64("bytes", t.Bytes))
}

// LogValue returns the counters as a group, those of connections only of a socket that is watched.
func (s Stats) LogValue() slog.Value {
	attrs := traffic(s.Sent, s.Received, s.WouldBlock, s.Waited, s.Calls)
	if s.Watched {
		attrs = append(attrs, connections(s.Peers, s.Connections, s.Disconnects, s.Reconnects, s.HandshakeFailures, s.ProtocolErrors)...)
	}
	return slog.GroupValue(attrs...)
}

// LogValue returns the counters as a group.
func (t TypeStats) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("open", t.Open), slog.Uint64("opened", t.Opened)}
	attrs = append(attrs, traffic(t.Sent, t.Received, t.WouldBlock, t.Waited, t.Calls)...)
	attrs = append(attrs, connections(t.Peers, t.Connections, t.Disconnects, t.Reconnects, t.HandshakeFailures, t.ProtocolErrors)...)
	return slog.GroupValue(attrs...)
}

// LogValue returns the counters of all sockets as a group, with a group for each type that there is or was.
func (s ContextStats) LogValue() slog.Value {
	attrs := s.TypeStats.LogValue().Group()
	for t := Pair; int(t) < len(socketTypeNames); t++ {
		if stats, ok := s.Types[t]; ok {
			attrs = append(attrs, slog.Any(t.String(), stats))
		}
	}
	return slog.GroupValue(attrs...)
}

func traffic(sent, received Traffic, wouldBlock, waited, calls uint64) []slog.Attr {
	return []slog.Attr{slog.Any("sent", sent), slog.Any("received", received),
		slog.Uint64("would_block", wouldBlock), slog.Uint64("waited", waited), slog.Uint64("calls", calls)}
}

func connections(peers int, made, lost, retries, failures, protocolErrors uint64) []slog.Attr {
	return []slog.Attr{slog.Int("peers", peers), slog.Uint64("connections", made), slog.Uint64("disconnects", lost),
		slog.Uint64("reconnects", retries), slog.Uint64("handshake_failures", failures), slog.Uint64("protocol_errors", protocolErrors)}
}
