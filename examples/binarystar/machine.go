// Package binarystar is the Binary Star pattern: of two servers one, the primary, serves clients, and the other, the backup, takes
// over when it is gone. At any time at most one of them is active.
//
// A server that hears nothing of its peer cannot know whether the peer has died, or the network between them. So a silent peer is
// not enough: a client, which asks the backup only when it has no answer from the primary, has to ask as well.
//
// [Machine] decides, without sockets and without a clock. [Pair] runs one over two sockets.
package binarystar

import (
	"errors"
	"fmt"
	"time"
)

// State is what a server is.
type State byte

// The states. Each server sends its own to the other one, as a message of this one byte.
const (
	Primary State = 1 + iota // started as primary, waits for the backup
	Backup                   // started as backup, waits for the primary
	Active                   // serves clients
	Passive                  // would serve them if the other one were gone
)

func (s State) String() string {
	switch s {
	case Primary:
		return "primary"
	case Backup:
		return "backup"
	case Active:
		return "active"
	case Passive:
		return "passive"
	}
	return fmt.Sprintf("State(%d)", byte(s))
}

// The errors of a pair that cannot go on by itself. Somebody has to look, and end one of the two.
var (
	ErrBothActive  = errors.New("binarystar: both servers are active: both have taken clients, end one")
	ErrBothPassive = errors.New("binarystar: both servers are passive: no client is served, start one anew")
	ErrSameRole    = errors.New("binarystar: both servers were started in the same role: one is the primary, the other the backup")
)

// Machine is what one server knows. Its methods are told the time. It is not safe for concurrent use.
type Machine struct {
	state   State
	silence time.Duration
	heard   time.Time // when the peer was heard last, or the start
}

// NewMachine returns the machine of a server that starts now in a role, which is Primary or Backup. Silence is how long a peer may say
// nothing before it is taken for dead: twice or more the interval at which the servers send their states.
func NewMachine(role State, silence time.Duration, now time.Time) *Machine {
	return &Machine{state: role, silence: silence, heard: now}
}

// State returns what the server is.
func (m *Machine) State() State { return m.state }

// Heard is called with each state that the peer sends.
func (m *Machine) Heard(peer State, now time.Time) error {
	if peer < Primary || peer > Passive {
		return nil // no state that the protocol knows
	}
	m.heard = now
	switch {
	case m.state == Active && peer == Active:
		return ErrBothActive
	case m.state == Passive && peer == Passive:
		return ErrBothPassive
	case m.state == peer && (peer == Primary || peer == Backup):
		return ErrSameRole
	case m.state == Primary && peer == Backup:
		m.state = Active // they begin together
	case peer == Active:
		m.state = Passive // the other one is at it already
	case m.state == Passive && (peer == Primary || peer == Backup):
		m.state = Active // the other one was active, and has started anew
	}
	return nil
}

// Asked is called with each request of a client's, and reports whether the server may answer it. It is what makes a server active whose
// peer is silent. A backup that has never heard of a primary does not serve: at the start of both, clients are the primary's.
func (m *Machine) Asked(now time.Time) bool {
	if (m.state == Passive || m.state == Primary) && now.Sub(m.heard) > m.silence {
		m.state = Active
	}
	return m.state == Active
}
