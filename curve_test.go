package zmq

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestCurveKeys compares our keys with the engine's.
func TestCurveKeys(t *testing.T) {
	public, secret := newKeys(t)
	if derived, err := secret.PublicKey(); derived != public || err != nil {
		t.Errorf("%v derived, %v, want %v", derived, err, public)
	}
	if back, err := ParseCurveKey(public.String()); back != public || err != nil {
		t.Error(back, err)
	}
	if back, err := ParseCurveSecretKey(secret.Z85()); back != secret || err != nil {
		t.Error("the secret key did not come back", err)
	}
	_, err := CurveSecretKey{}.PublicKey()
	wantError(t, err, []error{EINVAL}, "zero")
	if !apiVersion().AtLeast(from42) || !Has("curve") {
		return
	}
	for range 20 {
		var p, s, derived [41]byte
		if errno := cCurveKeypair(&p, &s); errno != 0 {
			t.Fatal(errno)
		}
		theirs, err := ParseCurveSecretKey(string(s[:40]))
		if err != nil {
			t.Fatal(err)
		}
		if k, err := theirs.PublicKey(); k.String() != string(p[:40]) || err != nil {
			t.Errorf("the engine has %s, we have %v, %v", p[:40], k, err)
		}
		public, secret := newKeys(t)
		copy(s[:], secret.Z85())
		if errno := cCurvePublic(&derived, &s); errno != 0 || string(derived[:40]) != public.String() {
			t.Errorf("the engine derives %s from our key, %v, want %v", derived[:40], errno, public)
		}
	}
}

func TestCurveKeysConcurrently(t *testing.T) {
	var mu sync.Mutex
	seen := map[CurveKey]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 50 {
				public, _, err := NewCurveKeyPair()
				mu.Lock()
				if err != nil || seen[public] {
					t.Errorf("%v twice, or %v", public, err)
				}
				seen[public] = true
				mu.Unlock()
			}
		}()
	}
	all.Wait()
}

// TestCurveSecrets looks for the secret key in everything that might end up in a log.
func TestCurveSecrets(t *testing.T) {
	public, secret := newKeys(t)
	type holder struct {
		Key    CurveSecretKey
		Option SocketOption
		Cert   *Certificate
	}
	h := holder{secret, CurveServer(secret), &Certificate{Public: public, Secret: secret}}
	hidden := []string{secret.Z85(), fmt.Sprintf("%x", secret[:4]), fmt.Sprintf("%d %d %d", secret[0], secret[1], secret[2]), fmt.Sprintf("%d,%d,%d", secret[0], secret[1], secret[2])}
	check := func(what, text string) {
		for _, s := range hidden {
			if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
				t.Errorf("%s shows the secret: %s", what, text)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t"} {
		check(verb, fmt.Sprintf(verb, secret))
		check(verb, fmt.Sprintf(verb, &secret))
		check(verb, fmt.Sprintf(verb, h))
		check(verb, fmt.Sprintf(verb, CurveClient(public, public, secret)))
		check(verb, fmt.Sprintf(verb, CurveOwnSecretKey(secret)))
		check(verb, fmt.Sprintf(verb, *h.Cert))
	}
	text, err := json.Marshal(map[string]any{"a": secret, "b": &secret, "c": h.Cert})
	if err != nil {
		t.Error(err)
	}
	check("JSON", string(text))
	binary, err := secret.MarshalBinary()
	if err != nil || bytes.Contains(binary, secret[:4]) {
		t.Errorf("MarshalBinary: %q, %v", binary, err)
	}
	check("MarshalBinary", string(binary))
	_, err = ParseCurveSecretKey(secret.Z85()[:39])
	check("an error", err.Error())
	_, err = ParseCurveSecretKey(secret.Z85()[:39] + "~")
	check("an error", err.Error())
	s := newTestSocket(t, newTestContext(t), Dealer)
	other, _ := newKeys(t)
	if err := s.Set(CurveClient(public, other, secret)); err != nil {
		check("an error", err.Error())
	}
	var back CurveSecretKey
	if err := json.Unmarshal([]byte(`"`+jsonText(secret.Z85())+`"`), &back); err != nil || back != secret {
		t.Errorf("a secret key is not read from JSON: %v", err)
	}
}

func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return string(b[1 : len(b)-1])
}

func TestCurveOptions(t *testing.T) {
	s := newTestSocket(t, newTestContext(t), Dealer)
	server, serverSecret := newKeys(t)
	public, secret := newKeys(t)
	err := s.Set(CurveClient(server, public, secret))
	if !apiVersion().AtLeast(from40) {
		needs(t, from40, err)
		needs(t, from40, s.Set(CurveServer(serverSecret)))
		needs(t, from40, s.Set(PlainServer()))
		needs(t, from40, s.Set(PlainClient("a", "b")))
		return
	}
	if !Has("curve") {
		wantError(t, err, []error{ErrNotSupported}, "curve")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	k1, err1 := CurveServerKey.Get(s)
	k2, err2 := CurvePublicKey.Get(s)
	k3, err3 := CurveOwnSecretKey.Get(s)
	m, err4 := Mechanism.Get(s)
	if err := errors.Join(err1, err2, err3, err4); err != nil || k1 != server || k2 != public || k3 != secret || m != MechanismCurve {
		t.Errorf("not what was set: %v, mechanism %d", err, m)
	}
	wantError(t, s.Set(CurveClient(server, server, secret)), []error{EINVAL}, "CurvePublicKey", "not that of the secret key")
	wantError(t, s.Set(CurveClient(CurveKey{}, public, secret)), []error{EINVAL}, "CurveServerKey", "zero")
	wantError(t, s.Set(CurveServer(CurveSecretKey{})), []error{EINVAL}, "CurveOwnSecretKey", "zero")
	wantError(t, s.Set(PlainClient("", "x")), []error{EINVAL}, "PlainUsername", "1 to 255")
	wantError(t, s.Set(PlainClient("x", strings.Repeat("x", 256))), []error{EINVAL}, "PlainPassword", "1 to 255")
	// A key that ends with a zero byte keeps it.
	server[31] = 0
	if err := s.Set(CurveServerKey(server)); err != nil {
		t.Fatal(err)
	}
	if k, err := CurveServerKey.Get(s); k != server || err != nil {
		t.Errorf("%v, %v came back, want %v", k, err, server)
	}
}
