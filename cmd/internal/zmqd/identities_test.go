package zmqd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/clitest"
)

// TestIdentities asserts which rows there are for who came, and that the newest are kept.
func TestIdentities(t *testing.T) {
	var at time.Time
	var i identities
	note := func(r zmq.AuthRequest, user string, err error) {
		at = at.Add(time.Second)
		i.note(r, user, err, at)
	}
	key := func(n int) zmq.CurveKey { return zmq.CurveKey{byte(n), byte(n >> 8), 1} }
	curve := func(n int, address string) zmq.AuthRequest {
		return zmq.AuthRequest{Mechanism: "CURVE", Key: key(n), Addr: netip.MustParseAddr(address)}
	}
	no := errors.New("zmq: no")
	note(curve(1, "10.0.0.1"), "alice", nil)
	note(curve(2, "10.0.0.1"), key(2).String(), nil)
	note(curve(1, "10.0.0.2"), "alice of sales", nil) // the list has another name now
	note(zmq.AuthRequest{Mechanism: "PLAIN", Username: "bob", Password: "secret", Addr: netip.MustParseAddr("10.0.0.1")}, "", no)
	note(zmq.AuthRequest{Mechanism: "PLAIN", Username: "eve", Addr: netip.MustParseAddr("10.0.0.1")}, "", no)
	note(zmq.AuthRequest{Mechanism: "PLAIN", Username: "bob", Addr: netip.MustParseAddr("10.0.0.1")}, "", no)
	note(zmq.AuthRequest{Mechanism: "GSSAPI", Principal: "x@Y", Addr: netip.MustParseAddr("10.0.0.1")}, "", no)
	note(zmq.AuthRequest{Mechanism: "NULL", Addr: netip.MustParseAddr("10.0.0.1")}, "", no)
	note(zmq.AuthRequest{Mechanism: "NULL", Addr: netip.MustParseAddr("10.0.0.2")}, "", no)
	note(zmq.AuthRequest{Mechanism: "NULL", Address: "localhost:1000:100:4711"}, "", no)
	note(zmq.AuthRequest{Mechanism: "NULL", Address: ":1000:100:4712"}, "", no)
	note(zmq.AuthRequest{Mechanism: "NULL"}, "", no)
	line := func(list []identity) (text string) {
		for _, i := range list {
			name := i.Name
			if name == "" && i.Key != "" {
				name = fmt.Sprintf("key %d", i.Key[0])
			}
			text += fmt.Sprintf("%s %s %v %d-%d %d %s\n", i.Mechanism, name, i.Addresses, i.First.Second(), i.Last.Second(), i.Times, i.Reason)
		}
		return text
	}
	st := i.status()
	same(t, "let in", []string{"CURVE alice of sales [10.0.0.2 10.0.0.1] 1-3 2 ", fmt.Sprintf("CURVE key %d [10.0.0.1] 2-2 1 ", key(2).String()[0]), ""}, strings.Split(line(st.LetIn.List), "\n"))
	same(t, "denied", []string{
		"NULL  [ipc] 12-12 1 no", "NULL  [ipc, uid 1000] 10-11 2 no", "NULL  [10.0.0.2] 9-9 1 no", "NULL  [10.0.0.1] 8-8 1 no",
		"GSSAPI x@Y [10.0.0.1] 7-7 1 no", "PLAIN bob [10.0.0.1] 4-6 2 no", "PLAIN eve [10.0.0.1] 5-5 1 no", "",
	}, strings.Split(line(st.Denied.List), "\n"))
	if text, err := json.Marshal(st); err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("%s, %v", text, err)
	}

	for n := range 3 * identitiesShown {
		note(curve(n, fmt.Sprintf("10.1.%d.%d", n/100, n%100)), "", no)
		note(curve(1, fmt.Sprintf("10.2.%d.%d", n/100, n%100)), "alice", nil)
	}
	st = i.status()
	if n := len(st.Denied.List); n != identitiesShown || st.Denied.Gone != 7+2*identitiesShown || st.Denied.List[0].Key != key(3*identitiesShown-1).String() {
		t.Errorf("%d denied, %d gone, first %v", n, st.Denied.Gone, st.Denied.List[0])
	}
	if a := st.LetIn.List[0]; len(st.LetIn.List) != 2 || a.Times != 2+3*identitiesShown || len(a.Addresses) != addressesShown || a.Addresses[0] != "10.2.2.99" {
		t.Errorf("who was let in suffers from who was not: %v", st.LetIn)
	}
	var none *identities
	none.note(curve(1, "10.0.0.1"), "", nil, at)
	if none.status() != nil {
		t.Error("a side that judges nobody has identities")
	}
}

