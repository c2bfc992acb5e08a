package zmqd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.org/zmq/cmd/internal/cli"
)

// setting is a flag and what it does to a Config. Flags are applied after the file was read, so that a flag
// wins over the file whatever their order.
type setting struct {
	name, kind, usage string
	apply             func(c *Config, values []string) error
}

// raw is a flag's value until it is applied.
type raw struct {
	kind   string
	values []string
}

func (r *raw) String() string { return strings.Join(r.values, ",") }
func (r *raw) Type() string   { return r.kind }
func (r *raw) Set(s string) error {
	r.values = append(r.values, s)
	return nil
}

var _ pflag.Value = (*raw)(nil)

// settings returns the flags of one device.
func settings(device string) []setting {
	var all []setting
	for _, s := range (&Config{}).sides() {
		all = append(all, sideSettings(device, s.name)...)
	}
	return append(all,
		setting{"capture-lossy", "bool", "let the capture miss what it has no room for, and count it, instead of holding the traffic up", func(c *Config, v []string) (err error) {
			c.Capture.Lossy, err = strconv.ParseBool(last(v))
			return err
		}},
		setting{"name", "name", "what the page and the log call the device (default its kind)", func(c *Config, v []string) error {
			c.Name = last(v)
			return nil
		}},
		setting{"io-threads", "n", "threads of the engine, one for each gigabyte a second (default 1)", func(c *Config, v []string) (err error) {
			c.IOThreads, err = strconv.Atoi(last(v))
			return err
		}},
		setting{"max-topic", "bytes", "longest subscription that peers may send (default 1024)", func(c *Config, v []string) (err error) {
			c.MaxTopic, err = strconv.Atoi(last(v))
			return err
		}},
		setting{"http", "address", "serve /, /metrics, /healthz and /readyz there, such as 127.0.0.1:9600; off unless given", func(c *Config, v []string) error {
			c.HTTP = last(v)
			return nil
		}},
		setting{"http-host", "name", "name by which the page may be asked for, besides addresses and localhost; may be repeated", func(c *Config, v []string) error {
			c.HTTPHosts = v
			return nil
		}},
		setting{"token-file", "file", "file with the token, of at least 16 characters, that pausing and resuming by the page take; without it the page only shows", func(c *Config, v []string) error {
			c.TokenFile = last(v)
			return nil
		}},
		setting{"ready-without-peers", "bool", "/readyz is true while a side that connects has no peer, too", func(c *Config, v []string) (err error) {
			c.ReadyWithoutPeers, err = strconv.ParseBool(last(v))
			return err
		}},
		setting{"log-format", "format", "text or json (default text)", func(c *Config, v []string) error {
			c.LogFormat = last(v)
			return nil
		}},
		setting{"log-level", "level", "debug, info, warn or error; debug shows each connection (default info)", func(c *Config, v []string) error {
			c.LogLevel = last(v)
			return nil
		}},
		setting{"drain", "duration", "how long to go on delivering after SIGTERM (default 10s)", func(c *Config, v []string) error {
			return setDuration(&c.Drain, last(v))
		}},
	)
}

