package zmq

import (
	"context"
	"encoding/binary"
	"errors"
)

// serveControl takes words from the control socket until ctx ends, and returns errTerminate or what failed otherwise.
func (d *Device) serveControl(ctx context.Context) error {
	items := []PollItem{{Socket: d.control, Events: PollIn}}
	for {
		// Waiting first makes the socket's RecvTimeout irrelevant.
		_, err := pollItems(ctx, items, false)
		var msg [][]byte
		if err == nil {
			msg, err = d.control.RecvParts(ctx)
		}
		switch {
		case ctx.Err() != nil && err != nil:
			return nil
		case errors.Is(err, EAGAIN):
		case err != nil:
			return underlying(err)
		case d.reply(ctx, msg):
			return errTerminate
		}
	}
}

// reply does what one message says and answers it. It reports whether that was TERMINATE.
func (d *Device) reply(ctx context.Context, msg [][]byte) bool {
	envelope, word := [][]byte(nil), msg[len(msg)-1]
	answers := d.control.Type().is(Rep, Router)
	if d.control.Type() == Router {
		envelope = msg[:len(msg)-1]
	}
	answer := [][]byte{nil}
	switch string(word) {
	case "PAUSE":
		d.Pause()
	case "RESUME":
		d.Resume()
	case "TERMINATE":
	case "STATISTICS":
		answer, answers = d.Stats().parts(), true
	default:
		text := word[:min(len(word), 64)]
		answer, answers = [][]byte{append([]byte("ERROR unknown word: "), text...)}, true
	}
	if answers && d.control.Type().sends() {
		// Not waited for: a controller that does not listen must not keep the device from listening.
		d.control.sendParts(ctx, append(envelope, answer...), true, true)
	}
	return string(word) == "TERMINATE"
}

// parts returns the numbers as zmq_proxy_steerable does.
func (s DeviceStats) parts() [][]byte {
	var parts [][]byte
	for _, side := range []DeviceSide{s.Front, s.Back} {
		for _, n := range []uint64{side.MessagesIn, side.BytesIn, side.MessagesOut, side.BytesOut} {
			parts = append(parts, binary.NativeEndian.AppendUint64(nil, n))
		}
	}
	return parts
}
