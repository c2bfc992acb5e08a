package zmq

import "time"

// Rate is the most that multicast sends, in kilobits a second, at least 1 (ZMQ_RATE, default 100).
var Rate Option[int]

// RecoveryInterval is how far back a multicast receiver can ask for what it lost
// (ZMQ_RECOVERY_IVL, milliseconds in C, default 10 s).
var RecoveryInterval Option[time.Duration]

// MulticastHops is how many network hops multicast goes (ZMQ_MULTICAST_HOPS, default 1).
var MulticastHops Option[int]

// MulticastMaxTPDU is the largest multicast packet, at least 1 (ZMQ_MULTICAST_MAXTPDU, bytes, default 1500,
// from 4.2).
var MulticastMaxTPDU Option[int]
