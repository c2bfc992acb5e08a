package zmqcat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

var (
	errTimeout = errors.New("the timeout is over")
	errDone    = errors.New("done")
	errLeft    = errors.New("not all was delivered before --linger was over")
	errRefused = errors.New("the peer refused the connection, for good; what was sent is lost")
)

// run opens the socket and moves messages until it is done.
func (c *cat) run(parent context.Context) (err error) {
	if c.prog, err = newProgress(c.progress, c.streams.Err); err != nil {
		return err
	}
	defer c.prog.stop()
	zctx, err := zmq.NewContext()
	if err != nil {
		return cli.Exit(exitFailed, err)
	}
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	if err = c.open(ctx, zctx); err != nil {
		c.gate.Stop()
		zctx.Close()
		c.watching.Wait()
		return err
	}
	c.startWaiting()
	if c.timeout > 0 {
		c.activity = make(chan struct{}, 1)
		go c.watchIdle(ctx, cancel)
	}
	if c.refused != nil {
		go c.watchRefused(ctx, cancel)
	}
	err = c.transfer(ctx)
	if cause := context.Cause(ctx); err != nil && (errors.Is(cause, errTimeout) || errors.Is(cause, errRefused)) {
		err = cause
	} else if parent.Err() != nil {
		err = nil // a signal is how to end it
	}
	return c.close(zctx, err)
}

// open opens the socket. A pub that waits for subscribers is an xpub, which sees them come.
func (c *cat) open(ctx context.Context, zctx *zmq.Context) error {
	typ := c.typ
	if c.subscribers > 0 {
		typ = zmq.XPub
	}
	opts, err := c.options()
	if err != nil {
		return err
	}
	if err := c.gate.Serve(zctx); err != nil {
		return cli.Exit(exitFailed, err)
	}
	if c.sock, err = zctx.NewSocket(typ, append(opts, c.gate.Options("zmqcat")...)...); err != nil {
		return cli.Exit(cli.ExitBadUse, err)
	}
	if typ == zmq.XSub {
		for _, t := range c.subscribe {
			if err := c.sock.SendParts(ctx, append([]byte{1}, t...)); err != nil {
				return cli.Exit(exitFailed, err)
			}
		}
	}
	c.watchHandshakes()
	_, err = cli.Attach(c.sock, c.binds, c.connects)
	return cli.Exit(exitFailed, err)
}

func (c *cat) options() ([]zmq.SocketOption, error) {
	size, err := cli.ParseSize(c.maxMsgSize)
	if err != nil {
		return nil, cli.BadUse("--max-msg-size: %w", err)
	}
	opts := []zmq.SocketOption{zmq.SendHWM(c.sendHWM), zmq.RecvHWM(c.recvHWM), zmq.MaxMsgSize(size)}
	if c.ipv6 {
		opts = append(opts, zmq.IPv4Only(false))
	}
	if c.identity != "" {
		opts = append(opts, zmq.Identity(c.identity))
	}
	if c.typ == zmq.Sub {
		topics := c.subscribe
		if len(topics) == 0 {
			topics = []string{""}
		}
		for _, t := range topics {
			opts = append(opts, zmq.Subscribe(t))
		}
	}
	return opts, nil
}

// close delivers what was sent, ends everything, and finds the exit code.
func (c *cat) close(zctx *zmq.Context, err error) error {
	linger := c.linger
	if err != nil && c.linger < 0 {
		linger = time.Second
	}
	if t := c.typ; t == zmq.Sub || t == zmq.XSub || t == zmq.Pull {
		linger = 0 // all that could be left is the end of a subscription, for a publisher that may be gone
	}
	ctx, cancel := c.base, context.CancelFunc(func() {})
	if c.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
	}
	defer cancel()
	ctx, release := cli.UntilSignal(ctx, c.streams.Signals)
	defer release()
	if err == nil && linger != 0 {
		err = c.awaitPeer(ctx)
	}
	if errors.Is(err, errRefused) || errors.Is(err, errTimeout) || errors.Is(err, errLeft) {
		linger = 0 // it is lost, or had its time
	}
	began := time.Now()
	c.sock.Set(zmq.Linger(linger))
	c.sock.Close()
	c.endWaiting()
	c.watching.Wait()
	c.gate.Stop()
	end := zctx.Term(ctx)
	if err == nil && end == nil && c.usedUp(linger, time.Since(began)) {
		err = errLeft
	}
	return c.exit(err, end)
}

// exit returns the exit code that belongs to the transfer's error and to that of the context's end.
func (c *cat) exit(err, end error) error {
	switch {
	case errors.Is(err, errLeft):
		return cli.Exit(exitLeft, err)
	case errors.Is(err, errTimeout):
		return cli.Exit(exitTimeout, fmt.Errorf("nothing could be sent or received for %v", c.timeout))
	case err != nil:
		return cli.Exit(exitFailed, err)
	case errors.Is(end, context.DeadlineExceeded):
		return cli.Exit(exitTimeout, errors.New("not all was delivered in time"))
	case errors.Is(end, context.Canceled):
		return cli.Exit(exitFailed, errors.New("stopped before all was delivered"))
	}
	return cli.Exit(exitFailed, end)
}

// usedUp reports whether the end took all the time that it had: the engine does not say what it drops then. Its timers are coarse.
func (c *cat) usedUp(linger, took time.Duration) bool {
	return linger > 0 && c.prog.sent.Load() > 0 && took >= linger-linger/20
}
