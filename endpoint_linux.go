package zmq

import (
	"context"
	"net"
	"syscall"
)

// soReusePort is SO_REUSEPORT, which package syscall lacks on most of Linux's architectures.
const soReusePort = 15

// tryPort binds a multicast port for a moment, and shares it as the engine will: OpenPGM only with those who
// ask for SO_REUSEPORT, norm with those who ask for SO_REUSEADDR as well.
func tryPort(proto, port string) error {
	share := func(fd uintptr) {
		syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1)
		if proto == "norm" {
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		}
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return raw.Control(share) }}
	conn, err := config.ListenPacket(context.Background(), "udp4", "0.0.0.0:"+port)
	if err != nil {
		return err
	}
	return conn.Close()
}

// tryTIPC opens a socket of TIPC for a moment.
func tryTIPC() error {
	fd, err := syscall.Socket(syscall.AF_TIPC, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return syscall.Close(fd)
}
