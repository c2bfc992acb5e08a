//go:build !unix

package zmq

import "net/netip"

// peerAddr does not know.
func peerAddr(int) netip.AddrPort { return netip.AddrPort{} }

// fileOf does not know: it returns the same for all.
func fileOf(int) int64 { return 0 }
