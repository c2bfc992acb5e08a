package zmq

// CurveServer makes the socket a server of CURVE security with this key: only clients that know its public key can connect, and
// everything is encrypted. An Authenticator decides which clients get in: with none in the context any client with a pair of
// keys of its own gets in, see Context.ServeAuth.
func CurveServer(secret CurveSecretKey) SocketOption {
	return several(optionRow{name: "CurveServer", since: from40, has: "curve"}, CurveServerMode(true), CurveOwnSecretKey(secret))
}

// CurveClient makes the socket a client of CURVE security, which connects only to the server with this public key
// and shows its own public key there. Errors of setting it: EINVAL when public and secret are not a pair.
func CurveClient(server, public CurveKey, secret CurveSecretKey) SocketOption {
	own := CurvePublicKey(public)
	if real, err := secret.PublicKey(); err == nil && real != public {
		own.err = withReason(EINVAL, "the public key is not that of the secret key")
	}
	return several(optionRow{name: "CurveClient", since: from40, has: "curve"}, own, CurveOwnSecretKey(secret), CurveServerKey(server))
}
