package zmq

// Events is a former name.
//
// Deprecated: use PollEvents.
type Events = PollEvents

// Event is a former name.
//
// Deprecated: use MonitorEvent.
type Event = MonitorEvent

// EventType is a former name.
//
// Deprecated: use MonitorEventType.
type EventType = MonitorEventType

// Flow is a former name.
//
// Deprecated: use Traffic.
type Flow = Traffic

// MaxMsgSz is a former name.
//
// Deprecated: use ContextMaxMsgSize.
var MaxMsgSz = ContextMaxMsgSize
