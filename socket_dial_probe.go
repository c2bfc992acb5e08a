package zmq

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"
)

// The engine does not say why a connection cannot be made. So a Dial that has none makes one by itself, a probe, which says so.
const (
	probeAfter = 250 * time.Millisecond // or at once when the engine's first attempt has failed
	probeEvery = time.Second
)

// probed reports whether the reason may be looked for: not where a connection from here goes another way than the engine's.
func probed(s *Socket, endpoint string) bool {
	proto, address, _ := strings.Cut(endpoint, "://")
	if proto == "tcp" && !strings.Contains(address, ";") {
		if proxy, err := SOCKSProxy.Get(s); err == nil && proxy != "" {
			return false
		}
		return s.st.boundDevice() == ""
	}
	return proto == "ipc"
}

// probe looks for the reason as long as there is no connection.
func (d *dialing) probe(ctx context.Context, e *dialEnd) {
	defer d.probes.Done()
	timer := time.NewTimer(probeAfter)
	defer timer.Stop()
	select {
	case <-e.failed:
	case <-timer.C:
	case <-ctx.Done():
		return
	}
	for {
		d.mu.Lock()
		connected := e.connected
		d.mu.Unlock()
		if !connected {
			err := lookFor(ctx, e.endpoint)
			d.mu.Lock()
			if err != nil && (ctx.Err() == nil || e.found == nil) {
				e.found = err
			}
			d.mu.Unlock()
		}
		timer.Reset(probeEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// lookFor returns why nothing can be connected to at a tcp or ipc endpoint, nil if something can.
func lookFor(ctx context.Context, endpoint string) error {
	proto, address, _ := strings.Cut(endpoint, "://")
	network := "tcp"
	if proto == "ipc" {
		network = "unix"
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err == nil {
		conn.Close()
		return nil
	}
	var dns *net.DNSError
	number, isNumber := systemErrno(err)
	switch {
	case errors.As(err, &dns) && dns.Name != "" && !dns.IsTimeout:
		return withReason(dns, "the name "+printable(dns.Name)+" does not resolve: "+dns.Err)
	case isNumber:
		text := number.Error()
		switch number {
		case ECONNREFUSED:
			text += ": nobody listens there"
		case ENOENT:
			text += ": nobody has bound the path"
		case EACCES, EPERM:
			text += ": this process may not connect there"
		}
		return withReason(number, text)
	case ctx.Err() != nil:
		return withReason(EHOSTUNREACH, "nothing at "+printable(host(address))+" has answered")
	}
	return withReason(EHOSTUNREACH, err.Error())
}

// host returns the host of "host:port", and any other address as it is.
func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}
