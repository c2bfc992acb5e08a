package zmq

import (
	"time"
	"weak"
)

// What a socketState consists of. The lock of its waitQueue guards all of this, except where a comment says otherwise.

// lifecycle is how far a socket has come.
type lifecycle struct {
	closed         bool
	terminated     bool            // the context was shut down
	sendsUncounted bool            // sends what is not counted in out
	inDevice       bool            // belongs, or belonged, to a device
	ends           []chan struct{} // closed when the socket is closed or terminated
}

// optionValues are the options that Go obeys in the engine's place, or has to know about later.
type optionValues struct {
	sendTimeout   time.Duration
	recvTimeout   time.Duration
	sendHWM       int64           // of a Sub, as it was set: the engine has none
	topicMax      int             // MaxTopic
	unlimited     bool            // the engine has no SendHWM unless one was set
	conflate      bool            // Conflate was set
	hasWelcomeMsg bool            // XPubWelcomeMsg was set
	speaksRaw     bool            // RouterRaw was set
	probes        bool            // ProbeRouter was set
	delaysRefused bool            // the engine has Immediate on since a peer refused the socket, and the program has it off
	delayStays    bool            // the engine has Immediate on since a peer refused the socket, whatever the program has set since
	nextName      string          // ConnectRoutingID, for the next Connect
	named         map[string]bool // the names that it has given
	ipcMode       uint32          // IPCMode, and one more, so that 0 is none
	lentFD        int             // what UseListener has lent the next Bind, and one more, so that 0 is none
}

// partialMessages is what was begun part by part and is not complete. It keeps whole messages waiting, see heldUp.
type partialMessages struct {
	sendOpen bool      // Send has begun a message with SndMore
	sendLost bool      // and the peer that had its first part is gone
	recvOpen bool      // Recv has left parts of a message
	gathered *frameBuf // the parts of the message that Send has begun, on engines that get them at once
}

// attachment is where a socket is bound and connected.
type attachment struct {
	endpoint       string        // the first one bound or connected
	hasNetEndpoint bool          // has or had an endpoint that is not inproc's
	connected      bool          // Connect has succeeded
	listening      []string      // what it has bound
	boundAt        []string      // the same, as the engine calls it, for Drain
	drained        chan struct{} // not nil once Drain was called, closed when it is through
	boundBy        []boundAs     // what it has bound, on engines that need it to unbind
}

// contextUse is what the context knows of one socket. The context's lock guards it, not the socket's.
type contextUse struct {
	outer   weak.Pointer[Socket] // zero until there is a Socket
	retired bool                 // what it has done is counted among what the closed have
}

// inprocUse is what the context's inprocNames say of one socket. The context's lock guards it, not the socket's.
type inprocUse struct {
	taken   bool     // of a PAIR: a socket of this context has connected to its inproc name
	pending []string // inproc names connected to before they were bound
}

// watching is who is told what happens to the socket's connections.
type watching struct {
	linksWatched  bool       // its links are watched, or cannot be
	connWatch     *connWatch // the watch, if there is one
	peerCountSink *nopSink   // of WatchPeers
}

// subscriptions are those that WaitSubscriber has seen, of an XPub.
type subscriptions struct {
	subscribed map[string]int // how many peers have each
	everyEnd   bool           // XPubVerboser: the engine passes on the end of each subscription, not only of the last
	drains     bool           // only drain receives
	sends      uint           // counted by drain
}

// counters is counted for Stats.
type counters struct {
	in, out   trafficCount
	answered  uint64 // messages that were sent when one was received last
	refused   uint64 // operations that could not be done at once
	blocked   uint64 // operations that were waited for
	crossings uint64
	pastLinks *linkCounts // of the watches that have ended; nil if there were none
}
