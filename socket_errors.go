package zmq

import "strings"

// What to do about the errnos that libzmq leaves bare.

// sentence adds it to the error of an operation that has neither endpoint nor option.
func (s *socketState) sentence(op string, err error) error {
	errno, bare := err.(Errno)
	if !bare {
		return err
	}
	text := ""
	switch {
	case errno == EFSM && op == "send" && s.typ == Req:
		text = "the last request has no reply yet: receive it first; or set ReqRelaxed(true) and ReqCorrelate(true) to give it up; or use Request on a Dealer"
	case errno == EFSM && op == "send" && s.typ == Rep:
		text = "there is no request to reply to: receive one first"
	case errno == EFSM && op == "recv" && s.typ == Req:
		text = "there is no request to get a reply to: send one first"
	case errno == EFSM && op == "recv" && s.typ == Rep:
		text = "the last request has no reply yet: send it first"
	case errno == EFSM:
		text = "not in the middle of a message: send or receive the rest of it first"
	case errno == ENOTSUP && op == "send":
		text = "a " + s.typ.String() + " does not send"
	case errno == ENOTSUP && op == "recv":
		text = "a " + s.typ.String() + " does not receive"
	case errno == EHOSTUNREACH && op == "send":
		text = "no peer of that name is connected; with RouterMandatory(false) such messages are dropped"
	case errno == errnoFilter:
		return withReason(EINVAL, "a filter that is longer than MaxTopic, which is not safe, or of 246 to 255 bytes, which libzmq 4.3.3 and 4.3.4 lose with all that follow; raise MaxTopic, or subscribe to fewer bytes and look at the rest of what comes")
	case errno == EINVAL && op == "send" && s.conflate:
		text = "a socket with Conflate sends messages of one part"
	case errno == EINVAL && op == "send" && s.typ == XSub:
		text = "an xsub of this engine sends subscriptions only: byte 1 or 0, then the filter"
	case errno == EINVAL && op == "send" && s.typ == Stream:
		text = "a stream sends two parts: the peer's id, then the bytes"
	case errno == ENOMEM:
		text = "no memory is left for it: bound what can pile up by SendHWM, RecvHWM and MaxMsgSize"
	case errno == ENOCOMPATPROTO:
		text = "a " + s.typ.String() + " does not go with the transport"
	default:
		return err
	}
	return withReason(errno, text)
}

// setError says why the engine refuses the value of an option.
func (s *socketState) setError(o *SocketOption, errno Errno) error {
	switch {
	case errno != EINVAL:
		return errnoError(errno)
	case o.row.isRaw():
		return withReason(errno, "this engine does not have the option, not for a "+s.typ.String()+", or its value has another type, size or range")
	case o.row.types != nil && !s.typ.is(o.row.types...):
		return withReason(errno, "a socket of this type does not have it: it is for "+namesOf(o.row.types))
	}
	return withReason(errno, "this engine does not take the value, or does not have the option for a "+s.typ.String())
}

// getError says why the engine does not tell the value of an option.
func (s *socketState) getError(r *optionRow, errno Errno) error {
	if errno != EINVAL {
		return errnoError(errno)
	}
	return withReason(errno, "this engine does not have the option, not for a "+s.typ.String()+", or it cannot be read, or its value has another type or size")
}

func namesOf(types []SocketType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

var (
	errNilBatch   = withReason(EINVAL, "the Batch is nil, or NewBatch has not made it")
	errNilSocket  = withReason(EINVAL, "the Socket is nil, or NewSocket has not made it")
	errNilMonitor = withReason(EINVAL, "the Monitor is nil, or no Socket has made it")
	errNilPoller  = withReason(EINVAL, "the Poller is nil, or NewPoller has not made it")
	errNilDevice  = withReason(EINVAL, "the Device is nil, or none of the New functions has made it")
	errNilContext = withReason(EINVAL, "the Context is nil, or NewContext has not made it")
	errNilFunc    = withReason(EINVAL, "the function is nil")
)
