package zmqcat

import (
	"context"
	"errors"
	"fmt"

	"example.org/zmq"
)

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

// over reports whether n messages are as many as asked for.
func (c *cat) over(n int) bool { return c.count > 0 && n >= c.count }

func ended(err error) error {
	if errors.Is(err, errDone) {
		return nil
	}
	return err
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
