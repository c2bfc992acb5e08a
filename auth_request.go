package zmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
)

// AuthRequest is a client that wants to connect.
type AuthRequest struct {
	Domain    string     // the server socket's ZAPDomain
	Address   string     // where the client connects from, as the engine has it
	Addr      netip.Addr // the same, if it is an IP address: without a zone, and IPv4 where it is mapped into IPv6
	RoutingID []byte     // the server socket's own RoutingID
	Mechanism string     // "NULL", "PLAIN", "CURVE" or "GSSAPI"
	Username  string     // of PLAIN
	Password  string     `json:"-"` // of PLAIN; it shows in no log, and has to be passed on by itself
	Key       CurveKey   // of CURVE: the client has proved that it has the secret key
	Principal string     // of GSSAPI
}

// String returns the request for logs, without the password.
func (r AuthRequest) String() string {
	s := r.Mechanism + " from " + printable(r.Address)
	switch r.Mechanism {
	case "PLAIN":
		s += " as " + strconv.Quote(r.Username)
	case "CURVE":
		s += " with key " + r.Key.String()
	case "GSSAPI":
		s += " as " + strconv.Quote(r.Principal)
	}
	if r.Domain != "" {
		s += " in " + strconv.Quote(r.Domain)
	}
	return s
}

// Format writes what String returns, whatever the verb.
func (r AuthRequest) Format(f fmt.State, _ rune) { f.Write([]byte(r.String())) }

// LogValue returns what String returns: a structured log has not the password either.
func (r AuthRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

func parseAuth(p [][]byte) (AuthRequest, bool) {
	if len(p) < 6 || string(p[0]) != "1.0" {
		return AuthRequest{}, false
	}
	r := AuthRequest{Domain: string(p[2]), Address: string(p[3]), RoutingID: p[4], Mechanism: string(p[5])}
	r.Addr, _ = netip.ParseAddr(r.Address)
	r.Addr = plainAddr(r.Addr)
	credentials := p[6:]
	switch {
	case r.Mechanism == "NULL" && len(credentials) == 0:
	case r.Mechanism == "PLAIN" && len(credentials) == 2:
		r.Username, r.Password = string(credentials[0]), string(credentials[1])
	case r.Mechanism == "CURVE" && len(credentials) == 1 && len(credentials[0]) == len(r.Key):
		r.Key = CurveKey(credentials[0])
	case r.Mechanism == "GSSAPI" && len(credentials) == 1:
		r.Principal = string(credentials[0])
	default:
		return r, false
	}
	return r, true
}

// authStatus returns what the protocol has for an Authenticator's answer. The text stays in this process.
func authStatus(err error) (status, text string) {
	switch {
	case err == nil:
		return "200", "OK"
	case authFault(err):
		return "500", "internal error"
	case errors.Is(err, ErrTryLater) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return "300", "not possible now"
	}
	return "400", "denied"
}
