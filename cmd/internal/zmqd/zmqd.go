// Package zmqd is the program zmqd, which runs a device of ØMQ, and the programs zmq_queue, zmq_forwarder and
// zmq_streamer as they were in 2.x.
package zmqd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// The exit codes beside cli.ExitBadUse.
const (
	exitStart  = 2 // an endpoint or address could not be had
	exitDevice = 3 // the device failed while it ran
	exitLeft   = 4 // messages, or requests without a reply, were left when the drain limit was over
)

// Main runs the program and returns its exit code. args[0] is the name it was called by.
func Main(ctx context.Context, args []string, s cli.Streams) int {
	name := cli.Name(args, "zmqd")
	if device, ok := strings.CutPrefix(name, "zmq_"); ok && device != "proxy" {
		if _, ok := devices[device]; ok {
			return mainOld(ctx, name, device, args[1:], s)
		}
	}
	root := &cobra.Command{
		Use:     "zmqd",
		Short:   "Run a ØMQ device: a queue, forwarder, streamer or proxy",
		Long:    longRoot,
		Example: exampleRoot,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, device := range []string{"queue", "forwarder", "streamer", "proxy"} {
		root.AddCommand(deviceCommand(device, s))
	}
	root.AddCommand(ctlCommand(s))
	if len(args) > 0 {
		args = args[1:]
	}
	return cli.Execute(ctx, root, args, s)
}

// logger returns the log that the settings ask for.
func (c *Config) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return nil, cli.BadUse("--log-level: %q is none of debug, info, warn and error", c.LogLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	switch c.LogFormat {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, cli.BadUse("--log-format: %q is neither text nor json", c.LogFormat)
}

func deviceCommand(device string, s cli.Streams) *cobra.Command {
	var file string
	var check bool
	all := settings(device)
	cmd := &cobra.Command{
		Use:               device + " [flags] [FILE.xml]",
		Short:             shorts[device],
		Long:              longs[device] + longDevice,
		Example:           examples[device],
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions([]string{"xml"}, cobra.ShellCompDirectiveFilterFileExt),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		read := func() (*Config, []string, error) { return configure(cmd, device, file, args, all) }
		cfg, warnings, err := read()
		if err != nil {
			return cli.Exit(cli.ExitBadUse, err)
		}
		log, err := cfg.logger(s.Err)
		if err != nil {
			return err
		}
		for _, w := range warnings {
			log.Warn(w)
		}
		cfg.again = func() (*Config, error) {
			fresh, _, err := read()
			return fresh, err
		}
		if check {
			err = cfg.checkOnly(s.Out)
		} else {
			err = run(cmd.Context(), cfg, log, s)
		}
		return inLog(err, cfg, log)
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&file, "config", "c", "", "YAML file with the settings below; flags win over it")
	flags.BoolVar(&check, "check", false, "find what would fail at the start, print the settings that hold, and end without opening anything")
	addFlags(cmd, all)
	return cmd
}

// inLog writes what the program ends with as a line of the log, where the log is not for people; else the end of
// the program writes it.
func inLog(err error, cfg *Config, log *slog.Logger) error {
	if err == nil || cfg.LogFormat != "json" {
		return err
	}
	exit := &cli.ExitError{Code: cli.ExitBadUse, Err: err}
	errors.As(err, &exit)
	log.Error("ended", "error", cli.OneLine(err.Error()), "exit_code", exit.Code)
	return &cli.ExitError{Code: exit.Code}
}

// configure reads what the device is told: a file of 2.x, or a YAML file and flags.
func configure(cmd *cobra.Command, device, file string, args []string, all []setting) (cfg *Config, warnings []string, err error) {
	cfg = defaults(device)
	if len(args) == 1 {
		if device == "proxy" {
			return nil, nil, errors.New("2.x had no proxy program: describe it by flags or a YAML file")
		}
		if file != "" {
			return nil, nil, errors.New("an XML file and a YAML file: one of the two")
		}
		if cfg, warnings, err = readOld(args[0], device); err != nil {
			return nil, nil, err
		}
	}
	if file != "" {
		if err := readYAML(file, cfg); err != nil {
			return nil, nil, err
		}
	}
	if err := applyFlags(cmd, all, cfg); err != nil {
		return nil, nil, err
	}
	return cfg, warnings, cfg.check()
}

// mainOld is a program of 2.x: one XML file and nothing else.
func mainOld(ctx context.Context, name, device string, args []string, s cli.Streams) int {
	if len(args) != 1 || strings.HasPrefix(args[0], "-") {
		fmt.Fprintf(s.Err, "usage: %s <config-file>\n", name)
		return cli.ExitBadUse
	}
	cfg, warnings, err := readOld(args[0], device)
	if err != nil {
		return cli.Report(name, cli.Exit(cli.ExitBadUse, err), s.Err)
	}
	log, err := cfg.logger(s.Err)
	if err != nil {
		return cli.Report(name, err, s.Err)
	}
	for _, w := range warnings {
		fmt.Fprintf(s.Err, "%s: %s\n", name, w)
	}
	err = run(ctx, cfg, log, s)
	var exit *cli.ExitError
	if errors.As(err, &exit) {
		// 2.x knew two codes: 1 when it could not begin, and 0 however it ended.
		exit.Code = map[bool]int{true: cli.ExitBadUse, false: 0}[exit.Code <= exitStart]
	}
	return cli.Report(name, err, s.Err)
}

// run opens the device and runs it until it is told to stop.
func run(ctx context.Context, cfg *Config, log *slog.Logger, s cli.Streams) error {
	b := cli.ReadBuild()
	log.Info("starting", "name", cfg.name(), "device", cfg.Device, "version", b.Version, "commit", b.Commit, "go", b.Go, "engine", b.EngineFrom, "hardened", b.Hardened, "pid", os.Getpid())
	given, err := takeGiven()
	if err != nil {
		return cli.Exit(cli.ExitBadUse, err)
	}
	defer given.close()
	n, err := open(cfg, log, given)
	if err != nil {
		return err
	}
	web, err := n.serveHTTP(ctx)
	if err != nil {
		n.abandon()
		return err
	}
	n.start(ctx)
	log.Info("running", "device", cfg.Device)
	n.tell("READY=1", "STATUS=running")
	err = n.untilStopped(ctx, s.Signals)
	n.state.Store(stateDraining)
	n.tell("STOPPING=1", "STATUS=draining")
	log.Info("draining", "limit", time.Duration(cfg.Drain).String())
	draining, cancel := hurry(context.WithoutCancel(ctx), time.Duration(cfg.Drain), s.Signals)
	left := n.drain(draining)
	cancel()
	web.stop()
	n.logTotals()
	if err == nil && len(left) > 0 {
		err = cli.Exit(exitLeft, fmt.Errorf("left undelivered when the time for draining (%v) was over: %s", time.Duration(cfg.Drain), strings.Join(left, "; ")))
	}
	return err
}

// hurry returns a context that ends with the limit, or with one more signal.
func hurry(parent context.Context, limit time.Duration, signals <-chan os.Signal) (context.Context, context.CancelFunc) {
	timed, cancel := context.WithTimeout(parent, limit)
	ctx, release := cli.UntilSignal(timed, signals)
	return ctx, func() { release(); cancel() }
}

// untilStopped serves signals until the device has to end. The error is the device's.
func (n *node) untilStopped(ctx context.Context, signals <-chan os.Signal) error {
	var alive <-chan time.Time
	if every := watchdog(); every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		alive = ticker.C
	}
	for {
		select {
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				n.log.Info("told to stop", "signal", sig.String())
				return nil
			}
			n.tell("RELOADING=1", "STATUS=reloading", daemon.SdNotifyMonotonicUsec())
			n.reload()
			n.tell("READY=1", "STATUS=running")
		case <-alive:
			n.tell("WATCHDOG=1")
		case <-ctx.Done():
			return nil
		case err := <-n.ended:
			n.ended <- err
			if ctx.Err() != nil || err == nil || n.terminated.Load() {
				return nil
			}
			return cli.Exit(exitDevice, err)
		}
	}
}

func (n *node) tell(lines ...string) {
	if err := notify(lines...); err != nil {
		n.log.Warn("service manager", "error", err)
	}
}

// logTotals says what went through in all.
func (n *node) logTotals() {
	s := n.stats()
	side := func(name string, d zmq.DeviceSide) slog.Attr {
		return slog.Group(name, "in", d.MessagesIn, "bytes_in", d.BytesIn, "out", d.MessagesOut, "bytes_out", d.BytesOut)
	}
	attrs := []any{side("frontend", s.Front), side("backend", s.Back), "refused", s.Refused, "capture_missed", s.Missed, "ran", time.Since(n.started).Round(time.Millisecond).String()}
	if late := n.answered.Load(); late > 0 {
		attrs = append(attrs, "replies_while_draining", late)
	}
	if left := n.unanswered(); left > 0 {
		attrs = append(attrs, "without_reply", left)
	}
	n.log.Info("totals", attrs...)
}
