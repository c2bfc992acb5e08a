package zmq3

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"example.org/zmq"
)

// CURVE_ALLOW_ANY stands for all public keys.
const CURVE_ALLOW_ANY = "*"

// everyDomain stands for all domains.
const everyDomain = "*"

// auth judges the clients of the default context's servers.
var auth = authState{
	allow: map[string][]string{}, deny: map[string][]string{},
	users: map[string]map[string]string{}, keys: map[string]map[string]bool{},
}

type authState struct {
	mu      sync.Mutex
	allow   map[string][]string          // by domain, addresses and networks
	deny    map[string][]string          // the same
	users   map[string]map[string]string // by domain, passwords by user
	keys    map[string]map[string]bool   // by domain, public keys
	verbose bool
	handler metadataHandler
	stop    context.CancelFunc // not nil while it runs
	asking  sync.Mutex         // held while a handler is called
}

type metadataHandler = func(version, request_id, domain, address, identity, mechanism string, credentials ...string) (metadata map[string]string)

var errAuthRuns = errors.New("Auth is already running")

// AuthStart begins to judge the clients that connect to servers of the default context, by what the other functions whose
// names begin with Auth say.
func AuthStart() (err error) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	if auth.stop != nil {
		auth.say("Already running")
		return errAuthRuns
	}
	z, err := defaultContext.library()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := z.ServeAuth(ctx, zmq.MetadataAuthenticatorFunc(auth.judge)); err != nil {
		cancel()
		return bare(err)
	}
	auth.stop = cancel
	auth.say("Starting")
	return nil
}

// AuthStop ends what AuthStart began. Until the next AuthStart nobody gets in where a client would have been judged: those
// who come are put off.
func AuthStop() {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	if auth.stop == nil {
		auth.say("Not running, can't stop")
		return
	}
	auth.say("Stopping")
	auth.stop()
	auth.stop = nil
	auth.say("Stopped")
}

// say logs a decision, with pairs of names and values, if AuthSetVerbose has asked for it. Callers pass no passwords. a.mu is held.
func (a *authState) say(verdict string, values ...string) {
	if !a.verbose {
		return
	}
	line := "AUTH: " + verdict
	for i := 0; i < len(values); i += 2 {
		line += fmt.Sprintf(" %s=%q", values[i], values[i+1])
	}
	log.Println(line)
}

// AuthSetVerbose makes authentication log what it does.
func AuthSetVerbose(verbose bool) {
	auth.mu.Lock()
	auth.verbose = verbose
	auth.mu.Unlock()
}

// AuthAllow lets clients of a domain, "*" for all, connect from these addresses or networks: from the first on, others are
// denied. Text that is neither an address nor a network counts as an address that no client has. If domain is an address
// itself it counts as one, for all domains.
func AuthAllow(domain string, addresses ...string) {
	auth.addAddresses("Allow", auth.allow, domain, addresses)
}

// AuthDeny keeps clients of a domain, "*" for all, from connecting from these addresses or networks. It is ignored where a
// domain has addresses that are allowed. If domain is an address itself it counts as one, for all domains.
func AuthDeny(domain string, addresses ...string) {
	auth.addAddresses("Deny", auth.deny, domain, addresses)
}

func (a *authState) addAddresses(what string, to map[string][]string, domain string, addresses []string) {
	if isAddress(domain) {
		addresses = append([]string{domain}, addresses...)
		domain = everyDomain
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, address := range addresses {
		if !isAddress(address) {
			a.say(fmt.Sprintf("%s for domain %q: %q is not a valid address or network", what, domain, address))
		}
		if !slices.Contains(to[domain], address) {
			to[domain] = append(to[domain], address)
		}
	}
}

// isAddress reports whether s is an address or a network.
func isAddress(s string) bool {
	_, noAddr := netip.ParseAddr(s)
	_, noNetwork := netip.ParsePrefix(s)
	return noAddr == nil || noNetwork == nil
}

// AuthPlainAdd adds a user of PLAIN security in a domain, "*" for all.
func AuthPlainAdd(domain, username, password string) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	if auth.users[domain] == nil {
		auth.users[domain] = map[string]string{}
	}
	auth.users[domain][username] = password
}

// AuthPlainRemove removes users of a domain.
func AuthPlainRemove(domain string, usernames ...string) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	for _, name := range usernames {
		delete(auth.users[domain], name)
	}
}

// AuthPlainRemoveAll removes all users of a domain.
func AuthPlainRemoveAll(domain string) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	delete(auth.users, domain)
}

