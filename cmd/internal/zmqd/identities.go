package zmqd

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/zmq"
)

// The gate is asked about clients that come, and not told which of them leaves: the tables say who was let in, not who is connected.

const (
	identitiesShown = 100 // in each of a side's two tables
	addressesShown  = 8   // of an identity
	nameShown       = 255 // bytes of a name; more than PLAIN and the lists have
)

// identity is a client as it is told apart: by its key, its name, or its address.
type identity struct {
	Mechanism string    `json:"mechanism"`
	Key       string    `json:"key,omitempty"`  // of CURVE
	Name      string    `json:"name,omitempty"` // as the list has it, or as a client says without CURVE
	Addresses []string  `json:"addresses"`      // the newest first
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Times     uint64    `json:"times"`
	Reason    string    `json:"reason,omitempty"` // why it was denied
}

// identityTable is the newest identities of one kind.
type identityTable struct {
	List []identity `json:"list"` // the newest first
	Gone uint64     `json:"gone"` // older ones that made room
}

// identities are the clients that were judged at a side.
type identities struct {
	mu            sync.Mutex
	letIn, denied kept
}

// identitiesStatus is what the page shows of them.
type identitiesStatus struct {
	LetIn  identityTable `json:"letIn"`
	Denied identityTable `json:"denied"`
}

// note records a decision.
func (i *identities) note(r zmq.AuthRequest, user string, err error, now time.Time) {
	if i == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		i.denied.note(r, "", reasonOf(err), now)
	} else {
		i.letIn.note(r, user, "", now)
	}
}

func (i *identities) status() *identitiesStatus {
	if i == nil {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return &identitiesStatus{i.letIn.table(), i.denied.table()}
}

func reasonOf(err error) string { return strings.TrimPrefix(err.Error(), "zmq: ") }

// kept is identities in the order in which they came last, the newest at the end.
type kept struct {
	all  []*identity
	gone uint64
}

func (k *kept) note(r zmq.AuthRequest, user, reason string, now time.Time) {
	came := identity{Mechanism: r.Mechanism, Name: shownName(user), First: now}
	address := shownAddress(r)
	switch r.Mechanism {
	case "CURVE":
		came.Key = r.Key.String()
		if user == came.Key {
			came.Name = "" // the list has no other
		}
	case "PLAIN":
		came.Name = shownName(r.Username)
	case "GSSAPI":
		came.Name = shownName(r.Principal)
	}
	at := slices.IndexFunc(k.all, func(other *identity) bool { return other.same(&came, address) })
	found := &came
	if at >= 0 {
		found = k.all[at]
		k.all = slices.Delete(k.all, at, at+1)
	} else if len(k.all) >= identitiesShown {
		k.all = slices.Delete(k.all, 0, 1)
		k.gone++
	}
	found.Name, found.Reason, found.Last = came.Name, reason, now
	found.Times++
	found.from(address)
	k.all = append(k.all, found)
}

// same reports whether two are the same client: by key, by name, or by address where there is neither. A key keeps its row when
// its name on the list changes.
func (i *identity) same(o *identity, address string) bool {
	switch {
	case i.Mechanism != o.Mechanism || i.Key != o.Key:
		return false
	case i.Key != "":
		return true
	case i.Name != "" || o.Name != "":
		return i.Name == o.Name
	}
	return i.Addresses[0] == address
}

// from notes where it came from.
func (i *identity) from(address string) {
	i.Addresses = slices.DeleteFunc(i.Addresses, func(a string) bool { return a == address })
	i.Addresses = slices.Insert(i.Addresses, 0, address)
	i.Addresses = i.Addresses[:min(len(i.Addresses), addressesShown)]
}

func (k *kept) table() identityTable {
	list := make([]identity, len(k.all))
	for n, i := range k.all {
		one := *i
		one.Addresses = slices.Clone(i.Addresses)
		list[len(list)-1-n] = one
	}
	return identityTable{list, k.gone}
}

// shownName returns a name, which strangers may have chosen, in a form that can be shown: cut to nameShown bytes, and quoted if it
// has characters that change the text around it, such as control characters and those that turn the direction of writing.
func shownName(s string) string {
	cut := len(s) > nameShown
	if cut {
		end := nameShown
		for end > nameShown-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		quoted := strconv.Quote(s)
		s = quoted[1 : len(quoted)-1]
	}
	if cut {
		s += "…"
	}
	return s
}

// shownAddress returns where a client comes from. Of an ipc client the engine says "localhost:uid:gid:pid" where the system
// has that; another process of the same user is the same here.
func shownAddress(r zmq.AuthRequest) string {
	if r.Addr.IsValid() {
		return r.Addr.String()
	}
	if ids := strings.Split(r.Address, ":"); len(ids) == 4 {
		return "ipc, uid " + shownName(ids[1])
	}
	return "ipc"
}
