//go:build !unix

package zmq

import "net/netip"

// peerAddr does not know.
func peerAddr(int) netip.AddrPort { return netip.AddrPort{} }

const noFile = -1

// fileOf does not know.
func fileOf(int) int64 { return 0 }
