//go:build !unix

package zmq

import "net/netip"

// peerAddr does not know.
func peerAddr(int) netip.AddrPort { return netip.AddrPort{} }
