package freelance

import "time"

// roster is what a client knows of its servers. It has no socket and no clock. It is not safe for concurrent use.
type roster struct {
	ping, silence time.Duration
	servers       []*server // in the order in which they were connected
}

// server is one of them. Its name is its endpoint, and its identity as well.
type server struct {
	name  string
	heard time.Time // zero before its first sign of life, and once it has failed a request
	next  time.Time // when to ping it
}

func (r *roster) add(name string) {
	if r.find(name) == nil {
		r.servers = append(r.servers, &server{name: name})
	}
}

func (r *roster) find(name string) *server {
	for _, s := range r.servers {
		if s.name == name {
			return s
		}
	}
	return nil
}

// heard notes a sign of life, and reports whether the server had been taken for dead.
func (r *roster) heard(name string, now time.Time) (risen bool) {
	s := r.find(name)
	if s == nil {
		return false
	}
	risen = !r.alive(s, now)
	s.heard = now
	return risen
}

func (r *roster) alive(s *server, now time.Time) bool {
	return !s.heard.IsZero() && now.Sub(s.heard) <= r.silence
}

// failed notes that a server has not answered a request. It is taken for dead until it answers a ping, and comes last in the list, since a
// server that answers pings alone is not to have each request first.
func (r *roster) failed(name string) {
	for i, s := range r.servers {
		if s.name == name {
			s.heard = time.Time{}
			r.servers = append(append(r.servers[:i:i], r.servers[i+1:]...), s)
			return
		}
	}
}

// pick returns the first server that is alive.
func (r *roster) pick(now time.Time) (name string, ok bool) {
	for _, s := range r.servers {
		if r.alive(s, now) {
			return s.name, true
		}
	}
	return "", false
}

// due returns the servers to ping now. A sign of life puts the next ping off.
func (r *roster) due(now time.Time) (names []string) {
	for _, s := range r.servers {
		if !now.Before(s.next) && !now.Before(s.heard.Add(r.ping)) {
			s.next = now.Add(r.ping)
			names = append(names, s.name)
		}
	}
	return names
}
