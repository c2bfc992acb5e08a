package zmq

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// MonitorEventType is a set of things that happen to a socket's connections, with C's numbers
// (zmq_socket_monitor). A MonitorEvent has one of them.
type MonitorEventType int

// The events of engine 4.0, and from EventHandshakeFailedNoDetail on those of 4.2.3. Older engines never report
// what they do not know.
const (
	EventConnected      MonitorEventType = 0x0001 // ZMQ_EVENT_CONNECTED: a connection was made, FD; its handshake follows
	EventConnectDelayed MonitorEventType = 0x0002 // ZMQ_EVENT_CONNECT_DELAYED: a connection is being made, Err
	EventConnectRetried MonitorEventType = 0x0004 // ZMQ_EVENT_CONNECT_RETRIED: it will be tried again after Retry
	EventListening      MonitorEventType = 0x0008 // ZMQ_EVENT_LISTENING: an endpoint was bound, FD
	EventBindFailed     MonitorEventType = 0x0010 // ZMQ_EVENT_BIND_FAILED: an endpoint could not be bound, Err
	EventAccepted       MonitorEventType = 0x0020 // ZMQ_EVENT_ACCEPTED: a connection was accepted, FD; its handshake follows
	EventAcceptFailed   MonitorEventType = 0x0040 // ZMQ_EVENT_ACCEPT_FAILED: a connection could not be accepted, Err
	EventClosed         MonitorEventType = 0x0080 // ZMQ_EVENT_CLOSED: a descriptor was closed, FD
	EventCloseFailed    MonitorEventType = 0x0100 // ZMQ_EVENT_CLOSE_FAILED: a descriptor could not be closed, Err
	EventDisconnected   MonitorEventType = 0x0200 // ZMQ_EVENT_DISCONNECTED: a connection was lost, FD
	EventMonitorStopped MonitorEventType = 0x0400 // ZMQ_EVENT_MONITOR_STOPPED: no more events follow

	EventHandshakeFailedNoDetail MonitorEventType = 0x0800 // ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: the system had an error, Err
	EventHandshakeSucceeded      MonitorEventType = 0x1000 // ZMQ_EVENT_HANDSHAKE_SUCCEEDED: messages can flow
	EventHandshakeFailedProtocol MonitorEventType = 0x2000 // ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: a *ProtocolError is in Err
	EventHandshakeFailedAuth     MonitorEventType = 0x4000 // ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: an *AuthError is in Err

	EventAll MonitorEventType = 0xffff // ZMQ_EVENT_ALL

	// EventHandshakeFailed is any of the three ways in which a handshake fails.
	EventHandshakeFailed = EventHandshakeFailedNoDetail | EventHandshakeFailedProtocol | EventHandshakeFailedAuth
)

var eventNames = []string{
	"EventConnected", "EventConnectDelayed", "EventConnectRetried", "EventListening", "EventBindFailed",
	"EventAccepted", "EventAcceptFailed", "EventClosed", "EventCloseFailed", "EventDisconnected",
	"EventMonitorStopped", "EventHandshakeFailedNoDetail", "EventHandshakeSucceeded",
	"EventHandshakeFailedProtocol", "EventHandshakeFailedAuth",
}

// String returns the events' names joined by "|".
func (t MonitorEventType) String() string {
	if t == EventAll {
		return "EventAll"
	}
	return bitNames(int(t), eventNames)
}

// MonitorEvent is something that happened to one of a socket's connections.
type MonitorEvent struct {
	Type     MonitorEventType
	Endpoint string        // the endpoint concerned: of an accepted connection the one that was bound
	Value    int           // C's number, of which the fields below are made
	FD       int           // the descriptor concerned, -1 if none; it may be closed, or another's, by now
	Retry    time.Duration // of EventConnectRetried: the pause
	Err      error         // of the failures: an Errno, a *ProtocolError or an *AuthError
}

// String returns the event for logs, such as "EventAccepted tcp://127.0.0.1:5555".
func (e MonitorEvent) String() string {
	s := e.Type.String()
	if e.Endpoint != "" {
		s += " " + printable(e.Endpoint)
	}
	if e.Err != nil {
		s += ": " + trimPrefix(e.Err.Error())
	}
	return s
}

// parseEvent reads what the engine sends: two bytes of type and four of value in the machine's order, and the
// endpoint. It reports whether that was what it got.
func parseEvent(parts [][]byte) (MonitorEvent, bool) {
	if len(parts) != 2 || len(parts[0]) != 6 {
		return MonitorEvent{}, false
	}
	e := MonitorEvent{
		Type:     MonitorEventType(binary.NativeEndian.Uint16(parts[0])),
		Value:    int(int32(binary.NativeEndian.Uint32(parts[0][2:]))),
		Endpoint: string(parts[1]),
		FD:       -1,
	}
	switch e.Type {
	case EventConnected, EventListening, EventAccepted, EventClosed, EventDisconnected:
		e.FD = e.Value
	case EventConnectRetried:
		e.Retry = time.Duration(e.Value) * time.Millisecond
	case EventConnectDelayed, EventBindFailed, EventAcceptFailed, EventCloseFailed, EventHandshakeFailedNoDetail:
		e.Err = Errno(e.Value)
	case EventHandshakeFailedProtocol:
		e.Err = &ProtocolError{e.Value}
	case EventHandshakeFailedAuth:
		e.Err = &AuthError{e.Value}
	}
	return e, true
}

