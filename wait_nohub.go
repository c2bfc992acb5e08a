//go:build !linux

package zmq

// joinHub says no: there is no hub on this system.
func joinHub(*waitQueue, int) bool { return false }

func leaveHub(int) {}