// TestShownName asserts that what strangers choose changes nothing around it, and has an end.
func TestShownName(t *testing.T) {
	for in, want := range map[string]string{
		"alice": "alice", "Ω <b>": "Ω <b>", "a\nb": `a\nb`, "\x1b[2J": `\x1b[2J`, "a\u202eb": `a\u202eb`, "\xff": `\xff`, "": "",
		strings.Repeat("x", 255):                     strings.Repeat("x", 255),
		strings.Repeat("x", 256):                     strings.Repeat("x", 255) + "…",
		strings.Repeat("x", 254) + "Ω":               strings.Repeat("x", 254) + "…",
		strings.Repeat("x", 252) + "\U0001f600 more": strings.Repeat("x", 252) + "…",
		strings.Repeat("\x80", 300):                  strings.Repeat(`\x80`, 251) + "…",
	} {
		if got := shownName(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// TestIdentitiesOfDevice asserts that the status and ctl say who was let in and who was not, with the whole key, and at which side.
func TestIdentitiesOfDevice(t *testing.T) {
	t.Parallel()
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir := t.TempDir()
	server, alice, mallory := certificate(t, dir, "server"), certificate(t, dir, "alice"), certificate(t, dir, "mallory")
	front, back := clitest.Endpoint(t, "f"), clitest.Endpoint(t, "b")
	p := clitest.Start(t, Main, nil, "zmqd", "streamer", "--frontend-bind", front, "--backend-bind", back, "--drain", "0s", "--http", "127.0.0.1:0",
		"--frontend-curve-cert", dir+"/server.key_secret", "--frontend-curve-allow", clitest.Write(t, "allow", "%s alice\n", alice.Public),
		"--backend-curve-cert", dir+"/server.key_secret", "--backend-curve-allow", "any")
	p.Err.WaitFor(t, "msg=running")
	z := clitest.Context(t)
	push := clitest.Socket(t, z, zmq.Push, front, zmq.CurveClient(server.Public, alice.Public, alice.Secret))
	clitest.Socket(t, z, zmq.Push, front, zmq.ReconnectInterval(zmq.Infinite), zmq.CurveClient(server.Public, mallory.Public, mallory.Secret))
	pull := clitest.Socket(t, z, zmq.Pull, back, zmq.CurveClient(server.Public, mallory.Public, mallory.Secret))
	clitest.Send(t, push, "job")
	clitest.Recv(t, pull)
	p.Err.WaitFor(t, "msg=denied")
	url := httpAddress(t, p)
	code, text, problem := clitest.Run(t, Main, "", "zmqd", "ctl", url, "stats", "--json")
	var stats ctlStats
	if err := json.Unmarshal([]byte(text), &stats); code != 0 || err != nil {
		t.Fatalf("exit %d, %v, %s", code, err, problem)
	}
	check := func(what string, list []identity, key zmq.CurveKey, name, reason string) {
		t.Helper()
		if len(list) != 1 || list[0].Key != key.String() || list[0].Name != name || list[0].Reason != reason || list[0].Times == 0 || list[0].First.IsZero() || !strings.HasPrefix(list[0].Addresses[0], "ipc") {
			t.Errorf("%s: %+v", what, list)
		}
	}
	check("let in at the front", stats.Identities["frontend"].LetIn.List, alice.Public, "alice", "")
	check("denied at the front", stats.Identities["frontend"].Denied.List, mallory.Public, "", "the key is not on the list")
	check("let in at the back", stats.Identities["backend"].LetIn.List, mallory.Public, "", "")
	if n := len(stats.Identities["backend"].Denied.List); n != 0 {
		t.Errorf("%d denied at the back", n)
	}
	_, text, _ = clitest.Run(t, Main, "", "zmqd", "ctl", url, "stats")
	for _, want := range []string{"\nfrontend  let in CURVE " + alice.Public.String() + ` "alice" from ipc`, "\nfrontend  denied CURVE " + mallory.Public.String() + " from ipc", ": the key is not on the list\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("ctl does not say %q:\n%s", want, text)
		}
	}
	if _, text := get(t, url+"/api/status"); strings.Contains(text, "serverKey") || strings.Count(text, `"identities"`) != 2 {
		t.Error(text)
	}
}
