package zmq3

import "encoding/binary"

// RecvEvent receives an event of a monitor, from a PAIR that is connected to where Monitor has it sent: what happened, the
// endpoint concerned, and a number, which is a descriptor, an error number or an interval, as the event has it.
func (soc *Socket) RecvEvent(flags Flag) (event_type Event, addr string, value int, err error) {
	parts, err := soc.recvMessage(forever, flags)
	switch {
	case err == ErrorSocketClosed:
		return EVENT_ALL, "", 0, err
	case err != nil:
		return 0, "", 0, err
	case len(parts) < 2 || len(parts[0]) < 6:
		return 0, "", 0, ErrorMoreExpected
	}
	first := parts[0]
	addr = string(parts[1])
	return Event(binary.NativeEndian.Uint16(first)), addr, int(int32(binary.NativeEndian.Uint32(first[2:]))), nil
}
