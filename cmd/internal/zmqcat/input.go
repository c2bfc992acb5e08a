package zmqcat

import (
	"context"
	"errors"
	"fmt"
	"io"
)

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
