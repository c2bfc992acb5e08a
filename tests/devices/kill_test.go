package devices

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/zmq"
	"example.org/zmq/tests/devices/harness"
)

var kills = flag.Int("kills", 1, "how often each victim is killed and started again")

// enough is how many messages show that traffic flows.
const enough = 200

// inFlight is more messages than a device and its connections, two on each side, hold at a time: what a killed process can
// take along.
const inFlight = 4 * (4*peerHWM + 400)

// site is a deployment around one device: peers in processes of their own, which report to the test.
type site struct {
	t       *testing.T
	program string
	kind    string
	at      []string // where the device is bound
	device  *harness.Proxy
	peers   map[string]*peer
	reports *zmq.Socket
	seen    map[string]*stream // by sender's life and receiver's life
	asked   int                // requests that had to be asked again
}

// stream is what one receiver got of one sender.
type stream struct{ first, last, count int }

func newSite(t *testing.T, program, kind string, roles ...string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t, program: program, kind: kind, peers: map[string]*peer{}, seen: map[string]*stream{}}
	s.at = []string{"ipc://" + filepath.Join(dir, "f"), "ipc://" + filepath.Join(dir, "b")}
	c, err := zmq.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.reports, err = c.NewSocket(zmq.Pull, zmq.Linger(0)); err != nil {
		t.Fatal(err)
	}
	report := "ipc://" + filepath.Join(dir, "r")
	if err := s.reports.Bind(report); err != nil {
		t.Fatal(err)
	}
	s.startDevice()
	t.Cleanup(func() { s.device.Kill() })
	for i, role := range roles {
		at := s.at[1]
		if role == "push" || role == "pub" || role == "client" {
			at = s.at[0]
		}
		p := &peer{role: role, name: fmt.Sprint(role, i), at: at, report: report}
		s.peers[p.name] = p
		p.start(t)
		t.Cleanup(p.kill)
	}
	return s
}

func (s *site) startDevice() {
	s.t.Helper()
	var err error
	if s.device, err = harness.StartProxy(s.program, s.kind, s.at, fmt.Sprint("HWM=", peerHWM)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) kill(victim string) {
	if victim == "device" {
		s.device.Kill()
		s.drain() // so that what comes next has come through the new one
		s.startDevice()
		return
	}
	s.peers[victim].kill()
	s.peers[victim].start(s.t)
}

// take takes one report.
func (s *site) take() (sender, receiver string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	msg, err := s.reports.RecvParts(ctx)
	if err != nil {
		s.t.Fatalf("no traffic: %v (so far %s)", err, s.summary())
	}
	return s.check(msg)
}

// settle stops the senders and takes what is still on its way.
func (s *site) settle() {
	s.t.Helper()
	for _, p := range s.peers {
		if p.role == "push" || p.role == "pub" || p.role == "client" {
			p.kill()
		}
	}
	s.drain()
}

// drain takes reports until nothing has come for a while.
func (s *site) drain() {
	s.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		msg, err := s.reports.RecvParts(ctx)
		cancel()
		if err != nil {
			return
		}
		s.check(msg)
	}
}

// check checks a report: nothing is torn, and what one receiver gets of one sender is in order and comes once.
func (s *site) check(msg [][]byte) (sender, receiver string) {
	s.t.Helper()
	if len(msg) < 3 {
		s.t.Fatalf("torn: %q", msg)
	}
	receiver, sender = string(msg[0]), string(msg[1])
	n, err := strconv.Atoi(string(msg[2]))
	if err != nil {
		s.t.Fatalf("torn: %q", msg)
	}
	if len(msg) == 4 {
		again, _ := strconv.Atoi(string(msg[3]))
		s.asked += again
	}
	of := s.seen[sender+" > "+receiver]
	if of == nil {
		of = &stream{first: n, last: n - 1}
		s.seen[sender+" > "+receiver] = of
	}
	if n <= of.last {
		s.t.Errorf("%s gets %d of %s after %d", receiver, n, sender, of.last)
	}
	of.last = n
	of.count++
	return sender, receiver
}

