package zmq

// PlainServer makes the socket a server of PLAIN security: clients show a user name and a password, in clear text,
// which an Authenticator judges. With none in the context no client gets in. From 4.0.
func PlainServer() SocketOption {
	return several(optionRow{name: "PlainServer", since: from40}, PlainServerMode(true))
}

// PlainClient makes the socket a client of PLAIN security with this user name and password, each of 1 to 255 bytes,
// which go over the network in clear text. From 4.0.
func PlainClient(user, password string) SocketOption {
	return several(optionRow{name: "PlainClient", since: from40}, PlainUsername(user), PlainPassword(password))
}
