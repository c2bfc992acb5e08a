package clone

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// store is the map of a server or of a client. Its methods are told the time. It is not safe for concurrent use.
type store struct {
	entries map[string]entry
	last    uint64 // the highest sequence number
}

type entry struct {
	Update
	expires time.Time // zero for never
}

func newStore() store { return store{entries: map[string]entry{}} }

// put stores an update, or deletes its key, and takes over its sequence number.
func (s *store) put(u Update, now time.Time) {
	s.last = max(s.last, u.Sequence)
	if len(u.Value) == 0 {
		delete(s.entries, u.Key)
		return
	}
	e := entry{Update: u}
	if ttl := u.TTL(); ttl > 0 {
		e.expires = now.Add(ttl)
	}
	s.entries[u.Key] = e
}

// expired returns the keys whose time is over.
func (s *store) expired(now time.Time) (keys []string) {
	for key, e := range s.entries {
		if !e.expires.IsZero() && !now.Before(e.expires) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// snapshot returns a subtree as KVSYNC commands, in the order of their sequence numbers, and the KTHXBAI command that ends them. RFC 12
// gives clients no properties there; the other server of a pair needs those that are left.
func (s *store) snapshot(subtree string, properties bool, now time.Time) (out []Update) {
	highest := uint64(0)
	for _, e := range slices.SortedFunc(maps.Values(s.entries), func(a, b entry) int { return cmp.Compare(a.Sequence, b.Sequence) }) {
		if !strings.HasPrefix(e.Key, subtree) {
			continue
		}
		u := Update{Key: e.Key, Sequence: e.Sequence, Value: e.Value}
		if properties && !e.expires.IsZero() {
			u.setTTL(max(e.expires.Sub(now), 1))
		}
		highest = e.Sequence
		out = append(out, u)
	}
	if properties {
		highest = s.last // the other server goes on counting from here
	}
	return append(out, Update{Key: kthxbai, Sequence: highest, Value: []byte(subtree)})
}

// replica is a store that follows a server's. It says when it can follow no more.
type replica struct {
	store
	whole  bool          // no subtree: the server's numbers have no gaps
	settle time.Duration // how long updates may still come that were sent before the snapshot
	synced time.Time     // when the snapshot was taken over
	live   bool          // an update came after it
}

// sync takes over a snapshot.
func (r *replica) sync(updates []Update, last uint64, now time.Time) {
	r.store = newStore()
	for _, u := range updates {
		r.put(u, now)
	}
	r.last, r.synced, r.live = last, now, false
}

// follow applies an update. It reports whether that changed something, and whether a new snapshot is needed: when an update is missing,
// because the server has dropped it, or when the server counts from the beginning, because it was started anew.
func (r *replica) follow(u Update, now time.Time) (changed, lost bool) {
	if u.Sequence <= r.last {
		return false, r.live || now.Sub(r.synced) > r.settle
	}
	if r.whole && r.live && u.Sequence != r.last+1 {
		return false, true
	}
	r.put(u, now)
	r.live = true
	return true, false
}

// pending is what a server of a pair knows of clients' updates: those that nobody has published yet, as far as a passive server can tell,
// which it publishes itself if it has to take over; and the IDs of those that were published, since clients send again what they
// have not seen published.
type pending struct {
	keep      time.Duration // an update that is older than this was lost on its way to the active server, and is not to come up now
	updates   []waiting
	published map[string]time.Time
}

type waiting struct {
	Update
	came time.Time
}

// heard notes a client's update at a passive server. It may come after the active one has published it, and more than once.
func (p *pending) heard(u Update, now time.Time) {
	same := func(w waiting) bool { return string(w.ID) == string(u.ID) }
	if _, done := p.published[string(u.ID)]; !done && !slices.ContainsFunc(p.updates, same) {
		p.updates = append(p.updates, waiting{u, now})
	}
}

// publish notes that an update is published, here or by the active server.
func (p *pending) publish(id []byte, now time.Time) {
	if len(id) == 0 {
		return
	}
	p.updates = slices.DeleteFunc(p.updates, func(w waiting) bool { return string(w.ID) == string(id) })
	if p.published == nil {
		p.published = map[string]time.Time{}
	}
	p.published[string(id)] = now
}

// isPublished reports whether an update was published lately.
func (p *pending) isPublished(id []byte) bool {
	_, done := p.published[string(id)]
	return done
}

// expire forgets what is old.
func (p *pending) expire(now time.Time) {
	p.updates = slices.DeleteFunc(p.updates, func(w waiting) bool { return now.Sub(w.came) > p.keep })
	maps.DeleteFunc(p.published, func(_ string, came time.Time) bool { return now.Sub(came) > p.keep })
}

// take returns what is to be published, and forgets it.
func (p *pending) take(now time.Time) (out []Update) {
	p.expire(now)
	for _, w := range p.updates {
		out = append(out, w.Update)
	}
	p.updates = nil
	return out
}