// AuthCurveAdd adds public keys of clients in a domain, "*" for all: in Z85, or CURVE_ALLOW_ANY.
func AuthCurveAdd(domain string, pubkeys ...string) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	if auth.keys[domain] == nil {
		auth.keys[domain] = map[string]bool{}
	}
	for _, key := range pubkeys {
		auth.keys[domain][key] = true
	}
}

// AuthCurveRemove removes public keys of a domain.
func AuthCurveRemove(domain string, pubkeys ...string) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	for _, key := range pubkeys {
		delete(auth.keys[domain], key)
	}
}

// AuthCurveRemoveAll removes all public keys of a domain.
func AuthCurveRemoveAll(domain string) {
	auth.mu.Lock()
	defer auth.mu.Unlock()
	delete(auth.keys, domain)
}

// AuthSetMetadataHandler sets the function that is called for each client that is accepted. "User-Id" of its map becomes the
// user id; the rest comes out of RecvWithMetadata for the messages of the client. It is called for one
// client at a time. A nil function is none.
func AuthSetMetadataHandler(
	handler func(
		version, request_id, domain, address, identity, mechanism string, credentials ...string) (metadata map[string]string)) {
	auth.mu.Lock()
	auth.handler = handler
	auth.mu.Unlock()
}

var errDenied = errors.New("denied")

// judge is the library's authenticator.
func (a *authState) judge(_ context.Context, r zmq.AuthRequest) (string, map[string]string, error) {
	a.mu.Lock()
	ok := a.admits(r)
	handler := a.handler
	a.mu.Unlock()
	if !ok {
		return "", nil, errDenied
	}
	if handler == nil {
		return "", nil, nil
	}
	return a.properties(a.ask(handler, r))
}

// ask calls a handler, for one client at a time: handlers are written for the other package, which calls them so.
func (a *authState) ask(handler metadataHandler, r zmq.AuthRequest) map[string]string {
	a.asking.Lock()
	defer a.asking.Unlock()
	// The engine's requests all have this version and this number. The map is copied, since the next call may change it.
	return maps.Clone(handler("1.0", "1", r.Domain, r.Address, string(r.RoutingID), r.Mechanism, credentials(r)...))
}

func credentials(r zmq.AuthRequest) []string {
	switch r.Mechanism {
	case "PLAIN":
		return []string{r.Username, r.Password}
	case "CURVE":
		return []string{string(r.Key[:])}
	case "GSSAPI":
		return []string{r.Principal}
	}
	return []string{}
}

// properties takes the user id out of a handler's map, and what the engine would not pass on.
func (a *authState) properties(from map[string]string) (user string, metadata map[string]string, err error) {
	metadata = map[string]string{}
	for name, value := range from {
		switch as := propertyName(name); {
		case name == "User-Id":
			user = value
		case as == "" || len(as) > 255 || strings.ContainsRune(name, 0) || strings.ContainsRune(value, 0):
			a.mu.Lock()
			a.say("Left out of the metadata", "name", name)
			a.mu.Unlock()
		default:
			metadata[as] = value
		}
	}
	return user, metadata, nil
}

// aliases begins the names under which the engine gets a handler's properties that have a name of the engine's own. Under that name
// some would name the client, and others would have it refused. No client can send one with this prefix, since none knows it.
var aliases = "X-" + rand.Text() + "-"

// propertyName returns the name under which the engine gets a handler's property, "" for one that the engine sets whatever the
// handler says.
func propertyName(name string) string {
	switch {
	case name == "Peer-Address" || name == "__fd":
		return ""
	case slices.ContainsFunc(engineNames, func(own string) bool { return strings.EqualFold(own, name) }):
		return aliases + name
	}
	return name
}

// engineNames are the properties that libzmq itself reads or sets.
var engineNames = []string{"User-Id", "Identity", "Socket-Type", "Resource", "Routing-Id", "Peer-Address", "__fd"}

// property returns a property of a message: the handler's if it has set it, else that of the client or the engine.
func property(m *zmq.Message, name string) (string, error) {
	if as := propertyName(name); as != name && as != "" {
		if v, err := m.Gets(as); err == nil {
			return v, nil
		}
	}
	v, err := m.Gets(name)
	if err != nil && name == "Identity" { // its other name, as for the engine
		return m.Gets(propertyName("Routing-Id"))
	}
	return v, err
}

