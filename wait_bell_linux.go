package zmq

import (
	"sync"
	"syscall"
)

// bell is an eventfd that wakes the goroutine that waits in C; -1 if there is none.
var bell = -1

// openBell comes before the first socket, and never fails: without a bell no goroutine waits in C.
var openBell = sync.OnceFunc(func() {
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno == 0 {
		bell = int(fd)
	}
})

// ringBell wakes the goroutine that waits in C. If it is about to return, the next one makes a turn too many.
func ringBell() {
	one := [8]byte{1, 0, 0, 0, 0, 0, 0, 1} // not 0 in either byte order
	syscall.Write(bell, one[:])
}
