package zmqd

import (
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// peerAddress returns who is at the other end of a connection of the engine. The descriptor may be closed, or another's,
// by now: the answer is for people to read.
func peerAddress(fd int) string {
	name, err := syscall.Getpeername(fd)
	if err != nil {
		return ""
	}
	switch a := name.(type) {
	case *syscall.SockaddrInet4:
		return net.JoinHostPort(net.IP(a.Addr[:]).String(), strconv.Itoa(a.Port))
	case *syscall.SockaddrInet6:
		return net.JoinHostPort(net.IP(a.Addr[:]).String(), strconv.Itoa(a.Port))
	case *syscall.SockaddrUnix:
		cred, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		if err != nil {
			return "local process"
		}
		return fmt.Sprintf("process %d, user %d", cred.Pid, cred.Uid)
	}
	return ""
}
