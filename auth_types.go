package zmq

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
)

// What a context knows of its authentication: these types are the socket group's, what is done with them is in auth.go.

// Authenticator decides which clients may connect to the servers of a context (RFC 27, ZAP).
type Authenticator interface {
	// Authenticate returns the client's user id, up to 255 bytes, which from libzmq 4.1 on the client's messages carry as
	// their property "User-Id", or an error to deny it. A denial is final: the client's engine, a libzmq 4.3.4,
	// does not try again. After ErrTryLater, alone or wrapped, and when ctx has ended, the client tries again, after its
	// HandshakeInterval. ctx ends after AuthTimeout, and with ServeAuth's. A panic denies the client, and is logged: see
	// AuthErrorLog.
	//
	// It may be called by many goroutines at a time.
	Authenticate(ctx context.Context, r AuthRequest) (userID string, err error)
}

// AuthRequest describes a client that asks to connect, for an Authenticator.
type AuthRequest struct {
	Domain    string     // the server socket's ZAPDomain
	Address   string     // where the client connects from, as the engine has it
	Addr      netip.Addr // the same, if it is an IP address: without a zone, and IPv4 where it is mapped into IPv6
	RoutingID []byte     // the server socket's own RoutingID
	Mechanism string     // "NULL", "PLAIN", "CURVE" or "GSSAPI"
	Username  string     // of PLAIN
	Password  string     `json:"-"` // of PLAIN; it shows in no log and no JSON
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

// authHandler answers the engine's questions, as long as its context lives.
type authHandler struct {
	s     *Socket
	recv  func(context.Context) ([][]byte, error)
	slots chan struct{}
	away  bool // a socket of the program is bound in its place; guarded by contextState.authMu

	mu      sync.Mutex
	service authService
}

// authService is an Authenticator, how long it serves, and where its faults are logged.
type authService struct {
	ctx context.Context
	a   Authenticator
	log *log.Logger
}