func sideSettings(device, name string) []setting {
	side := func(c *Config) *Side {
		for _, s := range c.sides() {
			if s.name == name {
				return s.side
			}
		}
		return nil
	}
	set := func(flag, kind, usage string, apply func(s *Side, v []string) error) setting {
		return setting{name + "-" + flag, kind, name + ": " + usage, func(c *Config, v []string) error { return apply(side(c), v) }}
	}
	text := func(field func(*Side) *string) func(*Side, []string) error {
		return func(s *Side, v []string) error { *field(s) = last(v); return nil }
	}
	number := func(field func(*Side) **int) func(*Side, []string) error {
		return func(s *Side, v []string) error {
			n, err := strconv.Atoi(last(v))
			*field(s) = &n
			return err
		}
	}
	usual := map[string]string{"frontend": devices[device].front, "backend": devices[device].back, "capture": "pub", "control": "rep"}[name]
	types := "socket type"
	if usual != "" {
		types += " (default " + usual + ")"
	}
	all := []setting{
		set("bind", "endpoint", "accept peers there; may be repeated", func(s *Side, v []string) error { s.Bind = v; return nil }),
		set("connect", "endpoint", "connect there; may be repeated", func(s *Side, v []string) error { s.Connect = v; return nil }),
		set("type", "type", types, text(func(s *Side) *string { return &s.Type })),
		set("send-hwm", "n", "messages queued for one peer, 0 no limit (default 1000)", number(func(s *Side) **int { return &s.SendHWM })),
		set("recv-hwm", "n", "messages queued of one peer, 0 no limit (default 1000)", number(func(s *Side) **int { return &s.RecvHWM })),
		set("linger", "duration", "how long to deliver what was sent when closing, at most the drain limit (default that limit)", func(s *Side, v []string) error {
			s.Linger = new(Duration)
			return setDuration(s.Linger, last(v))
		}),
		set("max-msg-size", "size", "largest part accepted (default 16MiB if it binds, of a pub or xpub that binds four times the longest subscription, else none)", func(s *Side, v []string) error {
			n, err := cli.ParseSize(last(v))
			size := Size(n)
			s.MaxMsgSize = &size
			return err
		}),
		set("identity", "name", "name under which routers know it", text(func(s *Side) *string { return &s.Identity })),
		set("heartbeat", "duration", "ping peers so often, and drop those that do not answer as long (default off); see HEARTBEATS before you use it", func(s *Side, v []string) error {
			return setDuration(&s.Heartbeat, last(v))
		}),
		set("handshake", "duration", "how long a new connection may take to say who it is (default 30s)", func(s *Side, v []string) error {
			return setDuration(&s.Handshake, last(v))
		}),
		set("ipv6", "bool", "use IPv6 addresses too", func(s *Side, v []string) (err error) {
			s.IPv6, err = strconv.ParseBool(last(v))
			return err
		}),
		set("curve-cert", "file", "certificate with its own secret key", text(func(s *Side) *string { return &s.Curve.Certificate })),
		set("curve-server-key", "key|file", "as a CURVE client: the server's public key", text(func(s *Side) *string { return &s.Curve.ServerKey })),
		set("curve-allow", "path", "as a CURVE server: folder or file of the clients' public keys, or the word any", text(func(s *Side) *string { return &s.Curve.Allow })),
		set("allow-addresses", "file", "file of the addresses and networks that may connect, one a line", text(func(s *Side) *string { return &s.AllowAddresses })),
	}
	if name == "frontend" || name == "backend" || name == "control" {
		all = append(all, set("subscribe", "prefix", "of a sub or xsub: what to subscribe to; may be repeated (default of a sub: everything)", func(s *Side, v []string) error {
			s.Subscribe = v
			return nil
		}))
	}
	return all
}

func last(v []string) string { return v[len(v)-1] }

func setDuration(d *Duration, s string) error {
	v, err := cli.ParseDuration(s)
	*d = Duration(v)
	return err
}

// addFlags gives a command the flags of its device.
func addFlags(cmd *cobra.Command, all []setting) {
	for _, s := range all {
		f := cmd.Flags().VarPF(&raw{kind: s.kind}, s.name, "", s.usage)
		if s.kind == "bool" {
			f.NoOptDefVal = "true"
		}
		if s.kind == "type" {
			cmd.RegisterFlagCompletionFunc(s.name, cobra.FixedCompletions(cli.TypeNames(), cobra.ShellCompDirectiveNoFileComp))
		} else if !strings.Contains(s.kind, "file") && s.kind != "path" {
			cmd.RegisterFlagCompletionFunc(s.name, cobra.NoFileCompletions)
		}
	}
}

// applyFlags overwrites cfg with the flags that were given.
func applyFlags(cmd *cobra.Command, all []setting, cfg *Config) error {
	for _, s := range all {
		f := cmd.Flags().Lookup(s.name)
		if !f.Changed {
			continue
		}
		if err := s.apply(cfg, f.Value.(*raw).values); err != nil {
			return fmt.Errorf("--%s: %w", s.name, plainNumber(err))
		}
	}
	return nil
}

// plainNumber says of a wrong number what a user understands.
func plainNumber(err error) error {
	if e, ok := err.(*strconv.NumError); ok {
		return fmt.Errorf("%q is not a number or a truth value that fits", e.Num)
	}
	return err
}
