//go:build unix

package zmq

import (
	"net/netip"
	"syscall"
)

// peerAddr returns the tcp address at the other end of one of the engine's connections, if it has one. The descriptor may be closed
// by now, and another's.
func peerAddr(fd int) netip.AddrPort {
	addr, err := syscall.Getpeername(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	switch a := addr.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// fileOf returns the inode of what is open at a descriptor, which differs from that of what was open there before.
func fileOf(fd int) int64 {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return noFile
	}
	return int64(st.Ino)
}
