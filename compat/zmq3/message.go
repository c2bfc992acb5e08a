package zmq3

import (
	"context"
	"fmt"
	"unsafe"

	"example.org/zmq"
)

// forever is the context of calls that take none.
var forever = context.Background()

// viewOf returns the bytes of a string without copying them. Nobody writes to them: what is sent is copied by C.
func viewOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// ownText makes a string of bytes that nobody else has.
func ownText(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }

func ownTexts(parts [][]byte) []string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = ownText(p)
	}
	return texts
}

// Send sends a part of a message, with SNDMORE one that others follow, and returns its size.
func (soc *Socket) Send(data string, flags Flag) (int, error) {
	return soc.SendBytes(viewOf(data), flags)
}

// SendBytes sends a part of a message, with SNDMORE one that others follow, and returns its size. The bytes are copied.
func (soc *Socket) SendBytes(data []byte, flags Flag) (int, error) {
	s, err := soc.open()
	if err != nil {
		return 0, err
	}
	if s.ctx.c.interruptible.Load() && flags&DONTWAIT == 0 {
		err = s.interruptible(zmq.PollOut, func() error { return s.z.SendPart(forever, data, zmq.Flag(flags)|zmq.DontWait) })
	} else {
		_, err = s.z.Send(data, zmq.Flag(flags))
	}
	if err == nil {
		return len(data), nil
	}
	if err = bare(err); err == ErrorSocketClosed {
		return 0, err
	}
	return -1, err
}

// SendMessage sends the parts as a message, or as the rest of one that Send began with SNDMORE, and returns how many
// bytes they have. A part is a string or a []byte, each element of a []string or [][]byte, or what fmt makes of
// anything else. Without any part nothing is sent.
func (soc *Socket) SendMessage(parts ...interface{}) (total int, err error) {
	return soc.sendMessage(forever, 0, parts)
}

// SendMessageDontwait is SendMessage, but fails with Errno(syscall.EAGAIN) instead of waiting.
func (soc *Socket) SendMessageDontwait(parts ...interface{}) (total int, err error) {
	return soc.sendMessage(forever, DONTWAIT, parts)
}

// SendMessageContext is SendMessage, and gives up when ctx has ended, with its error. It has sent nothing then.
func (soc *Socket) SendMessageContext(ctx context.Context, parts ...interface{}) (total int, err error) {
	return soc.sendMessage(ctx, 0, parts)
}

func (soc *Socket) sendMessage(ctx context.Context, flags Flag, parts []interface{}) (int, error) {
	var few [8][]byte
	flat, total := few[:0], 0
	for _, part := range parts {
		switch v := part.(type) {
		case string:
			flat = append(flat, viewOf(v))
		case []byte:
			flat = append(flat, v)
		case []string:
			for _, p := range v {
				flat = append(flat, viewOf(p))
			}
		case [][]byte:
			flat = append(flat, v...)
		default:
			flat = append(flat, viewOf(fmt.Sprintf("%v", v)))
		}
	}
	if len(flat) == 0 {
		return 0, nil
	}
	for _, p := range flat {
		total += len(p)
	}
	s, err := soc.open()
	if err != nil {
		return -1, err
	}
	if s.ctx.c.interruptible.Load() && flags&DONTWAIT == 0 && ctx == forever {
		err = s.interruptible(zmq.PollOut, func() error { return s.z.SendRest(forever, zmq.DontWait, flat...) })
	} else {
		err = s.z.SendRest(ctx, zmq.Flag(flags), flat...)
	}
	if err != nil {
		return -1, bare(err)
	}
	return total, nil
}

// Recv receives a part of a message.
func (soc *Socket) Recv(flags Flag) (string, error) {
	p, err := soc.recvPart(flags)
	return ownText(p), err
}

// RecvBytes receives a part of a message.
func (soc *Socket) RecvBytes(flags Flag) ([]byte, error) {
	p, err := soc.recvPart(flags)
	if p == nil {
		p = []byte{}
	}
	return p, err
}

func (soc *Socket) recvPart(flags Flag) (p []byte, err error) {
	s, err := soc.open()
	if err != nil {
		return nil, err
	}
	if s.ctx.c.interruptible.Load() && flags&DONTWAIT == 0 {
		err = s.interruptible(zmq.PollIn, func() error {
			p, _, err = s.z.RecvPart(forever, zmq.DontWait)
			return err
		})
	} else {
		p, _, err = s.z.RecvPart(forever, zmq.Flag(flags))
	}
	if err != nil {
		return nil, bare(err)
	}
	return p, nil
}

