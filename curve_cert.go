package zmq

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Certificate is a CURVE public key or a key pair, with metadata, in the file format of czmq and pyzmq.
type Certificate struct {
	Public   CurveKey
	Secret   CurveSecretKey    // zero in a public certificate
	Metadata map[string]string // such as "name"
}

// String returns the public key and whether there is a secret one.
func (c Certificate) String() string {
	if c.Secret == (CurveSecretKey{}) {
		return "Certificate(" + c.Public.String() + ")"
	}
	return "Certificate(" + c.Public.String() + ", with its secret key)"
}

// Format writes what String returns, whatever the verb.
func (c Certificate) Format(f fmt.State, _ rune) { f.Write([]byte(c.String())) }

// NewCertificate returns a certificate with new keys.
func NewCertificate(metadata map[string]string) (*Certificate, error) {
	public, secret, err := NewCurveKeyPair()
	if err != nil {
		return nil, err
	}
	return &Certificate{Public: public, Secret: secret, Metadata: maps.Clone(metadata)}, nil
}

// SavePublic writes the certificate without its secret key to the file at path, which is to be given to the
// peers. The file is created with mode 0600, or replaced as a whole. Errors: EINVAL for metadata that the
// format cannot hold; those of the file system.
func (c *Certificate) SavePublic(path string) error {
	return c.save(path, "#   ZeroMQ CURVE Public Certificate\n#   Exchange securely, or use a secure mechanism to verify the contents\n#   of this file after exchange.\n", false)
}

// SaveSecret writes the certificate with its secret key. The file is created with mode 0600, or replaced as a whole;
// keep it on this machine. Errors: EINVAL without a secret key; those of SavePublic.
func (c *Certificate) SaveSecret(path string) error {
	if c == nil {
		return certError("save certificate", path, errNilCert)
	}
	if c.Secret == (CurveSecretKey{}) {
		return certError("save certificate", path, errZeroKey)
	}
	return c.save(path, "#   ZeroMQ CURVE **Secret** Certificate\n#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.\n", true)
}

var errNilCert = withReason(EINVAL, "the Certificate is nil")

func certError(op, path string, err error) error {
	return &OpError{Op: op, Type: noSocket, Endpoint: path, Err: err}
}

func (c *Certificate) save(path, head string, secret bool) error {
	if c == nil {
		return certError("save certificate", path, errNilCert)
	}
	text := bytes.NewBufferString(head + "\nmetadata\n")
	for _, name := range slices.Sorted(maps.Keys(c.Metadata)) {
		value := c.Metadata[name]
		if name == "" || strings.ContainsAny(name, "=\"'# \t\r\n") || strings.ContainsAny(value, "\"\r\n") {
			return certError("save certificate", path, withReason(EINVAL, "the file has no way to write the metadata "+fmt.Sprintf("%q", name)))
		}
		fmt.Fprintf(text, "    %s = \"%s\"\n", name, value)
	}
	fmt.Fprintf(text, "curve\n    public-key = \"%s\"\n", c.Public)
	if secret {
		fmt.Fprintf(text, "    secret-key = \"%s\"\n", c.Secret.Z85())
	}
	if err := writePrivate(path, text.Bytes()); err != nil {
		return certError("save certificate", path, err)
	}
	return nil
}

// writePrivate replaces a file by one that only its owner reads, at no moment by another.
func writePrivate(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".cert-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// LoadCertificate reads a certificate, public or secret, as this package, czmq and pyzmq write them. Errors:
// fs.ErrNotExist and others of the file; EINVAL for a file that is no certificate, or whose keys are not a pair.
func LoadCertificate(path string) (*Certificate, error) {
	text, err := readKeyText(path, certMax)
	if err != nil {
		return nil, certError("load certificate", path, err)
	}
	c, err := parseCertificate(text)
	if err != nil {
		return nil, certError("load certificate", path, err)
	}
	return c, nil
}

// certMax is far more than a certificate has.
const certMax = 1 << 20

// readKeyText reads an ordinary file of so many bytes at most.
func readKeyText(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, withReason(fs.ErrInvalid, "not an ordinary file")
	case info.Size() > most:
		return nil, withReason(EINVAL, fmt.Sprintf("the file is too large for keys: %d bytes, %d at most", info.Size(), most))
	}
	return os.ReadFile(path)
}

// parseCertificate reads sections of indented "name = value" lines; a # begins a comment.
func parseCertificate(text []byte) (*Certificate, error) {
	c := &Certificate{Metadata: map[string]string{}}
	section, found := "", false
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, certMax+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " \t\r")
		body := strings.TrimLeft(line, " \t")
		if body == "" || body[0] == '#' {
			continue
		}
		if body == line {
			section, _, _ = strings.Cut(body, " ")
			continue
		}
		name, value, ok := strings.Cut(body, "=")
		if !ok {
			continue // a section within a section
		}
		name, value = strings.TrimSpace(name), unquote(strings.TrimSpace(value))
		var err error
		switch section + "/" + name {
		case "curve/public-key":
			c.Public, err = ParseCurveKey(value)
			found = true
		case "curve/secret-key":
			c.Secret, err = ParseCurveSecretKey(value)
		default:
			if section == "metadata" {
				c.Metadata[name] = value
			}
		}
		if err != nil {
			return nil, withReason(EINVAL, fmt.Sprintf("line %d: %s: %v", n, name, errors.Unwrap(err)))
		}
	}
	return c.checked(lines.Err(), found)
}

func (c *Certificate) checked(err error, found bool) (*Certificate, error) {
	if err != nil {
		return nil, withReason(EINVAL, "no certificate: "+err.Error())
	}
	if !found {
		return nil, withReason(EINVAL, "no certificate: there is no public-key in a curve section")
	}
	if c.Secret == (CurveSecretKey{}) {
		return c, nil
	}
	if public, err := c.Secret.PublicKey(); err != nil || public != c.Public {
		return nil, withReason(EINVAL, "the public key is not that of the secret key")
	}
	return c, nil
}

// unquote takes off the quotes around a value, or the comment behind one.
func unquote(v string) string {
	if v == "" || v[0] != '"' && v[0] != '\'' {
		v, _, _ = strings.Cut(v, " #")
		return strings.TrimSpace(v)
	}
	if end := strings.IndexByte(v[1:], v[0]); end >= 0 {
		return v[1 : end+1]
	}
	return v
}
