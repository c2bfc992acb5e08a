package zmqcat

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"example.org/zmq/cmd/internal/cli"
)

// progress counts, and shows the counts of a transfer that takes long on one line of a terminal.
type progress struct {
	sent, received           atomic.Int64
	sentBytes, receivedBytes atomic.Int64
	err                      io.Writer
	began                    time.Time
	stopped                  chan struct{}
	done                     sync.WaitGroup
}

const (
	progressAfter = 2 * time.Second
	progressEvery = 500 * time.Millisecond
)

func newProgress(mode string, w io.Writer) (*progress, error) {
	p := &progress{err: w, began: time.Now(), stopped: make(chan struct{})}
	show := false
	switch mode {
	case "auto":
		f, ok := w.(*os.File)
		show = ok && term.IsTerminal(int(f.Fd()))
	case "always":
		show = true
	case "never":
	default:
		return nil, cli.BadUse("--progress: %q is none of auto, always and never", mode)
	}
	if show {
		p.done.Add(1)
		go p.show()
	}
	return p, nil
}

func (p *progress) show() {
	defer p.done.Done()
	wait, shown := time.After(progressAfter), false
	for {
		select {
		case <-wait:
			fmt.Fprintf(p.err, "\r\x1b[K%s", p.line())
			wait, shown = time.After(progressEvery), true
		case <-p.stopped:
			if shown {
				fmt.Fprintf(p.err, "\r\x1b[K%s\n", p.line())
			}
			return
		}
	}
}

func (p *progress) line() string {
	took := time.Since(p.began)
	line := ""
	for _, way := range []struct {
		name            string
		messages, bytes int64
	}{{"sent", p.sent.Load(), p.sentBytes.Load()}, {"received", p.received.Load(), p.receivedBytes.Load()}} {
		if way.messages == 0 {
			continue
		}
		rate := float64(way.messages) / took.Seconds()
		perSecond := int64(float64(way.bytes) / took.Seconds())
		line += fmt.Sprintf("%s %d messages, %s (%.0f/s, %s/s)  ", way.name, way.messages, cli.FormatSize(way.bytes), rate, cli.FormatSize(perSecond))
	}
	return line + took.Round(time.Second).String()
}

func (p *progress) stop() {
	close(p.stopped)
	p.done.Wait()
}

func (p *progress) count(n, bytes *atomic.Int64, size int) {
	n.Add(1)
	bytes.Add(int64(size))
}
