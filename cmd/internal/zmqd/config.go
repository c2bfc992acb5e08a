package zmqd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// Config is all that a device is told, by flags or by a file.
type Config struct {
	Name      string   `yaml:"name"`
	Device    string   `yaml:"device"`
	IOThreads int      `yaml:"io_threads"`
	Frontend  Side     `yaml:"frontend"`
	Backend   Side     `yaml:"backend"`
	Capture   Capture  `yaml:"capture"`
	Control   Side     `yaml:"control"`
	HTTP      string   `yaml:"http"`
	HTTPHosts []string `yaml:"http_hosts"`
	TokenFile string   `yaml:"token_file"`
	Drain     Duration `yaml:"drain"`
	MaxTopic  int      `yaml:"max_topic"`
	LogFormat string   `yaml:"log_format"`
	LogLevel  string   `yaml:"log_level"`
	// ReadyWithoutPeers makes /readyz true while a side that connects has no peer.
	ReadyWithoutPeers bool `yaml:"ready_without_peers"`

	plain bool                    // the old way: no options beyond the engine's defaults
	again func() (*Config, error) // reads files and flags anew; nil where there are none
}

// Side is one socket.
type Side struct {
	Type           string    `yaml:"type"`
	Bind           []string  `yaml:"bind"`
	Connect        []string  `yaml:"connect"`
	Subscribe      []string  `yaml:"subscribe"`
	SendHWM        *int      `yaml:"send_hwm"`
	RecvHWM        *int      `yaml:"recv_hwm"`
	Linger         *Duration `yaml:"linger"`
	MaxMsgSize     *Size     `yaml:"max_msg_size"`
	Identity       string    `yaml:"identity"`
	Heartbeat      Duration  `yaml:"heartbeat"`
	Handshake      Duration  `yaml:"handshake"`
	IPv6           bool      `yaml:"ipv6"`
	Curve          Curve     `yaml:"curve"`
	AllowAddresses string    `yaml:"allow_addresses"`
}

// Curve is how a socket proves who it is, and whom it accepts.
type Curve struct {
	Certificate string `yaml:"certificate"` // file with the socket's own secret key
	ServerKey   string `yaml:"server_key"`  // of a socket that connects: the key that the server has to have
	Allow       string `yaml:"allow"`       // of a socket that serves: folder or file of the clients' keys, or any
}

// Capture is the socket that gets a copy of everything.
type Capture struct {
	Side  `yaml:",inline"`
	Lossy bool `yaml:"lossy"`
}

// The values that hold where nothing else is said.
const (
	defaultMaxMsgSize = 16 << 20 // of sockets that bind
	defaultDrain      = 10 * time.Second
	defaultMaxTopic   = 1024
	maxThreads        = 1024 // of zmq.IOThreads

	keepaliveIdle     = time.Minute // of sockets that bind
	keepaliveInterval = 15 * time.Second
	keepaliveCount    = 4
)

// Devices are the kinds of devices, with the socket types of their sides.
var devices = map[string]struct{ front, back string }{
	"queue":     {"router", "dealer"},
	"forwarder": {"xsub", "xpub"},
	"streamer":  {"pull", "push"},
	"proxy":     {"", ""},
}

func defaults(device string) *Config {
	types := devices[device]
	return &Config{
		Device: device, IOThreads: 1, Drain: Duration(defaultDrain), MaxTopic: defaultMaxTopic, LogFormat: "text", LogLevel: "info",
		Frontend: Side{Type: types.front}, Backend: Side{Type: types.back},
		Capture: Capture{Side: Side{Type: "pub"}}, Control: Side{Type: "rep"},
	}
}

// classic returns what a device program of 2.x was: one I/O thread, the old types, no options.
func classic(device string) (*Config, error) {
	cfg := defaults(device)
	cfg.plain = true
	if device == "forwarder" {
		cfg.Frontend.Type, cfg.Backend.Type = "sub", "pub"
	}
	return cfg, nil
}

// check finds what can be found wrong before anything is opened.
func (c *Config) check() error {
	if c.Drain < 0 {
		return errors.New("drain: has to end some time: a duration such as 10s, or 0s")
	}
	if c.MaxTopic < 0 {
		return errors.New("max-topic: is negative")
	}
	if c.IOThreads < 1 || c.IOThreads > maxThreads {
		return fmt.Errorf("io-threads: %d is out of range: 1 to %d", c.IOThreads, maxThreads)
	}
	for _, s := range c.sides() {
		if err := s.side.check(s.name); err != nil {
			return err
		}
		if s.must && len(s.side.Bind)+len(s.side.Connect) == 0 {
			if c.plain {
				continue // 2.x ran, and moved nothing
			}
			return cli.NoEndpoint(s.name, "--"+s.name+"-bind, --"+s.name+"-connect")
		}
	}
	if err := c.checkDuplicates(); err != nil {
		return err
	}
	return c.checkHTTP()
}

