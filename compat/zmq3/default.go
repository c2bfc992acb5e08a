package zmq3

// Term terminates the default context, see Context.Term. What uses that context gives ErrorContextClosed from then on.
func Term() error { return defaultContext.Term() }

// NewSocket opens a socket in the default context, see Context.NewSocket.
func NewSocket(t Type) (soc *Socket, err error) { return defaultContext.NewSocket(t) }

// GetIoThreads returns the number of I/O threads, of the default context.
func GetIoThreads() (int, error) { return defaultContext.GetIoThreads() }

// SetIoThreads sets the number of I/O threads, in the default context.
func SetIoThreads(n int) error { return defaultContext.SetIoThreads(n) }

// GetMaxSockets returns how many sockets the context may have, of the default context.
func GetMaxSockets() (int, error) { return defaultContext.GetMaxSockets() }

// SetMaxSockets sets how many sockets the context may have, in the default context.
func SetMaxSockets(n int) error { return defaultContext.SetMaxSockets(n) }

// GetMaxMsgsz returns the size of the largest message part, of the default context.
func GetMaxMsgsz() (int, error) { return defaultContext.GetMaxMsgsz() }

// SetMaxMsgsz sets the size of the largest message part, in the default context.
func SetMaxMsgsz(n int) error { return defaultContext.SetMaxMsgsz(n) }

// GetIpv6 returns whether sockets made from now on may use IPv6 addresses, of the default context.
func GetIpv6() (bool, error) { return defaultContext.GetIpv6() }

// SetIpv6 sets whether sockets made from now on may use IPv6 addresses, in the default context.
func SetIpv6(i bool) error { return defaultContext.SetIpv6(i) }

// GetBlocky returns whether sockets made from now on linger without end unless they say otherwise, of the default context.
func GetBlocky() (bool, error) { return defaultContext.GetBlocky() }

// SetBlocky sets whether sockets made from now on linger without end unless they say otherwise, in the default context.
func SetBlocky(i bool) error { return defaultContext.SetBlocky(i) }

// GetRetryAfterEINTR reports whether calls that a signal interrupts are repeated, in the default context.
func GetRetryAfterEINTR() bool { return defaultContext.GetRetryAfterEINTR() }

// SetRetryAfterEINTR says whether calls that a signal interrupts are repeated, in the default context.
func SetRetryAfterEINTR(retry bool) { defaultContext.SetRetryAfterEINTR(retry) }

// SetThreadSchedPolicy sets the scheduling policy of the default context's threads.
func SetThreadSchedPolicy(n int) error { return defaultContext.SetThreadSchedPolicy(n) }

// SetThreadPriority sets the priority of the default context's threads.
func SetThreadPriority(n int) error { return defaultContext.SetThreadPriority(n) }
