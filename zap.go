package zmq

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// Authenticator decides which clients may connect to the servers of a context (RFC 27, ZAP).
type Authenticator interface {
	// Authenticate returns the client's user id, up to 255 bytes, which from libzmq 4.1 on the client's messages carry as
	// their property "User-Id", or an error to deny it. A denial is final: the client's engine, a libzmq 4.3.4,
	// does not try again. With ErrTryLater, alone or wrapped, and when ctx has ended, it does, after its
	// HandshakeInterval. ctx ends after AuthTimeout, and with ServeAuth's. A panic denies the client.
	//
	// It may be called by many goroutines at a time.
	Authenticate(ctx context.Context, r AuthRequest) (userID string, err error)
}

// AuthenticatorFunc is a function that is an Authenticator.
type AuthenticatorFunc func(ctx context.Context, r AuthRequest) (string, error)

// Authenticate calls f.
func (f AuthenticatorFunc) Authenticate(ctx context.Context, r AuthRequest) (string, error) {
	return f(ctx, r)
}

// AuthRequest is a client that wants to connect.
type AuthRequest struct {
	Domain    string     // the server socket's ZAPDomain
	Address   string     // where the client connects from, as the engine has it
	Addr      netip.Addr // the same, if it is an IP address
	RoutingID []byte     // the server socket's own RoutingID
	Mechanism string     // "NULL", "PLAIN", "CURVE" or "GSSAPI"
	Username  string     // of PLAIN
	Password  string     // of PLAIN
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

// ErrTryLater is returned by an Authenticator that cannot decide now: the client does not get in, and tries again.
var ErrTryLater error = &sentinel{"zmq: authentication is not possible now", nil}

// AuthTimeout is how long an Authenticator may take for one client.
const AuthTimeout = 5 * time.Second

const zapEndpoint = "inproc://zeromq.zap.01"

// ServeAuth makes a judge the clients that connect to the context's servers, until ctx ends (RFC 27). It returns when
// that has begun, so that whoever binds after it binds behind it. A context has one Authenticator; each
// context has its own.
//
// When ctx has ended nobody gets in any more, until ServeAuth is called again: clients are put off, not let through.
// That holds as long as the context does. Where ServeAuth was never called, and C code serves no
// authentication either, libzmq 4.3.4 lets in, of those who connect to
//
//   - a CurveServer: every client that knows the server's public key and has any pair of keys;
//   - a PlainServer: nobody;
//   - a server without security: everybody. With ZAPDomain set too; where ServeAuth was called, only servers
//     with ZAPDomain set ask it.
//
// Errors: EADDRINUSE when the context has an Authenticator; ErrMaxSockets; ErrTooManyFiles; ErrTerminated; a
// *VersionError before libzmq 4.0.
func (c *Context) ServeAuth(ctx context.Context, a Authenticator) error {
	defer runtime.KeepAlive(c)
	if err := c.z.serveAuth(ctx, a); err != nil {
		return &OpError{Op: "serve authentication", Type: noSocket, Err: err}
	}
	return nil
}

func (z *zctx) serveAuth(ctx context.Context, a Authenticator) error {
	if err := need("ServeAuth", from40); err != nil {
		return err
	}
	if f, ok := a.(AuthenticatorFunc); a == nil || ok && f == nil {
		return because(EINVAL, "there is no Authenticator")
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	z.authMu.Lock()
	defer z.authMu.Unlock()
	if h, _ := z.auth.(*authHandler); h != nil && !h.gone() {
		return h.appoint(ctx, a)
	}
	s, err := z.authSocket()
	if err != nil {
		return err
	}
	h := &authHandler{s: s, ctx: ctx, a: a, slots: make(chan struct{}, authSlots), done: make(chan struct{})}
	z.auth = h
	go h.run()
	return nil
}

// authSlots is how many clients are judged at a time; more of them wait their turn.
const authSlots = 128

// authHandler answers the engine's questions, as long as its context lives.
type authHandler struct {
	s     *Socket
	slots chan struct{}
	done  chan struct{}

	mu  sync.Mutex
	ctx context.Context // how long a holds office
	a   Authenticator
}

// authSocket opens and binds the socket on which the engine asks.
func (z *zctx) authSocket() (*Socket, error) {
	h, err := z.open(Router)
	if err != nil {
		return nil, err
	}
	// The bare Context keeps the handler from keeping the real one alive.
	s := (&Context{z: z}).wrap(h, Router, "authentication handler")
	if s == nil {
		cClose(h)
		return nil, ErrTerminated
	}
	err = s.Set(Linger(0))
	if err == nil {
		err = s.Bind(zapEndpoint)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (h *authHandler) gone() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

// appoint gives the office to another Authenticator, if it is free.
func (h *authHandler) appoint(ctx context.Context, a Authenticator) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() == nil {
		return because(EADDRINUSE, "the context has an Authenticator already")
	}
	h.ctx, h.a = ctx, a
	return nil
}

// run answers until the socket goes away.
func (h *authHandler) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for {
		parts, err := h.s.RecvParts(ctx)
		if err != nil {
			break
		}
		all.Add(1)
		go func() {
			defer all.Done()
			h.answer(ctx, parts)
		}()
	}
	cancel()
	all.Wait()
	h.s.Close()
	close(h.done)
}

// answer judges one client. A question has the parts: route, empty, version, request id, domain, address, routing id,
// mechanism, credentials.
func (h *authHandler) answer(run context.Context, parts [][]byte) {
	if len(parts) < 4 || len(parts[1]) != 0 {
		return // nothing to answer to
	}
	status, text, user := "500", "malformed request", ""
	if r, ok := parseAuth(parts[2:]); ok {
		var err error
		if user, err = h.judge(run, r); len(user) > 255 {
			user, err = "", errAuthUser
		}
		status, text = authStatus(err)
	}
	ctx, cancel := context.WithTimeout(run, AuthTimeout)
	defer cancel()
	h.s.SendParts(ctx, parts[0], nil, []byte("1.0"), parts[3], []byte(status), []byte(text), []byte(user), nil)
}

func parseAuth(p [][]byte) (AuthRequest, bool) {
	if len(p) < 6 || string(p[0]) != "1.0" {
		return AuthRequest{}, false
	}
	r := AuthRequest{Domain: string(p[2]), Address: string(p[3]), RoutingID: p[4], Mechanism: string(p[5])}
	r.Addr, _ = netip.ParseAddr(r.Address)
	r.Addr = r.Addr.Unmap()
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

var (
	errAuthPanic error = &sentinel{"zmq: the Authenticator panicked", nil}
	errAuthUser  error = &sentinel{"zmq: the Authenticator gave a user id of more than 255 bytes", nil}
)

// authStatus returns what the protocol has for an Authenticator's answer. The text stays in this process.
func authStatus(err error) (status, text string) {
	switch {
	case err == nil:
		return "200", "OK"
	case errors.Is(err, errAuthPanic) || errors.Is(err, errAuthUser):
		return "500", "internal error"
	case errors.Is(err, ErrTryLater) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return "300", "not possible now"
	}
	return "400", "denied"
}

// judge asks the Authenticator, and does not wait for one that is too slow: its goroutine, and its slot, are
// free again when it returns.
func (h *authHandler) judge(run context.Context, r AuthRequest) (string, error) {
	h.mu.Lock()
	a, office := h.a, h.ctx
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(office, AuthTimeout)
	defer cancel()
	defer context.AfterFunc(run, cancel)()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	type verdict struct {
		user string
		err  error
	}
	out := make(chan verdict, 1)
	go func() {
		v := verdict{err: errAuthPanic}
		defer func() {
			recover()
			out <- v
			<-h.slots
		}()
		user, err := a.Authenticate(ctx, r)
		v = verdict{user, err}
	}()
	select {
	case v := <-out:
		if err := ctx.Err(); err != nil {
			return "", err // who is out of office lets nobody in
		}
		return v.user, v.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