// flow takes reports until enough have come by way of each of the peers' present lives.
func (s *site) flow() {
	s.t.Helper()
	waiting := map[string]int{}
	for _, p := range s.peers {
		if p.role != "rep" {
			waiting[fmt.Sprintf("%s/%d", p.name, p.lives)] = enough
		}
	}
	for len(waiting) > 0 {
		sender, receiver := s.take()
		for _, name := range []string{sender, receiver} {
			if n, ok := waiting[name]; ok && n <= 1 {
				delete(waiting, name)
			} else if ok && name == receiver || ok && sender != receiver {
				waiting[name]--
			}
			if sender == receiver {
				break
			}
		}
	}
}

// lost counts, for each sender's life, what is missing between the first and the last message that anybody got.
func (s *site) lost() int {
	type life struct{ first, last, count int }
	lives := map[string]*life{}
	for name, of := range s.seen {
		sender, _, _ := strings.Cut(name, " > ")
		l := lives[sender]
		if l == nil {
			l = &life{first: of.first, last: of.last}
			lives[sender] = l
		}
		l.first, l.last = min(l.first, of.first), max(l.last, of.last)
		l.count += of.count
	}
	missing := 0
	for _, l := range lives {
		missing += l.last - l.first + 1 - l.count
	}
	return missing
}

func (s *site) summary() string {
	var lines []string
	for name, of := range s.seen {
		lines = append(lines, fmt.Sprintf("%s: %d to %d, %d of them", name, of.first, of.last, of.count))
	}
	sort.Strings(lines)
	return strings.Join(lines, "; ")
}

// TestKilled kills and restarts each part of a deployment under traffic: the others go on, what comes comes
// once and in order, and the part works again. The table says what was lost with it, in C and in Go; messages in
// the memory of a process that is killed are lost in both.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills dozens of processes")
	}
	type row struct{ kind, victim, c, g string }
	var table []row
	for _, plan := range []struct {
		kind    string
		roles   []string
		victims []string
		lossy   map[string]bool // what may lose messages; else nothing is missing
	}{
		{"streamer", []string{"push", "push", "pull", "pull"}, []string{"push0", "pull2", "device"}, map[string]bool{"pull2": true, "device": true}},
		{"queue", []string{"client", "client", "rep", "rep"}, []string{"client0", "rep2", "device"}, nil},
		{"forwarder", []string{"pub", "pub", "sub", "sub"}, []string{"pub0", "sub2", "device"}, map[string]bool{"device": true}},
	} {
		for _, victim := range plan.victims {
			r := row{kind: plan.kind, victim: strings.TrimRight(victim, "0123456789")}
			for _, device := range []struct {
				name, program string
				result        *string
			}{{"C", programs.C, &r.c}, {"Go", programs.Go, &r.g}} {
				t.Run(plan.kind+" "+victim+" "+device.name, func(t *testing.T) {
					s := newSite(t, device.program, plan.kind, plan.roles...)
					s.flow()
					for range *kills {
						s.kill(victim)
						s.flow()
					}
					s.settle()
					lost := s.lost()
					switch plan.kind {
					case "queue":
						*device.result = fmt.Sprintf("%d asked again", s.asked)
					case "forwarder":
						lost = s.lostOfStreams()
						fallthrough
					default:
						*device.result = fmt.Sprintf("%d lost", lost)
					}
					if lost != 0 && !plan.lossy[victim] || lost > *kills*inFlight {
						t.Errorf("%d messages are lost: %s", lost, s.summary())
					}
				})
			}
			table = append(table, r)
		}
	}
	for _, r := range table {
		t.Logf("%-10s %-7s killed: C %-28s Go %s", r.kind, r.victim, r.c, r.g)
	}
}

// lostOfStreams counts what is missing within each stream: a subscriber gets all from its first message on.
func (s *site) lostOfStreams() int {
	missing := 0
	for _, of := range s.seen {
		missing += of.last - of.first + 1 - of.count
	}
	return missing
}
