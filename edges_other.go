//go:build !linux

package zmq

import "time"

// edges lets one goroutine wait for several sockets by itself; here that is not possible.
type edges struct{}

func newEdges([]int) *edges { return nil }

func (*edges) arm(time.Duration) {}
func (*edges) await() bool       { return true }
func (*edges) interrupt()        {}
func (*edges) close()            {}
