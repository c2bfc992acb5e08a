package zmq

// CheckBind returns an error if the form of an endpoint for Bind is wrong, and nil otherwise. It is for programs that read
// their configuration before they open sockets. It looks at the text alone, not at what the system has, so Bind may still
// fail. It needs no context and costs no call into C.
//
// Errors: EINVAL, EPROTONOSUPPORT and ENAMETOOLONG, with a sentence that says what to write.
func CheckBind(endpoint string) error { return checkForm(endpointBind, endpoint) }

// CheckConnect returns an error if the form of an endpoint for Connect is wrong, and nil otherwise, as CheckBind does for
// Bind.
func CheckConnect(endpoint string) error { return checkForm(endpointConnect, endpoint) }

var errUnknownTransport = withReason(EPROTONOSUPPORT, "there is no such transport: tcp, ipc and inproc are in every engine, and pgm, epgm, norm, tipc, udp, vmci, ws and wss in some")

func checkForm(action endpointOp, endpoint string) error {
	var form *socketState
	_, err := form.checkEndpoint(action, endpoint)
	if proto, _, errForm := splitEndpoint(endpoint); err == nil && errForm == nil {
		switch proto {
		case "tcp", "ipc", "inproc", "pgm", "epgm", "norm", "tipc", "udp", "vmci", "ws", "wss", "vsock", "hvsocket":
		default:
			err = errUnknownTransport
		}
	}
	if err != nil {
		return &OpError{Op: "check " + endpointOps[action], Type: noSocket, Endpoint: endpoint, Err: err}
	}
	return nil
}
