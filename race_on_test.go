//go:build race

package zmq

// raced says that the race detector is in this test: there sync.Pool forgets on purpose, so that
// counting allocations says nothing.
const raced = true
