//go:build !unix

package zmq

import "os"

// watchable says no: on this system Go's poller cannot wait for libzmq's descriptor, so
// that waiting goroutines look for themselves every few milliseconds.
func watchable(int) (*os.File, bool) { return nil, false }

// ipcPathMax is the longest path of a Unix socket, without C's closing zero, as Windows has it; the others have none.
const ipcPathMax = 107

func listening(string) bool { return false }

func scarce(int) bool { return false }

// closeFD is for descriptors that were duplicated, which these systems do not do.
func closeFD(int) {}

func unblock(int) error { return nil }