// RecvMessage receives the parts of a message, or those that are left of one of which Recv took the first.
func (soc *Socket) RecvMessage(flags Flag) (msg []string, err error) {
	parts, err := soc.recvMessage(forever, flags)
	return ownTexts(parts), err
}

// RecvMessageBytes is RecvMessage for slices of bytes.
func (soc *Socket) RecvMessageBytes(flags Flag) (msg [][]byte, err error) {
	parts, err := soc.recvMessage(forever, flags)
	if parts == nil {
		parts = [][]byte{}
	}
	return parts, err
}

// RecvMessageContext is RecvMessage, and gives up when ctx has ended, with its error. It has taken nothing then.
func (soc *Socket) RecvMessageContext(ctx context.Context) (msg []string, err error) {
	parts, err := soc.recvMessage(ctx, 0)
	return ownTexts(parts), err
}

// RecvMessageBytesContext is RecvMessageContext for slices of bytes.
func (soc *Socket) RecvMessageBytesContext(ctx context.Context) (msg [][]byte, err error) {
	parts, err := soc.recvMessage(ctx, 0)
	if parts == nil {
		parts = [][]byte{}
	}
	return parts, err
}

func (soc *Socket) recvMessage(ctx context.Context, flags Flag) (parts [][]byte, err error) {
	s, err := soc.open()
	if err != nil {
		return nil, err
	}
	if s.ctx.c.interruptible.Load() && flags&DONTWAIT == 0 && ctx == forever {
		err = s.interruptible(zmq.PollIn, func() error {
			parts, err = s.z.RecvRest(forever, zmq.DontWait)
			return err
		})
	} else {
		parts, err = s.z.RecvRest(ctx, zmq.Flag(flags))
	}
	if err != nil {
		return nil, bare(err)
	}
	return parts, nil
}

// RecvWithMetadata receives a part of a message, and those of the named properties that it has.
func (soc *Socket) RecvWithMetadata(flags Flag, properties ...string) (msg string, metadata map[string]string, err error) {
	p, _, metadata, err := soc.recvWith(flags, properties)
	return ownText(p), metadata, err
}

// RecvBytesWithMetadata is RecvWithMetadata for a slice of bytes.
func (soc *Socket) RecvBytesWithMetadata(flags Flag, properties ...string) (msg []byte, metadata map[string]string, err error) {
	p, _, metadata, err := soc.recvWith(flags, properties)
	return p, metadata, err
}

// RecvMessageWithMetadata receives the parts of a message, as RecvMessage does, and those of the named properties that
// the first of them has.
func (soc *Socket) RecvMessageWithMetadata(flags Flag, properties ...string) (msg []string, metadata map[string]string, err error) {
	parts, metadata, err := soc.recvMessageWith(flags, properties)
	return ownTexts(parts), metadata, err
}

// RecvMessageBytesWithMetadata is RecvMessageWithMetadata for slices of bytes.
func (soc *Socket) RecvMessageBytesWithMetadata(flags Flag, properties ...string) (msg [][]byte, metadata map[string]string, err error) {
	return soc.recvMessageWith(flags, properties)
}

func (soc *Socket) recvMessageWith(flags Flag, properties []string) (parts [][]byte, metadata map[string]string, err error) {
	first, more, metadata, err := soc.recvWith(flags, properties)
	if err != nil {
		return [][]byte{}, metadata, err
	}
	parts = [][]byte{first}
	if more {
		rest, err := soc.recvMessage(forever, flags)
		if err != nil {
			return [][]byte{}, metadata, err
		}
		parts = append(parts, rest...)
	}
	return parts, metadata, nil
}

// recvWith receives a part, reports whether others follow, and returns those of the properties that it has.
func (soc *Socket) recvWith(flags Flag, properties []string) (p []byte, more bool, metadata map[string]string, err error) {
	p, metadata = []byte{}, map[string]string{}
	s, err := soc.open()
	if err != nil {
		return p, false, metadata, err
	}
	var m zmq.Message
	defer m.Close()
	if s.ctx.c.interruptible.Load() && flags&DONTWAIT == 0 {
		err = s.interruptible(zmq.PollIn, func() error { return s.z.RecvMsg(&m, zmq.DontWait) })
	} else {
		err = s.z.RecvMsg(&m, zmq.Flag(flags))
	}
	if err != nil {
		return p, false, metadata, bare(err)
	}
	if err := since(1); err != nil && len(properties) > 0 {
		return append(p, m.Bytes()...), m.More(), metadata, err
	}
	for _, name := range properties {
		if v, err := property(&m, name); err == nil {
			metadata[name] = v
		}
	}
	return append(p, m.Bytes()...), m.More(), metadata, nil
}
