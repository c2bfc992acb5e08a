package zmq

// What engines after 4.3.4 do in their own way, see engine.go.

// bindsHostNames reports whether Bind takes the name of a host, which the engine looks up. Before 4.3.5 it takes the
// names of interfaces only.
func bindsHostNames() bool { return engineFrom(4, 3, 5) }

// noInterface says why the host of a tcp endpoint cannot be bound.
func noInterface() string {
	if bindsHostNames() {
		return "no such network interface, and no host of that name; Bind takes *, an address or the name of either"
	}
	return "no such network interface; Bind takes *, an address or an interface's name, not a host's name"
}
