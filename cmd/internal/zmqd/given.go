package zmqd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/activation"

	"example.org/zmq"
)

// given is the listening sockets that the service manager opened for us, by the names of the sides, and "http". It keeps
// its own descriptor of each: the engine closes those that it gets, and wants another when keys change.
type given map[string][]*listener

// listener is a socket that listens already.
type listener struct {
	file     *os.File
	endpoint string // of the engine, as the address of the socket says
	place    string // see endpointPlace
}

var givenNames = []string{"frontend", "backend", "capture", "control", "http"}

// takeGiven returns the sockets that LISTEN_FDS is about.
func takeGiven() (given, error) {
	all := given{}
	for _, f := range activation.Files(true) {
		if !slices.Contains(givenNames, f.Name()) {
			all.close()
			f.Close()
			return nil, fmt.Errorf("socket activation: a socket is named %q: say with FileDescriptorName= what it is for, one of %s", f.Name(), strings.Join(givenNames, ", "))
		}
		l, err := newListener(f)
		if err != nil {
			all.close()
			f.Close()
			return nil, fmt.Errorf("socket activation: %s: %w", f.Name(), err)
		}
		all[f.Name()] = append(all[f.Name()], l)
	}
	return all, nil
}

func newListener(f *os.File) (*listener, error) {
	l, err := net.FileListener(f) // a duplicate
	if err != nil {
		return nil, fmt.Errorf("not a socket that listens: %w", err)
	}
	defer l.Close()
	switch a := l.Addr().(type) {
	case *net.TCPAddr:
		host := a.IP.String()
		if a.IP.To4() == nil {
			host = "[" + host + "]"
		}
		e := fmt.Sprintf("tcp://%s:%d", host, a.Port)
		return &listener{f, e, endpointPlace(e)}, nil
	case *net.UnixAddr:
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		e := "ipc://" + a.Name
		return &listener{f, e, endpointPlace(e)}, nil
	}
	return nil, fmt.Errorf("%s: only tcp and Unix sockets are taken", l.Addr().Network())
}

func (g given) close() {
	for _, all := range g {
		for _, l := range all {
			l.file.Close()
		}
	}
}

// binding is an endpoint that a socket is bound to.
type binding struct {
	wanted string    // as it was configured
	bound  string    // as it is
	from   *listener // what was given for it, or nil
}

// bindings returns what a side binds: what is configured, from the socket that was given for it if there is one, and
// what was given beside. IPv6 is needed where a socket of that family was given.
func (g given) bindings(name string, endpoints []string) (all []binding) {
	left := slices.Clone(g[name])
	for _, e := range endpoints {
		b := binding{wanted: e}
		if i := slices.IndexFunc(left, func(l *listener) bool { return l.place == endpointPlace(e) }); i >= 0 {
			b.from = left[i]
			left = slices.Delete(left, i, i+1)
		}
		all = append(all, b)
	}
	for _, l := range left {
		all = append(all, binding{wanted: l.endpoint, from: l})
	}
	return all
}

// bind binds a socket; of one that was given the engine gets a duplicate.
func (b *binding) bind(s *zmq.Socket) error {
	endpoint := b.wanted
	if b.from != nil {
		endpoint = b.from.endpoint
		if err := s.Set(zmq.UseFile(b.from.file)); err != nil {
			return err
		}
	}
	if err := s.Bind(endpoint); err != nil {
		if b.from != nil {
			err = errors.Join(err, s.Set(zmq.UseFD(-1)))
		}
		return err
	}
	b.bound = endpoint
	if last, err := s.LastEndpoint(); err == nil && last != "" {
		b.bound = last
	}
	return nil
}
