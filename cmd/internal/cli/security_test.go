package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/zmq"
)

// TestReadKey asserts that a file is read whatever its path looks like: one of 40 characters may look like a key.
func TestReadKey(t *testing.T) {
	if !zmq.Has("curve") {
		t.Skip("an engine without curve")
	}
	cert, err := zmq.NewCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "server.key")
	if n := 40 - len(path); n > 0 {
		path += strings.Repeat("k", n)
	} else {
		// Relative to a folder of our own a path has the length that it needs.
		t.Chdir(dir)
		path = "./" + strings.Repeat("k", 38)
	}
	if err := cert.SavePublic(path); err != nil {
		t.Fatal(err)
	}
	if _, err := zmq.ParseCurveKey(path); err != nil {
		t.Fatalf("%s does not look like a key: %v", path, err)
	}
	if k, err := ReadKey(path); err != nil || k != cert.Public {
		t.Errorf("%v, %v", k, err)
	}
	os.Remove(path)
	if k, err := ReadKey(cert.Public.String()); err != nil || k != cert.Public {
		t.Errorf("%v, %v", k, err)
	}
}
