package zmqcat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
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
	c.watched, c.endWatch = context.WithCancel(context.Background())
	defer c.endWatch()
	err = c.open(ctx, zctx)
	if err != nil {
		c.gate.Stop()
		zctx.Close()
		c.watching.Wait()
		return err
	}
	if c.met != nil && !c.inprocOnly() {
		c.watching.Add(1)
		var waiting context.Context
		waiting, c.endWaiting = context.WithCancel(c.base)
		defer c.endWaiting()
		go func() {
			defer c.watching.Done()
			c.sayWaiting(waiting)
		}()
	}
	if c.timeout > 0 {
		c.activity = make(chan struct{}, 1)
		go c.watchIdle(ctx, cancel)
	}
	if c.refused != nil {
		go func() {
			select {
			case <-c.refused:
				cancel(errRefused)
			case <-ctx.Done():
			}
		}()
	}
	err = c.transfer(ctx)
	if cause := context.Cause(ctx); err != nil && (errors.Is(cause, errTimeout) || errors.Is(cause, errRefused)) {
		err = cause
	} else if parent.Err() != nil {
		err = nil // a signal is how to end it
	}
	return c.close(zctx, err)
}

// close delivers what was sent, and finds the exit code.
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
	// The monitor goes on for as long as anything is left to be delivered.
	defer context.AfterFunc(ctx, c.endWatch)()
	if err == nil && linger != 0 {
		err = c.awaitPeer(ctx)
	}
	if errors.Is(err, errRefused) || errors.Is(err, errTimeout) || errors.Is(err, errLeft) {
		linger = 0 // it is lost, or had its time
	}
	began := time.Now()
	c.sock.Set(zmq.Linger(linger))
	c.sock.Close()
	if c.endWaiting != nil {
		c.endWaiting()
	}
	c.watching.Wait()
	c.gate.Stop()
	end := zctx.Term(ctx)
	if err == nil && end == nil && c.usedUp(linger, time.Since(began)) {
		err = errLeft
	}
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

// sayWaiting says once that nobody is there, if that is so for a while.
func (c *cat) sayWaiting(ctx context.Context) {
	select {
	case <-c.met:
	case <-ctx.Done():
	case <-time.After(waitingAfter):
		fmt.Fprintf(c.streams.Err, "zmqcat: waiting for a peer at %s\n", cli.OneLine(strings.Join(append(slices.Clone(c.binds), c.connects...), ", ")))
	}
}

// open opens the socket. A pub that waits for subscribers is an xpub, which sees them come.
func (c *cat) open(ctx context.Context, zctx *zmq.Context) error {
	typ := c.typ
	if c.subscribers > 0 {
		typ = zmq.XPub
	}
	size, err := cli.ParseSize(c.maxMsgSize)
	if err != nil {
		return cli.BadUse("--max-msg-size: %w", err)
	}
	opts := []zmq.SocketOption{zmq.SendHWM(c.sendHWM), zmq.RecvHWM(c.recvHWM), zmq.MaxMsgSize(size)}
	if c.ipv6 {
		opts = append(opts, zmq.IPv4Only(false))
	}
	if c.identity != "" {
		opts = append(opts, zmq.Identity(c.identity))
	}
	if typ == zmq.Sub {
		topics := c.subscribe
		if len(topics) == 0 {
			topics = []string{""}
		}
		for _, t := range topics {
			opts = append(opts, zmq.Subscribe(t))
		}
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

// awaitPeer waits until there was somebody who gets what was sent. The engine drops, without a word, what is queued
// for a peer that refuses us. A pub does not care.
func (c *cat) awaitPeer(ctx context.Context) error {
	if c.met == nil || c.prog.sent.Load() == 0 || c.prog.received.Load() > 0 || c.typ == zmq.Pub || c.typ == zmq.XPub || c.inprocOnly() {
		return nil
	}
	outer := ctx
	if c.linger >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.linger)
		defer cancel()
	}
	select {
	case <-c.met:
	case <-c.refused:
		return errRefused
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && outer.Err() == nil {
			return errLeft
		}
		// Else Term says so.
	}
	return nil
}

