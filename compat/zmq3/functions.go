package zmq3

import "example.org/zmq/compat/zmq4"

// What they do is described in full in package zmq4.

// AuthStart begins to judge the clients that connect to servers of the default context, by what the other functions
// whose names begin with Auth say.
func AuthStart() (err error) { return zmq4.AuthStart() }

// AuthStop ends what AuthStart began.
func AuthStop() { zmq4.AuthStop() }

// AuthSetVerbose makes authentication log what it does.
func AuthSetVerbose(verbose bool) { zmq4.AuthSetVerbose(verbose) }

// AuthAllow lets clients of a domain, "*" for all, connect from these addresses or networks: from the first on, others
// are denied.
func AuthAllow(domain string, addresses ...string) { zmq4.AuthAllow(domain, addresses...) }

// AuthDeny keeps clients of a domain, "*" for all, from connecting from these addresses or networks.
func AuthDeny(domain string, addresses ...string) { zmq4.AuthDeny(domain, addresses...) }

// AuthPlainAdd adds a user of PLAIN security in a domain, "*" for all.
func AuthPlainAdd(domain, username, password string) { zmq4.AuthPlainAdd(domain, username, password) }

// AuthPlainRemove removes users of a domain.
func AuthPlainRemove(domain string, usernames ...string) { zmq4.AuthPlainRemove(domain, usernames...) }

// AuthPlainRemoveAll removes all users of a domain.
func AuthPlainRemoveAll(domain string) { zmq4.AuthPlainRemoveAll(domain) }

// AuthCurveAdd adds public keys of clients in a domain, "*" for all: in Z85, or CURVE_ALLOW_ANY.
func AuthCurveAdd(domain string, pubkeys ...string) { zmq4.AuthCurveAdd(domain, pubkeys...) }

// AuthCurveRemove removes public keys of a domain.
func AuthCurveRemove(domain string, pubkeys ...string) { zmq4.AuthCurveRemove(domain, pubkeys...) }

// AuthCurveRemoveAll removes all public keys of a domain.
func AuthCurveRemoveAll(domain string) { zmq4.AuthCurveRemoveAll(domain) }

// AuthSetMetadataHandler sets the function that is called for each client that is let in.
func AuthSetMetadataHandler(
	handler func(
		version, request_id, domain, address, identity, mechanism string, credentials ...string) (metadata map[string]string)) {
	zmq4.AuthSetMetadataHandler(handler)
}

// NewContext returns a context of its own.
func NewContext() (ctx *Context, err error) { return zmq4.NewContext() }

// Term terminates the default context, see Context.Term.
func Term() error { return zmq4.Term() }

// NewSocket opens a socket in the default context, see Context.NewSocket.
func NewSocket(t Type) (soc *Socket, err error) { return zmq4.NewSocket(t) }

// GetIoThreads returns the number of I/O threads, of the default context.
func GetIoThreads() (int, error) { return zmq4.GetIoThreads() }

// SetIoThreads sets the number of I/O threads, in the default context.
func SetIoThreads(n int) error { return zmq4.SetIoThreads(n) }

// GetMaxSockets returns how many sockets the context may have, of the default context.
func GetMaxSockets() (int, error) { return zmq4.GetMaxSockets() }

// SetMaxSockets sets how many sockets the context may have, in the default context.
func SetMaxSockets(n int) error { return zmq4.SetMaxSockets(n) }

// GetMaxMsgsz returns the size of the largest message part, of the default context.
func GetMaxMsgsz() (int, error) { return zmq4.GetMaxMsgsz() }

// SetMaxMsgsz sets the size of the largest message part, in the default context.
func SetMaxMsgsz(n int) error { return zmq4.SetMaxMsgsz(n) }

// GetIpv6 returns whether sockets made from now on may use IPv6 addresses, of the default context.
func GetIpv6() (bool, error) { return zmq4.GetIpv6() }

// SetIpv6 sets whether sockets made from now on may use IPv6 addresses, in the default context.
func SetIpv6(i bool) error { return zmq4.SetIpv6(i) }

