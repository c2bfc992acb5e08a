package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
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

// MetadataAuthenticator is an Authenticator that gives the messages of a client properties beside its user id: what
// the client may do, or which tenant it belongs to. Context.ServeAuth calls AuthenticateMetadata in place of
// Authenticate.
type MetadataAuthenticator interface {
	Authenticator

	// AuthenticateMetadata is Authenticate with metadata: from libzmq 4.1 on Message.Gets returns them by their
	// names for each message of this client that comes over a network transport. A name has 1 to 255 bytes; names
	// and values have no zero byte, which for libzmq is their end. "User-Id", "Identity", "Socket-Type", "Resource",
	// "Routing-Id", "Peer-Address" and "__fd" are names of libzmq's own. What breaks these rules denies the client,
	// as a panic does. The map is read after the return: it must not be changed any more.
	//
	// A client can send properties of its own, under any name. The Authenticator's win, but only where it gives
	// one: return every name that the program relies on for every client, with an empty value if need be.
	AuthenticateMetadata(ctx context.Context, r AuthRequest) (userID string, metadata map[string]string, err error)
}

// MetadataAuthenticatorFunc is a function that is a MetadataAuthenticator.
type MetadataAuthenticatorFunc func(ctx context.Context, r AuthRequest) (string, map[string]string, error)

// Authenticate calls f and leaves the metadata out.
func (f MetadataAuthenticatorFunc) Authenticate(ctx context.Context, r AuthRequest) (string, error) {
	user, _, err := f(ctx, r)
	return user, err
}

// AuthenticateMetadata calls f.
func (f MetadataAuthenticatorFunc) AuthenticateMetadata(ctx context.Context, r AuthRequest) (string, map[string]string, error) {
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
	if a == nil {
		return because(EINVAL, "there is no Authenticator")
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
	status, text := "500", "malformed request"
	var v verdict
	var metadata []byte
	if r, ok := parseAuth(parts[2:]); ok {
		v = h.judge(run, r)
		metadata, v.err = v.encode()
		if v.err != nil {
			v.user, metadata = "", nil
		}
		status, text = authStatus(v.err)
	}
	ctx, cancel := context.WithTimeout(run, AuthTimeout)
	defer cancel()
	h.s.SendParts(ctx, parts[0], nil, []byte("1.0"), parts[3], []byte(status), []byte(text), []byte(v.user), metadata)
}

// verdict is what an Authenticator says of a client.
type verdict struct {
	user     string
	metadata map[string]string
	err      error
}

// encode returns the metadata as the protocol has them, or why the client does not get in.
func (v *verdict) encode() ([]byte, error) {
	if v.err != nil {
		return nil, v.err
	}
	if len(v.user) > 255 || strings.IndexByte(v.user, 0) >= 0 {
		return nil, errAuthUser
	}
	var out []byte
	for _, name := range slices.Sorted(maps.Keys(v.metadata)) {
		value := v.metadata[name]
		if !authMetadataName(name) || len(value) > authMetadataMax-len(out) || strings.IndexByte(value, 0) >= 0 {
			return nil, errAuthMetadata
		}
		out = append(append(out, byte(len(name))), name...)
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(value))), value...)
	}
	return out, nil
}

// authMetadataMax is more than anybody has to say of a client, and less than the protocol's lengths can hold.
const authMetadataMax = 1 << 20

// authMetadataName reports whether a property may have this name. The engine takes two of its own names, from whoever
// says them, for the client's identity and socket type. Its comparison heeds case; that of others may not.
func authMetadataName(name string) bool {
	own := [...]string{"User-Id", "Identity", "Socket-Type", "Resource", "Routing-Id", "Peer-Address", "__fd"}
	return name != "" && len(name) <= 255 && strings.IndexByte(name, 0) < 0 &&
		!slices.ContainsFunc(own[:], func(o string) bool { return strings.EqualFold(o, name) })
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
	errAuthPanic    error = &sentinel{"zmq: the Authenticator panicked", nil}
	errAuthUser     error = &sentinel{"zmq: the Authenticator gave a user id of more than 255 bytes or with a zero byte", nil}
	errAuthMetadata error = &sentinel{"zmq: the Authenticator gave metadata that the protocol or the engine cannot take", nil}
)

// authStatus returns what the protocol has for an Authenticator's answer. The text stays in this process.
func authStatus(err error) (status, text string) {
	switch {
	case err == nil:
		return "200", "OK"
	case err == errAuthPanic || err == errAuthUser || err == errAuthMetadata:
		return "500", "internal error"
	case errors.Is(err, ErrTryLater) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return "300", "not possible now"
	}
	return "400", "denied"
}

// judge asks the Authenticator, and does not wait for one that is too slow: its goroutine, and its slot, are
// free again when it returns.
func (h *authHandler) judge(run context.Context, r AuthRequest) verdict {
	h.mu.Lock()
	a, office := h.a, h.ctx
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(office, AuthTimeout)
	defer cancel()
	defer context.AfterFunc(run, cancel)()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return verdict{err: ctx.Err()}
	}
	out := make(chan verdict, 1)
	go func() {
		v := verdict{err: errAuthPanic}
		defer func() {
			recover()
			out <- v
			<-h.slots
		}()
		v = ask(ctx, a, r)
	}()
	select {
	case v := <-out:
		if err := ctx.Err(); err != nil {
			return verdict{err: err} // who is out of office lets nobody in
		}
		return v
	case <-ctx.Done():
		return verdict{err: ctx.Err()}
	}
}

func ask(ctx context.Context, a Authenticator, r AuthRequest) (v verdict) {
	if m, ok := a.(MetadataAuthenticator); ok {
		v.user, v.metadata, v.err = m.AuthenticateMetadata(ctx, r)
		return v
	}
	v.user, v.err = a.Authenticate(ctx, r)
	return v
}