// admits reports whether a client may come in. a.mu is held.
func (a *authState) admits(r zmq.AuthRequest) bool {
	if !a.admitsAddress(r) {
		return false
	}
	switch r.Mechanism {
	case "NULL":
		return true
	case "GSSAPI": // Kerberos has judged it
		a.say("ALLOWED (GSSAPI)", "domain", r.Domain, "principal", r.Principal)
		return true
	case "PLAIN":
		return a.admitsUser(r)
	case "CURVE":
		return a.admitsKey(r)
	}
	return false
}

// admitsUser compares every password in a time that does not depend on it.
func (a *authState) admitsUser(r zmq.AuthRequest) bool {
	var by []string
	for _, domain := range []string{r.Domain, everyDomain} {
		password, known := a.users[domain][r.Username]
		same := subtle.ConstantTimeCompare([]byte(password), []byte(r.Password)) == 1
		if known && same {
			by = append(by, domain)
		}
	}
	if len(by) == 0 {
		a.say("DENIED (PLAIN)", "domain", r.Domain, "username", r.Username)
		return false
	}
	a.say("ALLOWED (PLAIN)", "domain", by[0], "username", r.Username)
	return true
}

func (a *authState) admitsKey(r zmq.AuthRequest) bool {
	key := r.Key.String()
	for _, domain := range []string{r.Domain, everyDomain} {
		switch keys := a.keys[domain]; {
		case keys[CURVE_ALLOW_ANY]:
			a.say("ALLOWED (CURVE any client)", "domain", domain)
			return true
		case keys[key]:
			a.say("ALLOWED (CURVE)", "domain", domain, "client_key", key)
			return true
		}
	}
	a.say("DENIED (CURVE)", "domain", r.Domain, "client_key", key)
	return false
}

// admitsAddress has the whitelist decide if there is one for the domain, and else the blacklist.
func (a *authState) admitsAddress(r zmq.AuthRequest) bool {
	listed := func(in map[string][]string) (used, here bool) {
		all, domain := in[everyDomain], in[r.Domain]
		return len(all)+len(domain) > 0, isFrom(r, domain) || isFrom(r, all)
	}
	verdict := ""
	used, ok := listed(a.allow)
	switch {
	case used && ok:
		verdict = "PASSED (whitelist)"
	case used:
		verdict = "DENIED (not in whitelist)"
	default:
		var denied bool
		used, denied = listed(a.deny)
		switch ok = !denied; {
		case denied:
			verdict = "DENIED (blacklist)"
		case used:
			verdict = "PASSED (not in blacklist)"
		}
	}
	if verdict != "" {
		a.say(verdict, "domain", r.Domain, "address", r.Address)
	} else if r.Mechanism == "NULL" {
		a.say("ALLOWED (NULL)")
	}
	return ok
}

// isFrom reports whether the client's address is among these, or in one of their networks.
func isFrom(r zmq.AuthRequest, addresses []string) bool {
	return slices.ContainsFunc(addresses, func(address string) bool {
		if address == r.Address {
			return true
		}
		if network, err := netip.ParsePrefix(address); err == nil {
			return network.Contains(r.Addr)
		}
		addr, err := netip.ParseAddr(address)
		return err == nil && addr.Unmap() == r.Addr
	})
}

// ServerAuthNull makes the socket a server without security, whose clients are judged by their addresses if it has a
// domain.
func (server *Socket) ServerAuthNull(domain string) error {
	err := server.SetPlainServer(0)
	if err == nil {
		err = server.SetZapDomain(domain)
	}
	return err
}

// ServerAuthPlain makes the socket a server of PLAIN security.
func (server *Socket) ServerAuthPlain(domain string) error {
	err := server.SetPlainServer(1)
	if err == nil {
		err = server.SetZapDomain(domain)
	}
	return err
}

// ServerAuthCurve makes the socket a server of CURVE security.
func (server *Socket) ServerAuthCurve(domain, secret_key string) error {
	err := server.SetCurveServer(1)
	if err == nil {
		err = server.SetCurveSecretkey(secret_key)
	}
	if err == nil {
		err = server.SetZapDomain(domain)
	}
	return err
}

// ClientAuthPlain makes the socket a client of PLAIN security.
func (client *Socket) ClientAuthPlain(username, password string) error {
	err := client.SetPlainUsername(username)
	if err == nil {
		err = client.SetPlainPassword(password)
	}
	return err
}

// ClientAuthCurve makes the socket a client of CURVE security.
func (client *Socket) ClientAuthCurve(server_public_key, client_public_key, client_secret_key string) error {
	err := client.SetCurveServerkey(server_public_key)
	if err == nil {
		err = client.SetCurvePublickey(client_public_key)
	}
	if err == nil {
		err = client.SetCurveSecretkey(client_secret_key)
	}
	return err
}