// GetBlocky returns whether sockets made from now on linger without end unless they say otherwise, of the default
// context.
func GetBlocky() (bool, error) { return zmq4.GetBlocky() }

// SetBlocky sets whether sockets made from now on linger without end unless they say otherwise, in the default
// context.
func SetBlocky(i bool) error { return zmq4.SetBlocky(i) }

// GetRetryAfterEINTR reports whether calls that a signal interrupts are repeated, in the default context.
func GetRetryAfterEINTR() bool { return zmq4.GetRetryAfterEINTR() }

// SetRetryAfterEINTR says whether calls that a signal interrupts are repeated, in the default context.
func SetRetryAfterEINTR(retry bool) { zmq4.SetRetryAfterEINTR(retry) }

// SetThreadSchedPolicy sets the scheduling policy of the default context's threads.
func SetThreadSchedPolicy(n int) error { return zmq4.SetThreadSchedPolicy(n) }

// SetThreadPriority sets the priority of the default context's threads.
func SetThreadPriority(n int) error { return zmq4.SetThreadPriority(n) }

// AsErrno returns the number of an Errno or a syscall.Errno, and 0 for nil and every other error.
func AsErrno(err error) Errno { return zmq4.AsErrno(err) }

// Error returns libzmq's text for an error number.
func Error(e int) string { return zmq4.Error(e) }

// NewPoller returns a poller that waits for nothing yet.
func NewPoller() *Poller { return zmq4.NewPoller() }

// Proxy passes messages between two sockets, both ways, with a copy of each to capture unless that is nil.
func Proxy(frontend, backend, capture *Socket) error { return zmq4.Proxy(frontend, backend, capture) }

// ProxySteerable is Proxy under the control of a socket, unless that is nil: PAUSE, RESUME, TERMINATE, with which it
// returns nil, and STATISTICS, which is answered with eight numbers of eight bytes.
func ProxySteerable(frontend, backend, capture, control *Socket) error {
	return zmq4.ProxySteerable(frontend, backend, capture, control)
}

// NewReactor returns a reactor that has nothing to do yet.
func NewReactor() *Reactor { return zmq4.NewReactor() }

// Version returns the version of the libzmq that runs, zeros if it is not a 4.
func Version() (major, minor, patch int) { return zmq4.Version() }

// HasIpc reports whether the engine has the ipc transport.
func HasIpc() bool { return zmq4.HasIpc() }

// HasPgm reports whether the engine has the pgm transport.
func HasPgm() bool { return zmq4.HasPgm() }

// HasTipc reports whether the engine has the tipc transport.
func HasTipc() bool { return zmq4.HasTipc() }

// HasNorm reports whether the engine has the norm transport.
func HasNorm() bool { return zmq4.HasNorm() }

// HasCurve reports whether the engine has CURVE security.
func HasCurve() bool { return zmq4.HasCurve() }

// HasGssapi reports whether the engine has GSSAPI security.
func HasGssapi() bool { return zmq4.HasGssapi() }

// Z85encode turns binary data into text.
func Z85encode(data string) string { return zmq4.Z85encode(data) }

// Z85decode turns text into binary data.
func Z85decode(s string) string { return zmq4.Z85decode(s) }

// NewCurveKeypair returns a new pair of keys for CURVE security, each of 40 characters.
func NewCurveKeypair() (z85_public_key, z85_secret_key string, err error) {
	return zmq4.NewCurveKeypair()
}

// AuthCurvePublic returns the public key that belongs to a secret one, both of 40 characters.
func AuthCurvePublic(z85SecretKey string) (z85PublicKey string, err error) {
	return zmq4.AuthCurvePublic(z85SecretKey)
}

// AuthMetaBlob returns a property as the authentication protocol and ZMTP have it: a byte for the key's length, the
// key, four bytes for the value's length, the value.
func AuthMetaBlob(key, value string) (blob []byte, err error) { return zmq4.AuthMetaBlob(key, value) }
