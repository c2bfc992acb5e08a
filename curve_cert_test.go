package zmq

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCertificate(t *testing.T) {
	c, err := NewCertificate(map[string]string{"name": "ann", "note": "a = b # c"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	public, secret := filepath.Join(dir, "ann.key"), filepath.Join(dir, "ann.key_secret")
	// What stands there already, open to all, is replaced and not written to.
	if err := os.WriteFile(secret, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.SavePublic(public), c.SaveSecret(secret)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{public, secret} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if text, _ := os.ReadFile(public); strings.Contains(string(text), c.Secret.Z85()) || strings.Contains(string(text), "secret-key") {
		t.Errorf("the public certificate has the secret key:\n%s", text)
	}
	got, err := LoadCertificate(secret)
	if diff := cmp.Diff(c, got); diff != "" || err != nil {
		t.Errorf("%v (-saved +loaded):\n%s", err, diff)
	}
	got, err = LoadCertificate(public)
	if diff := cmp.Diff(&Certificate{Public: c.Public, Metadata: c.Metadata}, got); diff != "" || err != nil {
		t.Errorf("%v (-saved +loaded):\n%s", err, diff)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".cert*")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
	wantError(t, got.SaveSecret(secret), []error{EINVAL}, "save certificate", "zero")
}

func TestCertificateErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := LoadCertificate(filepath.Join(dir, "none"))
	wantError(t, err, []error{fs.ErrNotExist}, "load certificate", "none")
	_, err = LoadCertificate(dir)
	wantError(t, err, []error{fs.ErrInvalid})
	_, err = LoadCertificate(os.DevNull)
	wantError(t, err, []error{fs.ErrInvalid})
	a, _ := NewCertificate(nil)
	b, _ := NewCertificate(nil)
	for text, word := range map[string]string{
		"":                              "no public-key",
		"curve\n    public-key = \"x\"": "line 2: public-key: a key in Z85 has 40 characters",
		"curve\n    secret-key = \"x\"": "line 2: secret-key",
		"public-key = \"" + a.Public.String() + "\"\n":                                                       "no public-key",
		"curve\n    public-key = \"" + a.Public.String() + "\"\n    secret-key = \"" + b.Secret.Z85() + "\"": "not that of the secret key",
	} {
		path := filepath.Join(dir, "bad")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadCertificate(path)
		wantError(t, err, []error{EINVAL}, "load certificate", word)
		if strings.Contains(err.Error(), b.Secret.Z85()) {
			t.Error("the error shows the secret key")
		}
	}
	for _, metadata := range []map[string]string{{"": "x"}, {"a b": "x"}, {"a": "x\ny"}, {"a": `"`}, {"#": "x"}} {
		a.Metadata = metadata
		wantError(t, a.SaveSecret(filepath.Join(dir, "x")), []error{EINVAL}, "metadata")
	}
	a.Metadata = nil
	if err := a.SaveSecret(filepath.Join(dir, "no", "such")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestCertificateOfOthers reads files as czmq and pyzmq write them.
func TestCertificateOfOthers(t *testing.T) {
	c, _ := NewCertificate(nil)
	for name, text := range map[string]string{
		"czmq": `#   ****  Generated on 2024-01-01 by CZMQ  ****
#   ZeroMQ CURVE **Secret** Certificate

metadata
    name = "ann"
curve
    public-key = "PUBLIC"
    secret-key = "SECRET"
`,
		"pyzmq":   "#   ****  Generated on 2024-01-01 by pyzmq  ****\r\n#   ZeroMQ CURVE **Secret** Certificate\r\n\r\nmetadata\r\n    name = 'ann'\r\ncurve\r\n    public-key = \"PUBLIC\"\r\n    secret-key = \"SECRET\"\r\n",
		"by hand": "curve   # keys\n\tpublic-key='PUBLIC' # mine\n\tsecret-key=SECRET\nmetadata\n\tname=ann # it is\n",
	} {
		text = strings.NewReplacer("PUBLIC", c.Public.String(), "SECRET", c.Secret.Z85()).Replace(text)
		got, err := parseCertificate([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Public != c.Public || got.Secret != c.Secret || got.Metadata["name"] != "ann" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzCertificate(f *testing.F) {
	f.Add([]byte("metadata\n    name = \"x\"\ncurve\n    public-key = \"HelloWorldHelloWorldHelloWorldHelloWorld\"\n"))
	f.Add([]byte("curve\n\tpublic-key='"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := parseCertificate(text); err == nil && c == nil {
			t.Error("neither a certificate nor an error")
		}
	})
}
