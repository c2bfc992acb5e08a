package zmq

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
)

// AllowList is an Authenticator that accepts the clients on its lists and denies all others. The zero AllowList denies
// every client. The list can be changed while it is in use; connections that are open stay open.
//
// A client is accepted if its address is not denied, is allowed where any address was allowed, and if its mechanism accepts
// it: NULL, if AllowAddr allowed its address; PLAIN, if AllowUser names its user and password; CURVE, if AllowKey names its
// key; GSSAPI, if AllowPrincipal names its principal. ipc clients have no IP address: where addresses are allowed they are
// denied.
//
// Networks and addresses are compared without zones, so fe80::/10 holds every link-local client. An IPv4 client that
// connects to an IPv6 socket counts as an IPv4 client, and a network of such addresses, ::ffff:10.0.0.0/104, as the IPv4
// network, 10.0.0.0/8. To allow ::/0 allows all of IPv6; to deny it denies IPv4 as well, which is mapped into it. A Prefix
// that is not valid allows no client in AllowAddr, and denies every client in DenyAddr.
//
// A domain can have a list of its own: see Domain.
//
// A nil *AllowList denies every client, whatever is added to it, and ServeAuth refuses it.
//
// An AllowList is safe for concurrent use by multiple goroutines.
type AllowList struct {
	mu         sync.RWMutex
	salt       []byte
	allowed    []netip.Prefix
	denied     []netip.Prefix
	users      map[string][]byte // salted hashes of passwords
	keys       map[CurveKey]string
	loaded     map[CurveKey]string // of LoadKeys, replaced as a whole
	principals map[string]bool
	domains    map[string]*AllowList
	decided    func(AuthRequest, string, error)

	loading sync.Mutex // one LoadKeys at a time; taken before mu
}

// Domain returns the list for the servers whose ZAPDomain is name. The first call makes it, empty. From then on only that
// list decides about the clients of these servers; what l allows or denies holds for the other servers. Change it and load
// keys into it as into any list. The name "" stands for servers without a ZAPDomain. The Domain of a nil list is nil.
func (l *AllowList) Domain(name string) *AllowList {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.domains[name]
	if d == nil {
		d = new(AllowList)
		if l.domains == nil {
			l.domains = map[string]*AllowList{}
		}
		l.domains[name] = d
	}
	return d
}

// OnDecision makes the list call f for each client that the list, or one of its Domains, has accepted or denied: with the
// request, without the password, and with the user id or the error that denies the client. It replaces the function that
// was set before; nil removes it.
//
// f is called on the goroutine that calls Authenticate, before Authenticate returns, and by many goroutines at a time. It
// must not block: the client waits until f returns, and is denied if AuthTimeout is over by then. A panic of f denies the
// client. f may call the list's methods.
func (l *AllowList) OnDecision(f func(r AuthRequest, userID string, err error)) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decided = f
}

// AllowAddr allows clients from these networks. Once one network is allowed, clients from all others
// are denied.
func (l *AllowList) AllowAddr(networks ...netip.Prefix) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.allowed = append(l.allowed, masked(networks)...)
}

// DenyAddr denies clients from these networks, allowed or not.
func (l *AllowList) DenyAddr(networks ...netip.Prefix) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.denied = append(l.denied, masked(networks)...)
}

// RemoveAddr removes networks that were allowed or denied. When no allowed network is left, clients may connect from
// anywhere again.
func (l *AllowList) RemoveAddr(networks ...netip.Prefix) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := masked(networks)
	named := func(p netip.Prefix) bool { return slices.Contains(gone, p) }
	l.allowed = slices.DeleteFunc(l.allowed, named)
	l.denied = slices.DeleteFunc(l.denied, named)
}

func masked(networks []netip.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, len(networks))
	for i, p := range networks {
		out[i] = plainPrefix(p)
	}
	return out
}

// plainPrefix returns a network in the form that plainAddr's addresses are compared with.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

// AllowUser accepts clients of PLAIN security with this user name, which becomes their user id, and password. The
// password is kept as a salted hash. With an empty password the user does not get in.
func (l *AllowList) AllowUser(name, password string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users == nil {
		l.users = map[string][]byte{}
	}
	if l.salt == nil {
		l.salt = make([]byte, 16)
		rand.Read(l.salt)
	}
	l.users[name] = l.hash(password)
}

