//go:build !linux

package zmq

import "time"

// fdWatch tells when one of a set of descriptors becomes ready: here by making the
// goroutine look every few milliseconds.
type fdWatch struct{ timer *time.Timer }

func (w *fdWatch) start(_ []pollFD, p *pollWait) error {
	w.close()
	w.timer = time.AfterFunc(lookLast/2, p.notify)
	return nil
}

func (w *fdWatch) close() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
