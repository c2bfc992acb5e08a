package zmq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLogValues writes what programs log in both of slog's formats.
func TestLogValues(t *testing.T) {
	c := newTestContext(t)
	pull, push := newTestSocket(t, c, Pull), newTestSocket(t, c, Push)
	must(pull.Bind("inproc://logged"))
	must(push.Connect("inproc://logged"))
	sendText(t, push, "ab", "c")
	expectText(t, pull, "ab", "c")
	var none *Socket
	for _, test := range []struct {
		value      any
		text, json string
	}{
		{Router, `x=router`, `"router"`},
		{pull, `x="pull inproc://logged"`, `"pull inproc://logged"`},
		{none, `x="no socket"`, `"no socket"`},
		{Version{4, 3, 4}, `x=4.3.4`, `"4.3.4"`},
		{PollIn | PollOut, `x=PollIn|PollOut`, `"PollIn|PollOut"`},
		{SndMore, `x=SndMore`, `"SndMore"`},
		{EventAccepted, `x=EventAccepted`, `"EventAccepted"`},
		{MonitorEvent{Type: EventAccepted, Endpoint: "tcp://127.0.0.1:1", FD: 7, Value: 7}, `x.type=EventAccepted x.endpoint=tcp://127.0.0.1:1`,
			`{"type":"EventAccepted","endpoint":"tcp://127.0.0.1:1"}`},
		{MonitorEvent{Type: EventConnectRetried, Retry: time.Second, Err: EACCES}, `x.type=EventConnectRetried x.retry=1s x.error="permission denied"`,
			`{"type":"EventConnectRetried","retry":1000000000,"error":"permission denied"}`},
		{push.Stats().Sent, `x.messages=1 x.parts=2 x.bytes=3`, `{"messages":1,"parts":2,"bytes":3}`},
		{DeviceStats{Front: DeviceSide{MessagesIn: 3}}, `x.front.in.messages=3 x.front.in.parts=0`, `"refused":0,"missed":0}`},
		{push.Stats(), `x.sent.messages=1 x.sent.parts=2`, `"received":{"messages":0,"parts":0,"bytes":0},"would_block":0`},
		{Stats{Watched: true, Peers: 3}, `x.peers=3 x.connections=0`, `"peers":3`},
		{c.Stats(), `x.push.sent.messages=1`, `"pull":{"open":1,"opened":1,`},
	} {
		var text, js bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("m", "x", test.value)
		slog.New(slog.NewJSONHandler(&js, nil)).Info("m", "x", test.value)
		if !strings.Contains(text.String(), test.text) {
			t.Errorf("as text %T is %s, want %s in it", test.value, text.String(), test.text)
		}
		if !strings.Contains(js.String(), test.json) || !json.Valid(js.Bytes()) {
			t.Errorf("as JSON %T is %s, want %s in it", test.value, js.String(), test.json)
		}
	}
	got, err := json.Marshal(map[SocketType]PollEvents{Rep: PollIn})
	if diff := cmp.Diff(`{"rep":"PollIn"} <nil>`, fmt.Sprintf("%s %v", got, err)); diff != "" {
		t.Error(diff)
	}
}
