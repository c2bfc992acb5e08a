//go:build unix

package zmq

import "syscall"

const quitSignal = syscall.SIGQUIT
