package zmq

// Options whose value is a key. They can be set and be read.
type (
	CurveKeyOption    func(CurveKey) SocketOption
	CurveSecretOption func(CurveSecretKey) SocketOption
)

// The options of CURVE security, one by one as in C. CurveServer and CurveClient set what each end needs. They
// are for engines with Has("curve") from 4.0, and take effect at the next Bind or Connect.
var (
	// CurveServerMode makes the socket a server of CURVE security; false returns it to no security
	// (ZMQ_CURVE_SERVER, boolean, default false).
	CurveServerMode = boolOption(optionRow{id: 47, name: "CurveServerMode", c: "ZMQ_CURVE_SERVER", since: from40, has: "curve"})

	// CurvePublicKey is a client's own public key (ZMQ_CURVE_PUBLICKEY, 32 bytes, default zero).
	CurvePublicKey = curveKeyOption(optionRow{id: 48, name: "CurvePublicKey", c: "ZMQ_CURVE_PUBLICKEY"})

	// CurveOwnSecretKey is the socket's own secret key (ZMQ_CURVE_SECRETKEY, 32 bytes, default zero).
	CurveOwnSecretKey = curveSecretOption(optionRow{id: 49, name: "CurveOwnSecretKey", c: "ZMQ_CURVE_SECRETKEY", secret: true})

	// CurveServerKey is the public key of the server that a client connects to (ZMQ_CURVE_SERVERKEY, 32 bytes,
	// default zero). A server with another key never sees a message of this client.
	CurveServerKey = curveKeyOption(optionRow{id: 50, name: "CurveServerKey", c: "ZMQ_CURVE_SERVERKEY"})
)

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o CurveKeyOption) Get(s *Socket) (k CurveKey, err error) {
	v, err := o(CurveKey{}).row.readValue(s)
	copy(k[:], v)
	return k, err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o CurveSecretOption) Get(s *Socket) (k CurveSecretKey, err error) {
	v, err := o(CurveSecretKey{}).row.readValue(s)
	copy(k[:], v)
	return k, err
}

// CurveServer makes the socket a server of CURVE security with this key: only clients that know its public key
// can connect, and everything is encrypted. Who they are is for an Authenticator to judge: with none in the
// context any client with a pair of keys of its own gets in, see Context.ServeAuth.
func CurveServer(secret CurveSecretKey) SocketOption {
	return several(optionRow{name: "CurveServer", since: from40, has: "curve"}, CurveServerMode(true), CurveOwnSecretKey(secret))
}

// CurveClient makes the socket a client of CURVE security, which connects only to the server with this public key
// and shows its own public key there. Errors of setting it: EINVAL when public and secret are not a pair.
func CurveClient(server, public CurveKey, secret CurveSecretKey) SocketOption {
	own := CurvePublicKey(public)
	if real, err := secret.PublicKey(); err == nil && real != public {
		own.err = because(EINVAL, "the public key is not that of the secret key")
	}
	return several(optionRow{name: "CurveClient", since: from40, has: "curve"}, own, CurveOwnSecretKey(secret), CurveServerKey(server))
}