// name is what the device is called: by its settings, or by its kind.
func (c *Config) name() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Device
}

type namedSide struct {
	name string
	side *Side
	must bool // has to have an endpoint
}

func (c *Config) sides() []namedSide {
	return []namedSide{
		{"frontend", &c.Frontend, true}, {"backend", &c.Backend, true},
		{"capture", &c.Capture.Side, false}, {"control", &c.Control, false},
	}
}

func (s *Side) used() bool { return len(s.Bind)+len(s.Connect) > 0 }

func (s *Side) check(name string) error {
	if s.Type == "" {
		return fmt.Errorf("%s: the socket type is missing (--%s-type): one of %s", name, name, strings.Join(cli.TypeNames(), ", "))
	}
	t, err := cli.ParseType(s.Type)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(s.Subscribe) > 0 && t != zmq.Sub && t != zmq.XSub {
		return fmt.Errorf("%s: only a sub or xsub subscribes, not a %s", name, t)
	}
	for _, e := range slices.Concat(s.Bind, s.Connect) {
		if err := s.checkFamily(name, e); err != nil {
			return err
		}
	}
	if err := s.security().Check(name + "-"); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// options returns what the socket is opened with.
func (s *Side) options(plain bool, maxTopic int) ([]zmq.SocketOption, error) {
	t, err := cli.ParseType(s.Type)
	if err != nil {
		return nil, err
	}
	var opts []zmq.SocketOption
	if plain {
		if t == zmq.Sub {
			opts = append(opts, zmq.Subscribe(""))
		}
		return opts, nil
	}
	opts = append(opts, s.limits(t, maxTopic)...)
	if s.SendHWM != nil {
		opts = append(opts, zmq.SendHWM(*s.SendHWM))
	}
	if s.RecvHWM != nil {
		opts = append(opts, zmq.RecvHWM(*s.RecvHWM))
	}
	if s.Linger != nil {
		opts = append(opts, zmq.Linger(time.Duration(*s.Linger)))
	}
	if s.Identity != "" {
		opts = append(opts, zmq.Identity(s.Identity))
	}
	if s.Heartbeat > 0 {
		opts = append(opts, zmq.Heartbeat(time.Duration(s.Heartbeat), time.Duration(s.Heartbeat)))
	}
	if s.Handshake > 0 {
		opts = append(opts, zmq.HandshakeInterval(time.Duration(s.Handshake)))
	}
	if s.IPv6 {
		opts = append(opts, zmq.IPv4Only(false))
	}
	if t == zmq.Sub {
		topics := s.Subscribe
		if len(topics) == 0 {
			topics = []string{""}
		}
		for _, topic := range topics {
			opts = append(opts, zmq.Subscribe(topic))
		}
	}
	return opts, nil
}

// limits returns what keeps untrusted peers at an open port from doing harm.
func (s *Side) limits(t zmq.SocketType, maxTopic int) []zmq.SocketOption {
	return []zmq.SocketOption{zmq.MaxMsgSize(s.largest(t, maxTopic))}
}

// largest returns the size of the largest part that is accepted, -1 for no limit.
func (s *Side) largest(t zmq.SocketType, maxTopic int) int64 {
	switch {
	case s.MaxMsgSize != nil:
		return int64(*s.MaxMsgSize)
	case len(s.Bind) > 0 && (t == zmq.Pub || t == zmq.XPub):
		// The engine takes some 35 bytes of memory for each byte of a subscription, before the device sees it. A little
		// too long is refused quietly; far too long ends the connection.
		return 4*int64(maxTopic) + 64
	case len(s.Bind) > 0:
		return defaultMaxMsgSize
	}
	return -1
}

// cutsFullQueues reports whether the side has heartbeats although its queue can fill up: what sends only, or has
// no limit, hears the answers at any time.
func (s *Side) cutsFullQueues(t zmq.SocketType) bool {
	endless := s.RecvHWM != nil && *s.RecvHWM == 0
	return s.Heartbeat > 0 && !endless && t != zmq.Push && t != zmq.Pub && t != zmq.XPub
}

// extras returns options that an old engine may lack without harm.
func (s *Side) extras(plain bool) []zmq.SocketOption {
	opts := []zmq.SocketOption{zmq.WatchPeers(true)}
	if !plain && s.bindsTCP() {
		opts = append(opts, zmq.Keepalive(keepaliveIdle, keepaliveInterval, keepaliveCount))
	}
	return opts
}

func (s *Side) bindsTCP() bool {
	return slices.ContainsFunc(s.Bind, func(e string) bool { return strings.HasPrefix(e, "tcp://") })
}

// Duration is a time.Duration that reads "10s" and "none".
type Duration time.Duration

// Size is a number of bytes that reads "16MiB" and "none".
type Size int64
