package cli

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"example.org/zmq"
)

// TestGateDecisions asserts who gets in at which socket, why others do not, and that each decision is told, without passwords.
func TestGateDecisions(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, err := zmq.NewCertificate(nil)
	if err == nil {
		err = cert.SaveSecret(filepath.Join(dir, "own_secret"))
	}
	if err != nil {
		t.Fatal(err)
	}
	own, key, stranger := filepath.Join(dir, "own_secret"), cert.Public, zmq.CurveKey{1}
	keys, nets := file("keys", key.String()+" alice\n"), file("nets", "10.0.0.0/8\n")
	var g Gate
	for name, s := range map[string]Security{
		"keys": {Cert: own, Allow: keys}, "any": {Cert: own, Allow: AllowAny}, "nets": {Addresses: nets},
		"both": {Cert: own, Allow: keys, Addresses: nets}, "any from nets": {Cert: own, Allow: AllowAny, Addresses: nets},
		"client": {Cert: own, ServerKey: key.String()}, "open": {},
	} {
		if err := g.Add(name, s); err != nil {
			t.Fatal(err)
		}
	}
	type decision struct {
		r    zmq.AuthRequest
		user string
		err  error
	}
	var told []decision
	g.OnDecision(func(r zmq.AuthRequest, user string, err error) { told = append(told, decision{r, user, err}) })
	for _, c := range []struct {
		socket, mechanism string
		key               zmq.CurveKey
		address           string
		user              string
		err               error
	}{
		{"keys", "CURVE", key, "10.0.0.1", "alice", nil}, {"keys", "CURVE", stranger, "10.0.0.1", "", errKey}, {"keys", "CURVE", zmq.CurveKey{}, "10.0.0.1", "", errKey},
		{"keys", "NULL", zmq.CurveKey{}, "10.0.0.1", "", errNoKey}, {"keys", "PLAIN", zmq.CurveKey{}, "10.0.0.1", "", errNoKey},
		{"any", "CURVE", stranger, "10.0.0.1", stranger.String(), nil}, {"any", "NULL", zmq.CurveKey{}, "10.0.0.1", "", errNoKey},
		{"nets", "NULL", zmq.CurveKey{}, "10.0.0.1", "", nil}, {"nets", "NULL", zmq.CurveKey{}, "192.0.2.1", "", errAddress}, {"nets", "NULL", zmq.CurveKey{}, "", "", errAddress},
		{"both", "CURVE", key, "10.0.0.1", "alice", nil}, {"both", "CURVE", key, "192.0.2.1", "", errAddress}, {"both", "CURVE", stranger, "10.0.0.1", "", errKey},
		{"any from nets", "CURVE", stranger, "10.0.0.1", stranger.String(), nil}, {"any from nets", "CURVE", stranger, "192.0.2.1", "", errAddress},
		{"open", "NULL", zmq.CurveKey{}, "10.0.0.1", "", errUnknown}, {"client", "CURVE", key, "10.0.0.1", "", errUnknown}, {"other", "NULL", zmq.CurveKey{}, "10.0.0.1", "", errUnknown},
	} {
		told = nil
		r := zmq.AuthRequest{Domain: c.socket, Mechanism: c.mechanism, Key: c.key, Username: "bob", Password: "secret"}
		r.Addr, _ = netip.ParseAddr(c.address)
		user, err := g.Authenticate(context.Background(), r)
		if user != c.user || !errors.Is(err, c.err) {
			t.Errorf("%+v: %q, %v", c, user, err)
		}
		if len(told) != 1 || told[0].user != user || told[0].err != err || told[0].r.Domain != c.socket || told[0].r.Password != "" {
			t.Errorf("%+v: told %+v", c, told)
		}
	}
	if names := g.Judged(); !slices.Equal(names, []string{"any", "any from nets", "both", "keys", "nets"}) {
		t.Errorf("judged: %q", names)
	}
	if k, ok := g.ServerKey("client"); !ok || k != key {
		t.Errorf("the server's key: %v, %v", k, ok)
	}
	for _, name := range []string{"keys", "open", "other"} {
		if k, ok := g.ServerKey(name); ok {
			t.Errorf("%s has a server's key: %v", name, k)
		}
	}
}
