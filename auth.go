package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"maps"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

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

	// AuthenticateMetadata is Authenticate with metadata: from libzmq 4.1 on Message.Gets returns them by their names for each
	// message of this client that comes over a network transport. A name has 1 to 255 bytes; names and values have no zero byte,
	// which for libzmq is their end. "User-Id", "Identity", "Socket-Type", "Resource", "Routing-Id", "Peer-Address" and "__fd" are
	// names of libzmq's own. Metadata that breaks these rules denies the client, as a panic does. The map is read after the return:
	// it must not be changed any more.
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

// ErrTryLater is returned by an Authenticator that cannot decide now: the client does not get in, and tries again.
var ErrTryLater error = &sentinel{"zmq: authentication is not possible now", nil}

// AuthTimeout is how long an Authenticator may take for one client.
const AuthTimeout = 5 * time.Second

// ServeAuth makes a the context's ZAP handler (RFC 27): until ctx ends, a is asked about every client that connects to the
// context's servers. a is in place when ServeAuth returns: bind sockets after it. A context has one Authenticator; each
// context has its own.
//
// When ctx has ended no new client is accepted until ServeAuth is called again: clients are asked to try again later. That
// holds until the context's last socket is closed, also after Shutdown and while Term waits, or until the program binds a
// socket of its own to inproc://zeromq.zap.01, which is asked from then on. Before ctx has ended that Bind fails with
// EADDRINUSE. In the moment in which the one replaces the other there is no handler, and a server accepts a client as if
// ServeAuth had never been called, unless it has ZAPDomain with ZAPEnforceDomain (from libzmq 4.3.4 on).
//
// If ServeAuth was never called, and C code serves no authentication either, libzmq 4.3.4 accepts these clients:
//
//   - of a CurveServer: every client that knows the server's public key and has any pair of keys;
//   - of a PlainServer: none. While something watches its connections (a Monitor, WatchPeers, WaitConnected), a client
//     that is refused stays connected until the HandshakeInterval is over;
//   - of a server without security: every client, even with ZAPDomain set. Where ServeAuth was called, a server without
//     security asks it only if ZAPDomain is set.
//
// Where no Authenticator is asked about a client, the property "User-Id" of its messages is what the client says it is.
//
// Errors: EADDRINUSE when the context has an Authenticator; ErrMaxSockets; ErrTooManyFiles; ErrTerminated; a *VersionError
// before libzmq 4.0.
func (c *Context) ServeAuth(ctx context.Context, a Authenticator, opts ...AuthOption) error {
	defer runtime.KeepAlive(c)
	if err := c.inner().serveAuth(ctx, a, opts); err != nil {
		return &OpError{Op: "serve authentication", Type: noSocket, Err: err}
	}
	return nil
}

