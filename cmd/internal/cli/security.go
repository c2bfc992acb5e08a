package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"example.org/zmq"
)

// Security is how a socket proves who it is, and whom it accepts: what the flags and files of all programs say.
type Security struct {
	Cert      string // file of the certificate with the socket's own secret key
	ServerKey string // of a CURVE client: the server's public key, or a file with it
	Allow     string // of a CURVE server: folder or file of the clients' public keys, or AllowAny
	Addresses string // file of the addresses and networks that may connect
}

// AllowAny in place of a list accepts every client that knows the server's key.
const AllowAny = "any"

// AddFlags adds the flags of Security.
func (s *Security) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&s.Cert, "curve-cert", "", "certificate with the socket's own secret key")
	f.StringVar(&s.ServerKey, "curve-server-key", "", "as a CURVE client: the server's public key, or a file with it")
	f.StringVar(&s.Allow, "curve-allow", "", "as a CURVE server: folder or file of the clients' public keys, or the word any")
}

// Check finds what does not go together. The flags are named with the prefix.
func (s *Security) Check(prefix string) error {
	switch {
	case s.ServerKey != "" && s.Allow != "":
		return fmt.Errorf("a CURVE client has a server key, a CURVE server an allow list; not both")
	case s.Allow != "" && s.Cert == "":
		return fmt.Errorf("a CURVE server needs its own certificate (--%scurve-cert)", prefix)
	case s.ServerKey != "" && s.Cert == "":
		return fmt.Errorf("a CURVE client needs its own certificate (--%scurve-cert); zmqkeys makes one", prefix)
	case s.Cert != "" && s.ServerKey == "" && s.Allow == "":
		return fmt.Errorf("a certificate is of no use alone: a CURVE client names the server's key (--%[1]scurve-server-key), a CURVE server whom it accepts (--%[1]scurve-allow: a folder, a file, or the word any)", prefix)
	}
	return nil
}

// String says in two words what it is, for logs and pages.
func (s *Security) String() string {
	switch {
	case s.Allow == AllowAny && s.Addresses == "":
		return "curve server, any client"
	case s.Allow != "":
		return "curve server"
	case s.ServerKey != "":
		return "curve client"
	case s.Addresses != "":
		return "addresses"
	}
	return "none"
}

// asks reports whether newcomers are judged.
func (s *Security) asks() bool { return s.Allow != "" || s.Addresses != "" }

// credentialPrefix is before the name of a file that the service manager passes on (LoadCredential= of systemd).
const credentialPrefix = "credential:"

// Path returns the path of a file that may be a credential.
func Path(name string) (string, error) {
	credential, ok := strings.CutPrefix(name, credentialPrefix)
	if !ok {
		return name, nil
	}
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", fmt.Errorf("%s: the service manager has passed no credentials on: set LoadCredential=%s:PATH in the unit", name, credential)
	}
	return filepath.Join(dir, credential), nil
}

// load reads what the files say now.
func (s *Security) load() (keys, *rules, error) {
	found := *s
	for _, p := range []*string{&found.Cert, &found.ServerKey, &found.Allow, &found.Addresses} {
		var err error
		if *p, err = Path(*p); err != nil {
			return keys{}, nil, err
		}
	}
	return found.read()
}

func (s *Security) read() (keys, *rules, error) {
	k, err := s.loadKeys()
	if err != nil {
		return k, nil, err
	}
	r, err := s.loadRules()
	return k, r, err
}

// keys are a socket's own, and the server's. No %v: it would show the secret.
type keys struct {
	public, server zmq.CurveKey
	secret         zmq.CurveSecretKey
}

func (s *Security) loadKeys() (k keys, err error) {
	if s.Cert == "" {
		return k, nil
	}
	cert, err := zmq.LoadCertificate(s.Cert)
	if err != nil {
		return k, err
	}
	if cert.Secret == (zmq.CurveSecretKey{}) {
		return k, fmt.Errorf("%s: has no secret key: name the file that ends with _secret", s.Cert)
	}
	k.public, k.secret = cert.Public, cert.Secret
	if s.ServerKey != "" {
		k.server, err = ReadKey(s.ServerKey)
	}
	return k, err
}

// ReadKey returns a public key that is given by itself, in Z85, or by the name of a certificate.
func ReadKey(text string) (zmq.CurveKey, error) {
	// A path of 40 characters can look like a key, a key does not name a file.
	if _, err := os.Stat(text); err != nil {
		if k, err := zmq.ParseCurveKey(text); err == nil {
			return k, nil
		}
	}
	cert, err := zmq.LoadCertificate(text)
	if errors.Is(err, os.ErrNotExist) {
		return zmq.CurveKey{}, fmt.Errorf("%q is neither a public key of 40 characters nor a file", text)
	}
	if err != nil {
		return zmq.CurveKey{}, err
	}
	return cert.Public, nil
}

// rules are whom a socket accepts.
type rules struct {
	list *zmq.AllowList
	any  bool // any CURVE client
	keys int
	nets int
}

func (s *Security) loadRules() (*rules, error) {
	r := &rules{list: new(zmq.AllowList), any: s.Allow == AllowAny}
	if s.Allow != "" && !r.any {
		var err error
		if r.keys, err = r.list.LoadKeys(s.Allow); err != nil {
			return nil, err
		}
	}
	if s.Addresses == "" {
		return r, nil
	}
	nets, err := readNetworks(s.Addresses)
	if err != nil {
		return nil, err
	}
	r.nets = len(nets)
	r.list.AllowAddr(nets...)
	return r, nil
}

func readNetworks(path string) ([]netip.Prefix, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var nets []netip.Prefix
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		p, err := netip.ParsePrefix(line)
		if a, err2 := netip.ParseAddr(line); err2 == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if strings.Contains(line, "%") {
			return nil, fmt.Errorf("%s:%d: %q has a zone, by which clients cannot be told apart: leave it out", path, i+1, line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %q is no address, such as 10.1.2.3, and no network, such as 10.0.0.0/8", path, i+1, line)
		}
		nets = append(nets, p)
	}
	if len(nets) == 0 {
		return nil, fmt.Errorf("%s: names no address: no client could connect", path)
	}
	return nets, nil
}
