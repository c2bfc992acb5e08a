package zmq

import "sync"

// How many descriptors must be free before libzmq may be asked to do something: with less it
// aborts the process instead of failing, or leaves the program none to recover with.
const (
	headroomPoller  = 3
	headroomContext = 8
	headroomSocket  = 6
	headroomConnect = 8
	headroomBind    = 14
)

// descriptors is held while descriptors are counted and used up.
var descriptors sync.Mutex
