package binarystar

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"example.org/zmq"
)

// star is two machines with one clock, and a network between them that can break.
type star struct {
	*testing.T
	now             time.Time
	primary, backup *Machine
}

const silence = 2 * time.Second

func newStar(t *testing.T) *star {
	now := time.Unix(1_000_000, 0)
	return &star{t, now, NewMachine(Primary, silence, now), NewMachine(Backup, silence, now)}
}

// exchange lets each hear the other's state, as it was before.
func (s *star) exchange() {
	s.Helper()
	p, b := s.primary.State(), s.backup.State()
	if err := errors.Join(s.primary.Heard(b, s.now), s.backup.Heard(p, s.now)); err != nil {
		s.Fatal(err)
	}
}

func (s *star) passes(d time.Duration) { s.now = s.now.Add(d) }

func (s *star) are(primary, backup State) {
	s.Helper()
	if p, b := s.primary.State(), s.backup.State(); p != primary || b != backup {
		s.Fatalf("%v and %v; want %v and %v", p, b, primary, backup)
	}
}

func (s *star) asked(m *Machine, want bool) {
	s.Helper()
	if got := m.Asked(s.now); got != want {
		s.Fatalf("a request at the %v server: %v; want %v", m.State(), got, want)
	}
}

func TestFailover(t *testing.T) {
	s := newStar(t)
	s.asked(s.primary, false) // the backup may be active still
	s.asked(s.backup, false)
	s.exchange()
	s.exchange()
	s.are(Active, Passive)
	s.asked(s.primary, true)
	s.asked(s.backup, false)

	// The primary dies. Clients come to the backup before it may believe that.
	s.passes(silence)
	s.asked(s.backup, false)
	s.passes(1)
	s.asked(s.backup, true)

	// The primary comes back, and is the passive one now.
	s.primary = NewMachine(Primary, silence, s.now)
	s.exchange()
	s.are(Passive, Active)

	// The backup starts anew at once: the other one is active by its own.
	s.backup = NewMachine(Backup, silence, s.now)
	s.exchange()
	s.exchange()
	s.are(Active, Passive)
}

func TestSilenceAlone(t *testing.T) {
	s := newStar(t)
	s.exchange()
	s.exchange()
	s.passes(time.Hour) // the network between them is down, and clients still reach the primary
	s.asked(s.primary, true)
	s.are(Active, Passive)
}

func TestPrimaryAlone(t *testing.T) {
	s := newStar(t)
	s.passes(silence + 1)
	s.asked(s.primary, true)
	s.asked(s.backup, false)
	s.are(Active, Backup)
}

func TestCannotGoOn(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, c := range []struct {
		state State
		want  error
	}{{Active, ErrBothActive}, {Passive, ErrBothPassive}, {Primary, ErrSameRole}, {Backup, ErrSameRole}} {
		m := &Machine{state: c.state, silence: silence, heard: now}
		if err := m.Heard(c.state, now); !errors.Is(err, c.want) {
			t.Errorf("both %v: %v; want %v", c.state, err, c.want)
		}
		if err := m.Heard(State(9), now); err != nil || m.State() != c.state {
			t.Errorf("no state: %v, %v", m.State(), err)
		}
	}
}

func TestPair(t *testing.T) {
	zc, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	defer zc.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	dir := t.TempDir()
	a, b := "ipc://"+filepath.Join(dir, "a"), "ipc://"+filepath.Join(dir, "b")
	const interval = 20 * time.Millisecond
	pair := func(role State, bind, peer string) (*Pair, func()) {
		p, err := NewPair(zc, Config{Role: role, Bind: bind, Peer: peer, Interval: interval, Silence: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		return p, func() {
			cancel()
			if err := errors.Join(<-ended, p.Close()); err != nil {
				t.Error(err)
			}
		}
	}
	is := func(p *Pair, want State) {
		t.Helper()
		for state, changed := p.Watch(); state != want; state, changed = p.Watch() {
			select {
			case <-changed:
			case <-ctx.Done():
				t.Fatalf("still %v; want %v", state, want)
			}
		}
	}
	primary, endPrimary := pair(Primary, a, b)
	backup, endBackup := pair(Backup, b, a)
	is(primary, Active)
	is(backup, Passive)
	if !primary.Asked() {
		t.Error("the active one does not serve")
	}
	endPrimary()
	for !backup.Asked() {
		select { // as a client does between two tries
		case <-time.After(interval):
		case <-ctx.Done():
			t.Fatal("the backup does not take over")
		}
	}
	primary, endPrimary = pair(Primary, a, b)
	is(primary, Passive)
	endBackup()
	endPrimary()
}
