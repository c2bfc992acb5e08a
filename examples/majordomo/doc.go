// Package majordomo is the Majordomo pattern: clients ask for a service by its name, workers offer one, and a broker between them
// queues requests, gives each to the worker that has been idle longest, and gives it to another one when that worker dies.
//
// Everything speaks the Majordomo Protocol 0.1 (RFC 7, MDP) and its management interface (RFC 8, MMI), so that brokers,
// workers and clients in other languages take part. MDP asks two things of programs: a request may be executed more than
// once, because clients and the broker send it again when no reply comes; and all peers use about the same heartbeat interval.
//
//	broker, err := majordomo.NewBroker(zc, majordomo.Options{}, "tcp://*:5555")
//	...
//	err = broker.Run(ctx)
//
//	err = majordomo.Serve(ctx, zc, "tcp://broker:5555", "upper", upper, majordomo.Options{})
//
//	client := majordomo.NewClient(zc, "tcp://broker:5555", majordomo.Options{})
//	reply, err := client.Request(ctx, "upper", []byte("hello"))
//
// MDP has no encryption and no access control of its own: give the sockets CURVE through Options.Socket where the
// network is not yours.
package majordomo

import (
	"time"

	"example.org/zmq"
)

// Options are what broker, workers and clients agree upon. The zero value is ready for use.
type Options struct {
	Heartbeat time.Duration      // between two heartbeats; 2.5 s if it is 0
	Liveness  int                // a peer is dead after so many intervals without a sign of life; 4 if it is 0
	Expiry    time.Duration      // how long the broker keeps a request that no worker takes; 60 s if it is 0
	Attempts  int                // how many workers, one after the other, the broker gives a request to; 3 if it is 0
	Timeout   time.Duration      // how long a client waits for a reply before it sends its request again; 2.5 s if it is 0
	Retries   int                // how often a client sends a request again; 2 if it is 0, never if it is negative
	Socket    []zmq.SocketOption // for every socket, such as zmq.CurveClient
}

// withDefaults returns the options with every 0 replaced.
func (o Options) withDefaults() Options {
	o.Heartbeat = orElse(o.Heartbeat, 2500*time.Millisecond)
	o.Liveness = orElse(o.Liveness, 4)
	o.Expiry = orElse(o.Expiry, time.Minute)
	o.Attempts = orElse(o.Attempts, 3)
	o.Timeout = orElse(o.Timeout, 2500*time.Millisecond)
	o.Retries = max(orElse(o.Retries, 2), 0)
	return o
}

// silence is how long a peer may say nothing.
func (o Options) silence() time.Duration { return time.Duration(o.Liveness) * o.Heartbeat }

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
