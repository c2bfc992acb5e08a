package zmq

import (
	"context"
	"encoding/binary"
	"runtime"
	"strings"
	"sync"
)

// MonitorAt reports the events of mask, in libzmq's own format, to the one socket, a Pair of the same context most often,
// that connects to endpoint, an inproc name (zmq_socket_monitor): two bytes of type and four of value in the machine's
// order, then a second part with the endpoint. It is for programs that want events as messages; others use Monitor.
//
// Events are kept until they are fetched, DefaultMonitorBuffer of them and as many as the Pair's queue holds, from the
// first one on, whether a socket is connected or not; of more the oldest are dropped. libzmq never waits
// until they are fetched. The last one is EventMonitorStopped: it comes when the socket was closed and the engine is done with it,
// or when stop is called, which lets go of the name before it returns. A second stop does nothing.
//
// Errors: EINVAL for an empty mask or a malformed endpoint; EPROTONOSUPPORT for one that is not inproc; EADDRINUSE for a name
// that is bound; ErrMaxSockets; ErrTooManyFiles; ErrClosed; ErrTerminated; a *VersionError before libzmq 4.0.
func (s *Socket) MonitorAt(endpoint string, mask MonitorEventType) (stop func(), err error) {
	defer runtime.KeepAlive(s)
	proto, _, ok := strings.Cut(endpoint, "://")
	switch {
	case !ok:
		err = withReason(EINVAL, `an endpoint looks like "inproc://name"`)
	case proto != "inproc":
		err = withReason(EPROTONOSUPPORT, "events are reported over inproc only")
	}
	if err != nil {
		return nil, s.endpointError("monitor", endpoint, err)
	}
	s.inner().mu.Lock()
	err = s.inner().stopped()
	s.inner().mu.Unlock()
	var m *monitor
	if err == nil {
		m, err = newMonitor(s.inner().typ, mask)
	}
	if err != nil {
		return nil, s.opError("monitor", err)
	}
	pair, err := feedPair(s.inner().z, endpoint)
	if err != nil {
		return nil, s.endpointError("monitor", endpoint, underlying(err))
	}
	f := &feed{monitor: m, name: endpoint, pair: pair, done: make(chan struct{})}
	f.open, f.cancel = context.WithCancel(context.Background())
	if m.w, err = s.inner().addEventSink(f); err != nil {
		pair.Close()
		return nil, s.opError("monitor", err)
	}
	go f.run()
	return f.stop, nil
}

// feedPair binds the sending end of a feed.
func feedPair(z *contextState, endpoint string) (*Socket, error) {
	pair, err := (&Context{st: z}).openSocket(socketSpec{typ: Pair, kind: "monitor", label: "of a monitor", internal: true})
	if err != nil {
		return nil, err
	}
	pair.st.rec.closed() // the Monitor has a record of its own
	if err = pair.Set(Linger(0), SendHWM(DefaultMonitorBuffer)); err == nil {
		err = pair.Bind(endpoint)
	}
	if err != nil {
		pair.Close()
		return nil, err
	}
	return pair, nil
}

// feed is a monitor whose events go to a Pair.
type feed struct {
	*monitor
	name   string
	pair   *Socket
	open   context.Context // until there are no more events
	cancel func()
	once   sync.Once
	done   chan struct{}
}

// end is called by the watch. What is there by then is still passed on, without waiting.
func (f *feed) end(err error) {
	f.monitor.end(err)
	f.cancel()
}

func (f *feed) stop() {
	f.once.Do(func() {
		f.w.remove(f)
		f.mu.Lock()
		over := f.ended != nil
		f.mu.Unlock()
		if !over {
			f.take(MonitorEvent{Type: EventMonitorStopped})
			f.end(ErrClosed)
		}
	})
	<-f.done
}

func (f *feed) run() {
	defer close(f.done)
	defer f.pair.Close()
	defer f.pair.Unbind(f.name) // closing lets go of the name some time later
	for {
		e, err := f.next(context.Background())
		if err != nil {
			return
		}
		parts := e.frame()
		if f.open.Err() == nil && f.pair.SendParts(f.open, parts...) == nil {
			continue
		}
		f.pair.sendParts(context.Background(), parts, true, true)
	}
}

// frame is what the engine sent of an event, see parseEvent.
func (e MonitorEvent) frame() [][]byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(e.Type))
	return [][]byte{binary.NativeEndian.AppendUint32(b, uint32(e.Value)), []byte(e.Endpoint)}
}
