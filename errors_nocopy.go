package zmq

// noCopy marks a type whose values must not be copied: go vet reports where one is.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