func (c *cat) inprocOnly() bool {
	for _, e := range append(c.binds, c.connects...) {
		if !strings.HasPrefix(e, "inproc://") {
			return false
		}
	}
	return true
}

// handshakesFrom is the first engine that says when a handshake succeeded.
var handshakesFrom = zmq.Version{Major: 4, Minor: 2, Patch: 3}

// watchHandshakes tells the user about peers that will never talk to us, or we to them: the engine itself is silent
// about it. It ends with the socket.
func (c *cat) watchHandshakes() {
	if !zmq.LibraryVersion().AtLeast(handshakesFrom) {
		return
	}
	m, err := c.sock.Monitor(zmq.EventHandshakeSucceeded | zmq.EventHandshakeFailedAuth | zmq.EventHandshakeFailedProtocol)
	if err != nil {
		return // as in a program that is compiled for an older engine
	}
	c.met, c.refused = make(chan struct{}), make(chan struct{})
	c.watching.Add(1)
	go func() {
		defer c.watching.Done()
		defer m.Close()
		var met, refused sync.Once
		before := ""
		for e, err := range m.Events(c.watched) {
			if err != nil {
				return
			}
			if e.Type == zmq.EventHandshakeSucceeded {
				met.Do(func() { close(c.met) })
				continue
			}
			text := fmt.Sprintf("zmqcat: %s: %s", e.Endpoint, strings.TrimPrefix(e.Err.Error(), "zmq: "))
			if text != before {
				fmt.Fprintln(c.streams.Err, cli.OneLine(text))
			}
			before = text
			if len(c.binds) == 0 && len(c.connects) == 1 {
				refused.Do(func() { close(c.refused) })
			}
		}
	}()
}

