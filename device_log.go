package zmq

import "log/slog"

// LogValue returns the counters as a group.
func (s DeviceStats) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("front", s.Front), slog.Any("back", s.Back),
		slog.Uint64("refused", s.Refused), slog.Uint64("missed", s.Missed))
}

// LogValue returns the counters as a group.
func (s DeviceSide) LogValue() slog.Value {
	in, out := Traffic{s.MessagesIn, s.PartsIn, s.BytesIn}, Traffic{s.MessagesOut, s.PartsOut, s.BytesOut}
	return slog.GroupValue(slog.Any("in", in), slog.Any("out", out))
}