func (z *contextState) serveAuth(ctx context.Context, a Authenticator, opts []AuthOption) error {
	if err := z.live(); err != nil {
		return err
	}
	if err := need("ServeAuth", from40); err != nil {
		return err
	}
	if isNoAuthenticator(a) {
		return withReason(EINVAL, "there is no Authenticator")
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	service := authService{ctx: ctx, a: a, log: log.Default()}
	for _, o := range opts {
		o(&service)
	}
	z.authMu.Lock()
	defer z.authMu.Unlock()
	if h := z.auth; h != nil {
		if _, err := h.s.st.events(); err != nil {
			return err
		}
		return h.replace(service)
	}
	s, err := z.authSocket()
	if err != nil {
		return err
	}
	h := newAuthHandler(s, service)
	z.auth = h
	go h.run()
	return nil
}

// isNoAuthenticator reports whether a is nil, or holds a nil of the package's own types.
func isNoAuthenticator(a Authenticator) bool {
	switch a := a.(type) {
	case nil:
		return true
	case AuthenticatorFunc:
		return a == nil
	case MetadataAuthenticatorFunc:
		return a == nil
	case *AllowList:
		return a == nil
	}
	return false
}

// AuthOption is an option of Context.ServeAuth.
type AuthOption func(*authService)

// AuthErrorLog sets the logger for panics of an Authenticator, with their stack, and for user ids and metadata that cannot
// be sent. When several come within ten seconds only the first one is logged, and then their number, since clients may
// cause them. The default, also for nil, is the standard logger of package log, as for a server of net/http. The lines name
// the client, and do not contain its password unless the panic does.
func AuthErrorLog(l *log.Logger) AuthOption {
	return func(s *authService) {
		if l != nil {
			s.log = l
		}
	}
}

// authSlots is how many clients are judged at a time; more of them wait their turn.
const authSlots = 128

func newAuthHandler(s *Socket, service authService) *authHandler {
	return &authHandler{s: s, recv: s.RecvParts, service: service, slots: make(chan struct{}, authSlots)}
}

// authSocket opens and binds the socket on which the engine asks.
func (z *contextState) authSocket() (*Socket, error) {
	// The bare Context keeps the handler from keeping the real one alive.
	s, err := (&Context{st: z}).openSocket(socketSpec{typ: Router, kind: "authentication handler"})
	if err != nil {
		return nil, err
	}
	err = s.Set(Linger(0))
	if err == nil {
		err = s.endpointError("bind", zapEndpoint, s.st.attachTo(endpointBind, zapEndpoint))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	z.mu.Lock()
	z.last = s.st
	z.mu.Unlock()
	return s, nil
}

// replace makes another Authenticator serve, if none does, and takes the place again that the handler may have made way from.
// contextState.authMu is held.
func (h *authHandler) replace(service authService) error {
	if h.serves() {
		return withReason(EADDRINUSE, "the context has an Authenticator already")
	}
	if h.away {
		if err := h.s.st.attachTo(endpointBind, zapEndpoint); err != nil {
			return h.s.endpointError("bind", zapEndpoint, err)
		}
		h.away = false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.service = service
	return nil
}

// authPause is how long the handler rests after a failure to receive, which want of memory can cause.
const authPause = 10 * time.Millisecond

// run answers until the context ends. Nothing else stops it: where no handler serves authentication the engine lets
// every client of a CURVE server in.
func (h *authHandler) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for {
		parts, err := h.recv(ctx)
		if errors.Is(err, ErrClosed) || errors.Is(err, ErrTerminated) {
			break
		}
		if err != nil {
			time.Sleep(authPause)
			continue
		}
		all.Add(1)
		go func() {
			defer all.Done()
			h.answer(ctx, parts)
		}()
	}
	cancel()
	all.Wait()
	h.s.st.z.awaitOthers(h.s.st)
	h.s.Close()
}

// answer judges one client. A question has the parts: route, empty, version, request id, domain, address, routing id,
// mechanism, credentials.
func (h *authHandler) answer(run context.Context, parts [][]byte) {
	if len(parts) < 4 || len(parts[1]) != 0 {
		return // nothing to answer to
	}
	status, text := "500", "malformed request"
	var v verdict
	if r, ok := parseAuth(parts[2:]); ok {
		v = h.judge(run, r)
		status, text = authStatus(v.err)
	}
	if v.err != nil {
		v.user, v.reply = "", nil
	}
	ctx, cancel := context.WithTimeout(run, AuthTimeout)
	defer cancel()
	h.s.SendParts(ctx, parts[0], nil, []byte("1.0"), parts[3], []byte(status), []byte(text), []byte(v.user), v.reply)
}

// verdict is what an Authenticator says of a client.
type verdict struct {
	user     string
	metadata map[string]string
	reply    []byte // the metadata as the protocol has them
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

// authMetadataMax is more than there is to say of a client, and less than the protocol's lengths can hold.
const authMetadataMax = 1 << 20

// authMetadataName reports whether a property may have this name. The engine takes two of its own names for the
// client's identity and socket type, whether the client sent them or the Authenticator. Its comparison heeds case;
// that of others may not.
func authMetadataName(name string) bool {
	own := [...]string{"User-Id", "Identity", "Socket-Type", "Resource", "Routing-Id", "Peer-Address", "__fd"}
	return name != "" && len(name) <= 255 && strings.IndexByte(name, 0) < 0 &&
		!slices.ContainsFunc(own[:], func(o string) bool { return strings.EqualFold(o, name) })
}

// plainAddr returns an address in the form that networks are compared in: no prefix contains an address with a zone, and
// none of IPv4 one that is mapped into IPv6.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

var (
	errAuthPanic    error = &sentinel{"zmq: the Authenticator panicked", nil}
	errAuthUser     error = &sentinel{"zmq: the Authenticator gave a user id of more than 255 bytes or with a zero byte", nil}
	errAuthMetadata error = &sentinel{"zmq: the Authenticator gave metadata that the protocol or the engine cannot take", nil}
)

// authFault reports whether the Authenticator is at fault.
func authFault(err error) bool {
	return err == errAuthPanic || err == errAuthUser || err == errAuthMetadata
}

// judge asks the Authenticator, and does not wait for one that is too slow: its goroutine, and its slot, are
// free again when it returns.
func (h *authHandler) judge(run context.Context, r AuthRequest) verdict {
	h.mu.Lock()
	service := h.service
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(service.ctx, AuthTimeout)
	defer cancel()
	defer context.AfterFunc(run, cancel)()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return verdict{err: ctx.Err()}
	}
	if err := ctx.Err(); err != nil {
		<-h.slots
		return verdict{err: err}
	}
	out := make(chan verdict, 1)
	go func() {
		defer func() { <-h.slots }()
		service.ask(ctx, r, out)
	}()
	var v verdict
	select {
	case v = <-out:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return verdict{err: err} // whatever the Authenticator said: it came too late
	}
	return v
}

// ask sends what the Authenticator says of a client, and logs what is wrong with it.
func (s authService) ask(ctx context.Context, r AuthRequest, out chan<- verdict) {
	returned := false
	defer func() {
		if returned {
			return
		}
		p := recover()
		out <- verdict{err: errAuthPanic}
		if p == nil {
			p = "runtime.Goexit was called"
		}
		authFaults.log(s.log, fmt.Sprintf("zmq: panic in the Authenticator about %v: %v\n%s", r, p, debug.Stack()))
	}()
	v := s.verdict(ctx, r)
	returned = true
	v.reply, v.err = v.encode()
	out <- v
	if authFault(v.err) {
		authFaults.log(s.log, fmt.Sprintf("%v, about %v", v.err, r))
	}
}

func (s authService) verdict(ctx context.Context, r AuthRequest) (v verdict) {
	if m, ok := s.a.(MetadataAuthenticator); ok {
		v.user, v.metadata, v.err = m.AuthenticateMetadata(ctx, r)
		return v
	}
	v.user, v.err = s.a.Authenticate(ctx, r)
	return v
}

// faultLog keeps clients that make an Authenticator fail from filling the log.
type faultLog struct {
	mu     sync.Mutex
	last   time.Time
	passed int // over, since then
}

// faultEvery is how often a mistake is logged in full.
const faultEvery = 10 * time.Second

var authFaults faultLog

func (f *faultLog) log(l *log.Logger, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.last) < faultEvery {
		f.passed++
		return
	}
	if f.passed > 0 {
		text += fmt.Sprintf(" (and %d more since the last one that was logged)", f.passed)
	}
	f.last, f.passed = time.Now(), 0
	l.Print(text)
}

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
