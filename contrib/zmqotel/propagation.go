package zmqotel

import (
	"bytes"
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

const (
	mark        = "\x00zmqotel1\n"
	largestPart = 16 << 10
	mostLines   = 64
)

// Inject returns the parts followed by the trace part, if ctx has a trace or baggage. It does not change the slice that it was given.
func (t *Telemetry) Inject(ctx context.Context, parts [][]byte) [][]byte {
	fields := propagation.MapCarrier{}
	t.propagator.Inject(ctx, fields)
	part := []byte(mark)
	for _, name := range fields.Keys() {
		value := fields[name]
		if value == "" || strings.ContainsAny(name, ":\n") || strings.Contains(value, "\n") {
			continue
		}
		part = append(append(append(append(part, strings.ToLower(name)...), ": "...), value...), '\n')
	}
	if len(part) == len(mark) || len(part) > largestPart {
		return parts
	}
	with := make([][]byte, 0, len(parts)+1)
	return append(append(with, parts...), part)
}

// Extract removes the trace part, if there is one, and returns a context with the sender's span, which is the parent of spans started in it.
func (t *Telemetry) Extract(ctx context.Context, parts [][]byte) (context.Context, [][]byte) {
	if len(parts) == 0 {
		return ctx, parts
	}
	text, ok := bytes.CutPrefix(parts[len(parts)-1], []byte(mark))
	if !ok {
		return ctx, parts
	}
	parts = parts[:len(parts)-1]
	if len(text) > largestPart-len(mark) {
		return ctx, parts
	}
	fields := propagation.MapCarrier{}
	for n := 0; len(text) > 0; n++ {
		if n == mostLines {
			return ctx, parts
		}
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok {
			fields[string(name)] = string(value)
		}
	}
	return t.propagator.Extract(ctx, fields), parts
}
