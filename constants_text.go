package zmq

// Texts for logs and for JSON, where a bare number would say nothing.

// MarshalText returns what String returns.
func (t SocketType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalText returns what String returns.
func (f Flag) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText returns what String returns.
func (e PollEvents) MarshalText() ([]byte, error) { return []byte(e.String()), nil }