// watchIdle ends the transfer when nothing moved for as long as the timeout.
func (c *cat) watchIdle(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		timer := time.NewTimer(c.timeout)
		select {
		case <-c.activity:
			timer.Stop()
		case <-timer.C:
			cancel(errTimeout)
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (c *cat) active() {
	select {
	case c.activity <- struct{}{}:
	default:
	}
}

// transfer does what the socket's type does.
func (c *cat) transfer(ctx context.Context) error {
	switch c.typ {
	case zmq.Push, zmq.Pub:
		return c.sendAll(ctx)
	case zmq.Pull, zmq.Sub:
		return c.receiveAll(ctx)
	case zmq.Req:
		return c.askAll(ctx)
	case zmq.Rep:
		return c.answerAll(ctx)
	}
	return c.bothWays(ctx)
}

// readAhead is how many messages of the input are read before they can be sent.
const readAhead = 64

// item is a message of the input, or why there is none.
type item struct {
	msg message
	err error
}

// startInput reads the input beside the transfer. Reading cannot be interrupted: a read that waits when the program
// is over goes on until the input says something.
func (c *cat) startInput(ctx context.Context) {
	items := make(chan item, readAhead)
	c.items = items
	go func() {
		for {
			msg, err := c.reader.next()
			select {
			case items <- item{msg, err}:
			case <-ctx.Done():
				msg.close()
				return
			}
			if err != nil {
				return
			}
		}
	}()
}

// input returns the next message of the input, errDone at its end.
func (c *cat) input(ctx context.Context) (message, error) {
	if c.items == nil {
		c.startInput(ctx)
	}
	select {
	case it := <-c.items:
		if errors.Is(it.err, io.EOF) {
			return message{}, errDone
		}
		if it.err != nil {
			return message{}, fmt.Errorf("input: %w", it.err)
		}
		return it.msg, nil
	case <-ctx.Done():
		return message{}, ctx.Err()
	}
}

// send sends a message, and closes it.
func (c *cat) send(ctx context.Context, m message) error {
	defer m.close()
	size := m.size()
	var err error
	if m.held != nil {
		err = c.sock.SendMsgs(ctx, m.held...)
	} else {
		err = c.sock.SendParts(ctx, m.parts...)
	}
	if err != nil {
		return err
	}
	c.prog.count(&c.prog.sent, &c.prog.sentBytes, size)
	c.active()
	return nil
}

// receive writes the next message to the output. The caller closes it. With the format whole its bytes are written from libzmq's
// memory, without a copy.
func (c *cat) receive(ctx context.Context) (m message, err error) {
	if c.out == "whole" {
		var parts []*zmq.Message
		parts, err = c.sock.RecvMsgs(ctx)
		m = holding(parts...)
	} else {
		m.parts, err = c.sock.RecvParts(ctx)
	}
	if err != nil {
		return message{}, err
	}
	if err = c.output(m.parts); err == nil {
		err = c.flush()
	}
	if err != nil {
		m.close()
		return message{}, err
	}
	return m, nil
}

func (c *cat) output(parts [][]byte) error {
	c.active()
	c.prog.count(&c.prog.received, &c.prog.receivedBytes, message{parts: parts}.size())
	if err := c.writer.write(parts); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

func (c *cat) flush() error {
	if err := c.outBuf.Flush(); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// over reports whether n messages are as many as asked for.
func (c *cat) over(n int) bool { return c.count > 0 && n >= c.count }

func ended(err error) error {
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

func (c *cat) sendAll(ctx context.Context) error {
	for n := 0; n < c.subscribers; {
		parts, err := c.sock.RecvParts(ctx)
		if err != nil {
			return err
		}
		if len(parts[0]) > 0 && parts[0][0] == 1 {
			n++
		}
	}
	for n := 0; !c.over(n); n++ {
		msg, err := c.input(ctx)
		if err == nil {
			err = c.send(ctx, msg)
		}
		if err != nil {
			return ended(err)
		}
	}
	return nil
}

// receiveBurst is how many messages are taken from the socket at once.
const receiveBurst = 256

func (c *cat) receiveAll(ctx context.Context) error {
	b, err := zmq.NewBatch(receiveBurst)
	if err != nil {
		return err
	}
	defer b.Close()
	for n := 0; !c.over(n); {
		if c.count > 0 && c.count-n < receiveBurst {
			// Not more than asked for: the rest is for the next one who receives.
			msg, err := c.receive(ctx)
			if err != nil {
				return err
			}
			msg.close()
			n++
			continue
		}
		got, err := c.sock.RecvBatch(ctx, b)
		if err != nil {
			return err
		}
		for _, parts := range b.All() {
			if err := c.output(parts); err != nil {
				return err
			}
		}
		if err := c.flush(); err != nil {
			return err
		}
		n += got
	}
	return nil
}

func (c *cat) askAll(ctx context.Context) error {
	for n := 0; !c.over(n); n++ {
		msg, err := c.input(ctx)
		if err == nil {
			err = c.send(ctx, msg)
		}
		if err == nil {
			msg, err = c.receive(ctx)
			msg.close()
		}
		if err != nil {
			return ended(err)
		}
	}
	return nil
}

func (c *cat) answerAll(ctx context.Context) error {
	for n := 0; !c.over(n); n++ {
		msg, err := c.receive(ctx)
		if err == nil && !c.echo {
			msg.close()
			msg, err = c.input(ctx)
		}
		if err == nil {
			err = c.send(ctx, msg)
		}
		if err != nil {
			return ended(err)
		}
	}
	return nil
}

// bothWays sends and receives at the same time, until what was asked for has come or the first error.
func (c *cat) bothWays(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	sent := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			var msg message
			if msg, err = c.input(ctx); err == nil {
				err = c.send(ctx, msg)
			}
		}
		if !errors.Is(err, errDone) || c.eof {
			cancel() // nothing more is to come
		}
		sent <- err
	}()
	err := c.receiveAll(ctx)
	cancel()
	first := <-sent
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil:
		return err
	case errors.Is(first, errDone), errors.Is(first, context.Canceled):
		return ended(onlyIfReal(err))
	}
	return first
}

// onlyIfReal drops the error of a receive that was called off.
func onlyIfReal(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
