package zmq

// What an operation does with its socket.
type opKind uint8

const (
	opSend     opKind = iota // send p as one part
	opSendMsg                // send msg as one part
	opSendMsgs               // send msgs as one message
	opSendRoom               // send the room's messages from row at on
	opRecv                   // receive one part into p
	opRecvMsg                // receive one part into msg
	opRecvRoom               // receive messages into the room until max rows are in use
	opRecvPart               // receive one part into the room
)

// op is one operation on a socket: what is asked, and where the answer goes. It is
// tried, under the socket's lock, until it is done.
type op struct {
	kind  opKind
	whole bool // deals with whole messages, not with a part of one
	now   bool // DontWait was given
	mode  int  // modeMore, for a part
	p     []byte
	msg   msgHandle
	msgs  []msgHandle
	room  *room // of opRecvRoom: if nil, one is taken from the pool on success
	keep  bool  // such a room keeps the messages of all parts, with their properties
	at    int   // of opSendRoom: the row to send next
	max   int   // of opRecvRoom: how many rows are filled
	sent  int   // of opSendRoom: how many messages were sent
	size  int   // bytes in msgs
	data  []byte
}

// bursts reports whether o moves as many messages as there are: the later it tries the better.
func (o *op) bursts() bool { return o.kind == opSendRoom || o.kind == opRecvRoom && o.max > 1 }

func (o *op) dir() Events {
	if o.kind >= opRecv {
		return PollIn
	}
	return PollOut
}
