package zmqd

import (
	"log/slog"
	"sync"
	"time"

	"example.org/zmq"
)

// sparing keeps the same line from filling the log: each is written once a minute.
type sparing struct {
	mu   sync.Mutex
	last map[string]*spared
}

type spared struct {
	at    time.Time
	count int // not written since
}

const (
	sparingEvery = time.Minute
	sparingMost  = 1024 // different lines that are remembered
)

func newSparing() *sparing { return &sparing{last: map[string]*spared{}} }

// allow reports whether the line may be written, and how many times it was not since it was last.
func (s *sparing) allow(line string) (before int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if l := s.last[line]; l != nil {
		if now.Sub(l.at) < sparingEvery {
			l.count++
			return 0, false
		}
		before = l.count
	} else if len(s.last) >= sparingMost {
		// A client that comes by ever new names fills the table: what is older than a minute is of no use any more.
		for k, l := range s.last {
			if now.Sub(l.at) >= sparingEvery {
				delete(s.last, k)
			}
		}
		if len(s.last) >= sparingMost {
			return 0, false
		}
	}
	s.last[line] = &spared{at: now}
	return before, true
}

// denials writes who was not let in.
type denials struct {
	log  *slog.Logger
	said *sparing
}

func newDenials(log *slog.Logger) *denials { return &denials{log, newSparing()} }

func (d *denials) note(r zmq.AuthRequest, why error) {
	attrs := []any{"side", r.Domain, "address", r.Address, "mechanism", r.Mechanism}
	who := r.Domain + " " + r.Address + " " + r.Mechanism
	switch r.Mechanism {
	case "CURVE":
		attrs, who = append(attrs, "key", r.Key.String()), who+r.Key.String()
	case "PLAIN":
		attrs, who = append(attrs, "user", r.Username), who+r.Username
	case "GSSAPI":
		attrs, who = append(attrs, "principal", r.Principal), who+r.Principal
	}
	if before, ok := d.said.allow(who); ok {
		d.log.Warn("denied", append(attrs, "reason", reasonOf(why), "before", before)...)
	}
}
