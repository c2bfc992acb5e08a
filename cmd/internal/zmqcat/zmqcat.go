// Package zmqcat is the program zmqcat, which connects standard input and output to a socket.
package zmqcat

import (
	"bufio"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

// The exit codes beside cli.ExitBadUse.
const (
	exitFailed  = 2 // the socket, the input or the output failed, or a signal came before all was delivered
	exitTimeout = 3 // --timeout was over
	exitLeft    = 4 // something was not delivered when --linger was over
)

// waitingAfter is how long there may be no peer before that is said.
const waitingAfter = 2 * time.Second

const long = `zmqcat sends what it reads on standard input, and writes what it receives to standard output, through a
ØMQ socket of any type. It connects to ENDPOINT, or binds it if an @ is before it; several may be given.

  push, pub           send each message of the input, and end when all is delivered
  pull, sub           write each message that comes, until --count, --timeout or a signal
  req                 send a message of the input, write the reply, and so on to the end of the input
  rep                 write a request and answer it with the next message of the input (or with itself: --echo)
  dealer, pair,       send and receive at the same time; after the end of the input go on receiving, until
  router, xpub,       --count, --timeout or a signal, unless --eof
  xsub, stream

FORMATS of input and output (--format, or --in and --out for one of them)
  lines    a line is a message. Parts are joined by a tab, or the --separator, at which the input is then cut into parts
  whole    the whole input is one message; output is the bytes and nothing else
  length   before each part four bytes, the most significant first: its length, the highest bit set if more parts follow
  json     an array for each message, a string for each part; {"base64": "..."} for a part that is not UTF-8

A pub drops messages without a subscription, and a subscription takes a moment to arrive: --subscribers 1 waits for it.

When it has had no peer for two seconds it says once, on standard error, for which endpoints it waits.
When standard error is a terminal and the transfer takes longer than two seconds, its progress is shown there.

EXIT CODES
  0  done
  1  wrong arguments; nothing was opened
  2  the socket, the input or the output failed, or a signal came before all was delivered
  3  the --timeout was over before it was done
  4  not all was delivered when --linger was over`

const example = `  zmqcat push tcp://127.0.0.1:5557 <jobs.txt
  zmqcat pull @tcp://*:5557 --count 100
  zmqcat sub tcp://feed:5556 --subscribe weather. --out json --timeout 10s
  echo hello | zmqcat req tcp://127.0.0.1:5555 --timeout 2s
  zmqcat rep @ipc://echo.sock --echo
  zmqcat push tcp://backup:5558 --format whole <disk.img
  echo '["PAUSE"]' | zmqcat req ipc:///run/zmqd/control --format json
  echo list | zmqcat req tcp://host:5555 --curve-cert me.key_secret --curve-server-key host.key`

// cat is one run of the program.
type cat struct {
	typ         zmq.SocketType
	binds       []string
	connects    []string
	subscribe   []string
	subscribers int
	count       int
	timeout     time.Duration
	linger      time.Duration
	format      string
	in, out     string
	separator   string
	echo, eof   bool
	progress    string
	identity    string
	sendHWM     int
	recvHWM     int
	maxMsgSize  string
	ipv6        bool
	security    cli.Security
	gate        cli.Gate

	base     context.Context
	streams  cli.Streams
	reader   reader
	writer   writer
	outBuf   *bufio.Writer
	items    <-chan item
	prog     *progress
	sock     *zmq.Socket
	watching sync.WaitGroup
	watched  context.Context // of what watches the socket's connections
	endWatch context.CancelFunc

	endWaiting context.CancelFunc // ends the wait of sayWaiting

	met      chan struct{} // closed when the first peer is there; nil if that cannot be known
	refused  chan struct{} // closed when the only peer refuses us
	activity chan struct{}
}

// Main runs the program and returns its exit code.
func Main(ctx context.Context, args []string, s cli.Streams) int {
	run, cancel := cli.UntilSignal(ctx, s.Signals)
	defer cancel()
	return cli.Execute(run, command(ctx, s), args[min(len(args), 1):], s)
}

// command returns the program's command. What was sent is delivered until base ends.
func command(base context.Context, s cli.Streams) *cobra.Command {
	c := &cat{base: base, streams: s}
	cmd := &cobra.Command{
		Use: "zmqcat [flags] TYPE [@]ENDPOINT...", Short: "Connect standard input and output to a ØMQ socket",
		Long: long, Example: example, Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return cli.TypeNames(), cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"tcp://", "ipc://", "@tcp://", "@ipc://"}, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.check(args); err != nil {
				return cli.Exit(cli.ExitBadUse, err)
			}
			return c.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&c.binds, "bind", "b", nil, "endpoint to bind, as @ENDPOINT does; may be repeated")
	f.StringArrayVarP(&c.connects, "connect", "c", nil, "endpoint to connect to, as ENDPOINT does; may be repeated")
	f.StringVarP(&c.format, "format", "f", "lines", "lines, whole, length or json")
	f.StringVarP(&c.in, "in", "i", "", "format of the input, if another")
	f.StringVarP(&c.out, "out", "o", "", "format of the output, if another")
	f.StringVar(&c.separator, "separator", "", "what stands between the parts of a line, input and output")
	f.StringArrayVarP(&c.subscribe, "subscribe", "s", nil, "of a sub or xsub: what to subscribe to; may be repeated (default everything)")
	f.IntVar(&c.subscribers, "subscribers", 0, "of a pub: wait for so many subscriptions before sending")
	f.IntVarP(&c.count, "count", "n", 0, "end after so many messages: received, or sent by a push or pub (default no limit)")
	f.DurationVarP(&c.timeout, "timeout", "t", 0, "give up when nothing could be sent or received for so long (default never)")
	f.Var(cli.DurationVar(&c.linger, zmq.Infinite), "linger", "how long to wait for delivery at the end; none is as long as it takes")
	f.BoolVar(&c.echo, "echo", false, "of a rep: answer requests with themselves")
	f.BoolVar(&c.eof, "eof", false, "end at the end of the input")
	f.StringVar(&c.identity, "identity", "", "name under which routers know this socket")
	f.IntVar(&c.sendHWM, "send-hwm", 1000, "messages queued for one peer, 0 no limit")
	f.IntVar(&c.recvHWM, "recv-hwm", 1000, "messages queued of one peer, 0 no limit")
	f.StringVar(&c.maxMsgSize, "max-msg-size", "none", "largest part accepted, such as 16MiB")
	f.BoolVar(&c.ipv6, "ipv6", false, "use IPv6 addresses too")
	f.StringVar(&c.progress, "progress", "auto", "show progress on standard error: auto, always or never")
	c.security.AddFlags(f)
	for _, name := range []string{"format", "in", "out"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	}
	cmd.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check finds what can be found wrong before anything is opened.
func (c *cat) check(args []string) (err error) {
	if c.typ, err = cli.ParseType(args[0]); err != nil {
		return err
	}
	for _, e := range args[1:] {
		if at, ok := strings.CutPrefix(e, "@"); ok {
			c.binds = append(c.binds, at)
		} else {
			c.connects = append(c.connects, strings.TrimPrefix(e, ">"))
		}
	}
	if len(c.binds)+len(c.connects) == 0 {
		return cli.NoEndpoint("the socket", "zmqcat TYPE ENDPOINT, or @ENDPOINT to bind")
	}
	for _, e := range c.binds {
		if err := zmq.CheckBind(e); err != nil {
			return err
		}
	}
	for _, e := range c.connects {
		if err := zmq.CheckConnect(e); err != nil {
			return err
		}
	}
	if c.in == "" {
		c.in = c.format
	}
	if c.out == "" {
		c.out = c.format
	}
	if c.reader, err = newReader(c.in, c.separator, c.streams.In); err != nil {
		return err
	}
	c.outBuf = bufio.NewWriterSize(c.streams.Out, 1<<16)
	if c.writer, err = newWriter(c.out, c.separator, c.outBuf); err != nil {
		return err
	}
	if err := c.security.Check(""); err != nil {
		return err
	}
	if err := c.gate.Add("zmqcat", c.security); err != nil {
		return err
	}
	switch {
	case len(c.subscribe) > 0 && c.typ != zmq.Sub && c.typ != zmq.XSub:
		return errors.New("only a sub or xsub subscribes")
	case c.subscribers > 0 && c.typ != zmq.Pub:
		return errors.New("only a pub waits for subscribers")
	case c.echo && c.typ != zmq.Rep:
		return errors.New("only a rep answers requests with themselves")
	case c.count < 0:
		return errors.New("--count is negative")
	case c.subscribers < 0:
		return errors.New("--subscribers is negative")
	case c.timeout < 0:
		return errors.New("--timeout is negative; left out, there is none")
	}
	return nil
}
