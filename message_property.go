package zmq

// Gets returns a property of a received message (zmq_msg_gets), such as "Peer-Address",
// "Socket-Type", "User-Id" or "Routing-Id", or one that a MetadataAuthenticator gave the client. Peers send properties of
// their own, under any name: "User-Id" says who it is only where an Authenticator was asked. Properties are of the
// connection that brought the message: behind a queue or another device they are the device's, and the client's "User-Id" is
// gone. Where it is needed there, put it into the message at the socket that the client connects to. Errors: EINVAL when
// the message has no such property; a *VersionError before libzmq 4.1.
func (m *Message) Gets(property string) (string, error) {
	if err := m.hold(false); err != nil {
		return "", msgError("get property", err)
	}
	defer m.release()
	if err := need("Message.Gets", Version{4, 1, 0}); err != nil {
		return "", err
	}
	v, ok := "", false
	if m.slab != nil { // else it was not received
		v, ok = cMsgGets(m.handle(), property)
	}
	if !ok {
		return "", &OpError{Op: "get property", Type: noSocket, Option: property, Err: EINVAL}
	}
	return v, nil
}
