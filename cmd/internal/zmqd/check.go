package zmqd

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// checkOnly is --check: it finds what would fail at the start, with the exit code that the start would have, and prints
// the settings that hold. It does not look whether ports are taken: they are, by the device that runs.
func (c *Config) checkOnly(w io.Writer) error {
	if err := c.preflight(); err != nil {
		return cli.Exit(cli.ExitBadUse, err)
	}
	if err := c.probe(); err != nil {
		return cli.Exit(exitStart, err)
	}
	_, err := fmt.Fprintf(w, "# These settings hold; nothing was opened.\n%s", writeYAML(c.effective()))
	return err
}

// preflight has the engine look at all settings, in a context that has no thread to open anything with.
func (c *Config) preflight() error {
	gate, err := newGate(c)
	if err != nil {
		return err
	}
	if _, err := c.readToken(); err != nil {
		return err
	}
	n := &node{cfg: c, log: slog.New(slog.DiscardHandler), gate: gate}
	if n.zctx, err = zmq.NewContext(zmq.IOThreads(0)); err != nil {
		return err
	}
	defer n.abandon()
	if err := n.openParts(); err != nil {
		return err
	}
	if err := n.makeDevice(true); err != nil {
		return err
	}
	for _, p := range n.parts() {
		for _, e := range p.side.Bind {
			look := p.sock.Bind
			if strings.HasPrefix(e, "ipc:") {
				// A path may be in use now, by the device that runs.
				if look = p.sock.Connect; e == "ipc://*" {
					continue
				}
			}
			if err := refused(look(e)); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		for _, e := range p.side.Connect {
			if err := refused(p.sock.Connect(e)); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return nil
}

// refused drops the error that there is no thread, which comes when all else is well.
func refused(err error) error {
	if errors.Is(err, zmq.EMTHREAD) {
		return nil
	}
	return err
}

// probe looks whether the machine has what the endpoints name: addresses, interfaces and folders.
func (c *Config) probe() error {
	for _, s := range c.sides() {
		for _, e := range s.side.Bind {
			if err := probeBind(e); err != nil {
				return fmt.Errorf("%s: bind %s: %w", s.name, e, err)
			}
		}
	}
	if c.HTTP == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.HTTP)
	if err == nil {
		err = probeHost(host)
	}
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

func probeBind(endpoint string) error {
	proto, address, _ := strings.Cut(endpoint, "://")
	switch proto {
	case "ipc":
		return probeFolder(address)
	case "tcp":
		host := address[:max(strings.LastIndexByte(address, ':'), 0)]
		return probeHost(strings.Trim(host, "[]"))
	}
	return nil
}

// probeHost looks whether a host can be bound, at a port that is free.
func probeHost(host string) error {
	if host == "*" || host == "" {
		return nil
	}
	if _, err := net.InterfaceByName(host); err == nil {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err == nil {
		return l.Close()
	}
	if _, bad := netip.ParseAddr(host); bad != nil {
		return fmt.Errorf("there is no network interface %q, nor a name of this machine", host)
	}
	return fmt.Errorf("this machine does not have the address %s: %w", host, errors.Unwrap(err))
}

func probeFolder(path string) error {
	if path == "*" || strings.HasPrefix(path, "@") {
		return nil
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	if err := writable(dir); err != nil {
		return fmt.Errorf("no socket can be made in %s: %w", dir, err)
	}
	return nil
}

// effective returns the settings with the values that hold where nothing was said.
func (c *Config) effective() *Config {
	out := *c
	hwm := func(n *int) *int {
		if n == nil {
			n = new(int)
			*n = 1000
		}
		return n
	}
	for _, s := range out.sides() {
		t, err := cli.ParseType(s.side.Type)
		if !s.side.used() || err != nil {
			*s.side = Side{}
			continue
		}
		s.side.SendHWM, s.side.RecvHWM = hwm(s.side.SendHWM), hwm(s.side.RecvHWM)
		if c.plain {
			continue
		}
		size := Size(s.side.largest(t, c.MaxTopic))
		s.side.MaxMsgSize = &size
		if s.side.Linger == nil {
			s.side.Linger = &out.Drain
		}
		if s.side.Handshake == 0 {
			s.side.Handshake = Duration(30 * time.Second)
		}
		if t == zmq.Sub && len(s.side.Subscribe) == 0 {
			s.side.Subscribe = []string{""}
		}
	}
	return &out
}

// checkFamily refuses an IPv6 address where IPv6 is off: the engine would say that there is no such device.
func (s *Side) checkFamily(name, endpoint string) error {
	proto, address, _ := strings.Cut(endpoint, "://")
	if proto == "inproc" {
		return fmt.Errorf("%s: %s is within this process, where no other program is: use ipc or tcp", name, endpoint)
	}
	if proto != "tcp" || s.IPv6 {
		return nil
	}
	host := strings.Trim(address[:max(strings.LastIndexByte(address, ':'), 0)], "[]")
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return fmt.Errorf("%s: %s is an IPv6 address: set ipv6 (--%s-ipv6)", name, endpoint, name)
	}
	return nil
}

// checkDuplicates refuses an endpoint that is there twice.
func (c *Config) checkDuplicates() error {
	if c.plain {
		return nil // 2.x said so when it bound
	}
	bound := map[string]string{}
	if host, port, err := net.SplitHostPort(c.HTTP); err == nil && port != "0" {
		bound[portPlace(host, port)] = "http"
	}
	for _, s := range c.sides() {
		connected := map[string]bool{}
		for _, e := range s.side.Connect {
			if connected[e] {
				return fmt.Errorf("%s: %s is connected to twice: each message would come twice, or every second one go there", s.name, e)
			}
			connected[e] = true
		}
		for _, e := range s.side.Bind {
			key := endpointPlace(e)
			if other, ok := bound[key]; ok && key != "" {
				return fmt.Errorf("%s: %s is taken by %s", s.name, e, other)
			}
			bound[key] = s.name
		}
	}
	return nil
}

// endpointPlace is what an endpoint takes when it is bound, "" if that is found then.
func endpointPlace(e string) string {
	proto, address, _ := strings.Cut(e, "://")
	if colon := strings.LastIndexByte(address, ':'); proto == "tcp" && colon >= 0 {
		if port := address[colon+1:]; port != "*" && port != "0" {
			return portPlace(address[:colon], port)
		}
		return ""
	}
	if address == "*" {
		return ""
	}
	return e
}

func portPlace(host, port string) string {
	switch host = strings.Trim(host, "[]"); host {
	case "", "*", "0.0.0.0", "::":
		host = "*"
	}
	return "tcp://" + host + ":" + port
}

// checkHTTP finds what is wrong with the page's settings.
func (c *Config) checkHTTP() error {
	if err := checkHosts(c.HTTPHosts); err != nil {
		return err
	}
	if c.HTTP == "" {
		switch {
		case len(c.HTTPHosts) > 0:
			return errHostsWithoutHTTP
		case c.TokenFile != "":
			return errors.New("a token serves the status page only: say where with --http")
		}
		return nil
	}
	_, port, err := net.SplitHostPort(c.HTTP)
	if err != nil {
		return fmt.Errorf("http: %q is no address: host and port are wanted, such as 127.0.0.1:9600", c.HTTP)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("http: %q: the port is a number up to 65535", c.HTTP)
	}
	return nil
}

// readToken returns the token of the page's buttons, "" if there are none.
func (c *Config) readToken() (string, error) {
	if c.TokenFile == "" {
		return "", nil
	}
	path, err := cli.Path(c.TokenFile)
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(raw))
	if len(token) < minToken {
		return "", fmt.Errorf("%s: the token is shorter than %d characters", c.TokenFile, minToken)
	}
	return token, nil
}
