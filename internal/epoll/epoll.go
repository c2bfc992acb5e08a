// Package epoll has sets of descriptors that one goroutine waits for by means of Go's own poller: an
// epoll set is a descriptor, too. The poller cannot be given the descriptors themselves, since it takes
// only those in non-blocking mode, and those of libzmq and of the package's users are not ours to change.
//
// Systems other than Linux have no such sets: New returns errors.ErrUnsupported there.
package epoll

// Events of a descriptor.
const (
	In   = 1 << iota // it can be read
	Out              // it can be written
	Pri              // it has urgent data
	Edge             // report a change once, instead of the state as long as it lasts
)
