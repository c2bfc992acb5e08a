package zmq

import (
	"sync"
)

// What an operation does with its socket.
type opKind uint8

const (
	opSend       opKind = iota // send p as one part
	opSendMsg                  // send msg as one part
	opSendMsgs                 // send msgs as one message
	opSendFrames               // send the buffer's messages from frame at on
	opRecv                     // receive one part into p
	opRecvMsg                  // receive one part into msg
	opRecvFrames               // receive messages into the frame buffer until max frames are in use
	opRecvPart                 // receive one part into the frame buffer
)

// op is one operation on a socket: what is asked, and where the answer goes. It is
// tried, under the socket's lock, until it is done. Ops are on the heap and are used again: thousands of goroutines may
// be parked, and none should need a larger stack for that than it begins with.
type op struct {
	res      result // of the last try
	kind     opKind
	whole    bool // deals with whole messages, not with a part of one
	dontWait bool // DontWait was given
	wantMsgs bool // a frame buffer from the pool keeps the messages of all parts, with their properties
	turn     bool // a Chan's: waits where it is not the socket's turn to receive
	mode     int  // modeMore, for a part
	p        []byte
	msg      msgHandle
	msgs     []msgHandle
	frames   *frameBuf // of opRecvFrames: if nil, one is taken from the pool on success
	seq      uint64    // of a Chan's: which of the messages that Chans took
	next     int       // of opSendFrames: the frame to send next
	limit    int       // of opRecvFrames: how many frames are filled
	sent     int       // of opSendFrames: how many messages were sent
	size     int       // bytes in msgs
	data     []byte
}

var ops = sync.Pool{New: func() any { return new(op) }}

// newOp returns an op that is empty but for its kind. The caller calls free when the operation is over.
func newOp(kind opKind) *op {
	o := ops.Get().(*op)
	o.kind = kind
	return o
}

// free gives o back to the pool, with msgs if that is small.
func (o *op) free() {
	msgs := o.msgs
	clear(msgs)
	if cap(msgs) > 16 {
		msgs = nil
	}
	*o = op{msgs: msgs[:0]}
	ops.Put(o)
}

// bursts reports whether o moves as many messages as there are: the later it tries the better.
func (o *op) bursts() bool { return o.kind == opSendFrames || o.kind == opRecvFrames && o.limit > 1 }

func (o *op) dir() PollEvents {
	if o.kind >= opRecv {
		return PollIn
	}
	return PollOut
}
