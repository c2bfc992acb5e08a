//go:build unix

package storm

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.org/zmq"
)

// peer is a process at the other end, in one life after the other.
type peer struct {
	p     *play
	name  string
	typ   zmq.SocketType
	binds bool
	ways  string // what the ledger of its receivers is named
	at    string // where it binds, from its first life on, or connects
	key   string // of the server, or -

	mu    sync.Mutex // held while it is handled
	lives int
	cmd   *exec.Cmd
	in    io.WriteCloser
	read  chan struct{} // closed when its words have been read
}

// start begins a life. p.mu is held.
func (p *peer) start() error {
	p.lives++
	how := "connect"
	if p.binds {
		how = "bind"
	}
	life := fmt.Sprintf("%s/%d", p.name, p.lives)
	p.cmd = process("peer", int(p.typ), how, p.at, life, p.p.most, p.key)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "at ") {
		return fmt.Errorf("%s says %q", life, lines.Text())
	}
	if p.binds && p.lives == 1 { // and there again in all later ones
		p.at = strings.TrimPrefix(lines.Text(), "at ")
	}
	l := p.p.ledger(p.ways, life)
	p.read = make(chan struct{})
	go func(read chan struct{}) {
		defer close(read)
		for lines.Scan() {
			p.hear(l, life, lines.Text())
		}
	}(p.read)
	return nil
}

// hear enters what a peer has taken. The last line of one that was killed may be cut off.
func (p *peer) hear(l *ledger, life, line string) {
	var of string
	var n int
	if _, err := fmt.Sscanf(line, "got %s %d", &of, &n); err == nil {
		if err := l.take(of, n); err != nil {
			p.p.fail(fmt.Errorf("%s: %w", life, err))
		}
	} else if strings.HasPrefix(line, "FAILED") {
		p.p.fail(fmt.Errorf("%s: %s", life, line))
	}
}

// end ends a life. p.mu is held.
func (p *peer) end(how string) {
	switch how {
	case "reset":
		io.WriteString(p.in, "reset\n")
	case "leave":
		p.in.Close()
	case "stop and kill":
		p.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(time.Duration(p.p.fate.IntN(100)) * time.Millisecond)
		fallthrough
	default:
		p.cmd.Process.Kill()
	}
	<-p.read
	p.cmd.Wait()
	p.in.Close()
}

var strokes = []string{"kill", "kill", "stop", "reset", "leave", "stop and kill"}

// strike does something to a peer.
func (p *peer) strike() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	how := strokes[p.p.fate.IntN(len(strokes))]
	p.p.st.count(how, 1)
	if how == "stop" {
		p.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(time.Duration(50+p.p.fate.IntN(250)) * time.Millisecond)
		return p.cmd.Process.Signal(syscall.SIGCONT)
	}
	p.end(how)
	time.Sleep(time.Duration(p.p.fate.IntN(60)) * time.Millisecond)
	return p.start()
}

// again ends a life and begins another, with another key.
func (p *peer) again(key string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end("kill")
	p.key = key
	return p.start()
}

// strikeAll strikes one peer after the other, until ctx ends or calm is called, which waits for the last stroke.
func (p *play) strikeAll(ctx context.Context) (calm func()) {
	ctx, stop := context.WithCancel(ctx)
	struck := make(chan struct{})
	go func() {
		defer close(struck)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(100+p.fate.IntN(300)) * time.Millisecond):
			}
			if err := p.peers[p.fate.IntN(len(p.peers))].strike(); err != nil {
				p.fail(err)
				return
			}
		}
	}()
	return func() { stop(); <-struck }
}