// ProtocolError says that a peer, or the authentication handler, did not keep to the protocol: Code is one of the
// ZMQ_PROTOCOL_ERROR numbers below. It is EPROTO too.
type ProtocolError struct{ Code int }

// The codes of a ProtocolError.
const (
	ProtocolZMTPUnspecified          = 0x10000000
	ProtocolZMTPUnexpectedCommand    = 0x10000001
	ProtocolZMTPInvalidSequence      = 0x10000002
	ProtocolZMTPKeyExchange          = 0x10000003
	ProtocolZMTPMalformedUnspecified = 0x10000011
	ProtocolZMTPMalformedMessage     = 0x10000012
	ProtocolZMTPMalformedHello       = 0x10000013
	ProtocolZMTPMalformedInitiate    = 0x10000014
	ProtocolZMTPMalformedError       = 0x10000015
	ProtocolZMTPMalformedReady       = 0x10000016
	ProtocolZMTPMalformedWelcome     = 0x10000017
	ProtocolZMTPInvalidMetadata      = 0x10000018
	ProtocolZMTPCryptographic        = 0x11000001 // keys that do not fit, most likely
	ProtocolZMTPMechanismMismatch    = 0x11000002 // the two ends are set to different mechanisms
	ProtocolZAPUnspecified           = 0x20000000
	ProtocolZAPMalformedReply        = 0x20000001
	ProtocolZAPBadRequestID          = 0x20000002
	ProtocolZAPBadVersion            = 0x20000003
	ProtocolZAPInvalidStatusCode     = 0x20000004
	ProtocolZAPInvalidMetadata       = 0x20000005
	ProtocolWSUnspecified            = 0x30000000
)

var protocolTexts = map[int]string{
	ProtocolZMTPUnspecified:          "unspecified ZMTP error",
	ProtocolZMTPUnexpectedCommand:    "unexpected ZMTP command",
	ProtocolZMTPInvalidSequence:      "invalid sequence of ZMTP commands",
	ProtocolZMTPKeyExchange:          "the key exchange failed",
	ProtocolZMTPMalformedUnspecified: "malformed ZMTP command",
	ProtocolZMTPMalformedMessage:     "malformed MESSAGE command",
	ProtocolZMTPMalformedHello:       "malformed HELLO command",
	ProtocolZMTPMalformedInitiate:    "malformed INITIATE command",
	ProtocolZMTPMalformedError:       "malformed ERROR command",
	ProtocolZMTPMalformedReady:       "malformed READY command",
	ProtocolZMTPMalformedWelcome:     "malformed WELCOME command",
	ProtocolZMTPInvalidMetadata:      "invalid metadata",
	ProtocolZMTPCryptographic:        "cryptographic error: the keys do not fit",
	ProtocolZMTPMechanismMismatch:    "the peer uses another security mechanism",
	ProtocolZAPUnspecified:           "unspecified error of the authentication handler",
	ProtocolZAPMalformedReply:        "malformed reply of the authentication handler",
	ProtocolZAPBadRequestID:          "the authentication handler answered another request",
	ProtocolZAPBadVersion:            "the authentication handler speaks another version",
	ProtocolZAPInvalidStatusCode:     "invalid status of the authentication handler",
	ProtocolZAPInvalidMetadata:       "invalid metadata of the authentication handler",
	ProtocolWSUnspecified:            "unspecified WebSocket error",
}

// Error returns the code's meaning.
func (e *ProtocolError) Error() string {
	if e == nil {
		return noError
	}
	text, ok := protocolTexts[e.Code]
	if !ok {
		text = fmt.Sprintf("protocol error %#x", e.Code)
	}
	return "zmq: handshake: " + text
}

// Is reports whether target is EPROTO, or a *ProtocolError of the same code.
func (e *ProtocolError) Is(target error) bool {
	other, ok := target.(*ProtocolError)
	if e == nil || ok && other == nil {
		return ok && other == e
	}
	return target == EPROTO || ok && *other == *e
}

// AuthError says that authentication was denied, with the status of the authentication protocol: 300 for
// a temporary error, 400 for a denial, 500 for an internal error. It is fs.ErrPermission and EACCES too.
type AuthError struct{ Status int }

// Error returns the status and its meaning.
func (e *AuthError) Error() string {
	if e == nil {
		return noError
	}
	text := map[int]string{300: "temporary error", 400: "denied", 500: "internal error"}[e.Status]
	return "zmq: handshake: " + strings.TrimSpace("authentication status "+strconv.Itoa(e.Status)+" "+text)
}

// Is reports whether target is fs.ErrPermission, EACCES, or an *AuthError of the same status.
func (e *AuthError) Is(target error) bool {
	other, ok := target.(*AuthError)
	if e == nil || ok && other == nil {
		return ok && other == e
	}
	return target == fs.ErrPermission || target == EACCES || ok && *other == *e
}