func (l *AllowList) hash(password string) []byte {
	h := hmac.New(sha256.New, l.salt)
	h.Write([]byte(password))
	return h.Sum(nil)
}

// RemoveUser removes a user from the list.
func (l *AllowList) RemoveUser(name string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.users, name)
}

// AllowKey accepts clients of CURVE security with this key, under this user id; "" stands for the key in Z85. The zero
// CurveKey is no key, and lets no client in.
func (l *AllowList) AllowKey(k CurveKey, userID string) {
	if l == nil {
		return
	}
	if userID == "" {
		userID = k.String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil {
		l.keys = map[CurveKey]string{}
	}
	l.keys[k] = userID
}

// RemoveKey removes a key from the list, also one that LoadKeys put there, until it is loaded again.
func (l *AllowList) RemoveKey(k CurveKey) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, k)
	delete(l.loaded, k)
}

// AllowPrincipal accepts clients of GSSAPI security with this principal, which becomes their user id.
func (l *AllowList) AllowPrincipal(name string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.principals == nil {
		l.principals = map[string]bool{}
	}
	l.principals[name] = true
}

// RemovePrincipal removes a principal from the list.
func (l *AllowList) RemovePrincipal(name string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.principals, name)
}

// String returns how many addresses, users, keys and principals are on the list, for logs.
func (l *AllowList) String() string {
	if l == nil {
		return "AllowList(nil)"
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	keys := len(l.keys)
	for k := range l.loaded {
		if _, twice := l.keys[k]; !twice {
			keys++
		}
	}
	domains := ""
	if n := len(l.domains); n > 0 {
		domains = fmt.Sprintf(", %d domains", n)
	}
	return fmt.Sprintf("AllowList(%d networks allowed, %d denied, %d users, %d keys, %d principals%s)",
		len(l.allowed), len(l.denied), len(l.users), keys, len(l.principals), domains)
}

// Format writes what String returns, whatever the verb.
func (l *AllowList) Format(f fmt.State, _ rune) { f.Write([]byte(l.String())) }

var errNotOnList = errors.New("zmq: not on the AllowList")

// Authenticate implements Authenticator: it accepts or denies the client by the rules that the AllowList's comment gives.
func (l *AllowList) Authenticate(ctx context.Context, r AuthRequest) (string, error) {
	if l == nil {
		return "", errNotOnList
	}
	l.mu.RLock()
	decided, of := l.decided, l.domains[r.Domain]
	l.mu.RUnlock()
	user, err := "", error(nil)
	if of != nil {
		user, err = of.Authenticate(ctx, r)
	} else {
		user, err = l.judge(r)
	}
	if decided != nil {
		r.Password = ""
		decided(r, user, err)
	}
	return user, err
}

// judge is Authenticate for those whose domain has no list of its own.
func (l *AllowList) judge(r AuthRequest) (string, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.denies(plainAddr(r.Addr)) {
		return "", errNotOnList
	}
	user, ok := "", false
	switch r.Mechanism {
	case "NULL":
		ok = len(l.allowed) > 0
	case "PLAIN":
		want, known := l.users[r.Username]
		ok = subtle.ConstantTimeCompare(want, l.hash(r.Password)) == 1 && known && r.Password != ""
		user = r.Username
	case "CURVE":
		if user, ok = l.keys[r.Key]; !ok {
			user, ok = l.loaded[r.Key]
		}
		ok = ok && r.Key != (CurveKey{}) // which was never made or read, and whose secret key is no secret
	case "GSSAPI":
		user, ok = r.Principal, l.principals[r.Principal]
	}
	if !ok {
		return "", errNotOnList
	}
	return user, nil
}

// denies reports whether the address, which may be none, is denied, or not among those that are allowed.
func (l *AllowList) denies(a netip.Addr) bool {
	mapped := a
	if a.Is4() {
		mapped = netip.AddrFrom16(a.As16())
	}
	denied := func(p netip.Prefix) bool { return !p.IsValid() || p.Contains(a) || p.Contains(mapped) }
	allowed := func(p netip.Prefix) bool { return p.Contains(a) }
	return slices.ContainsFunc(l.denied, denied) || len(l.allowed) > 0 && !slices.ContainsFunc(l.allowed, allowed)
}
