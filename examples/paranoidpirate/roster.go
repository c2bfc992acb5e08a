package main

import (
	"slices"
	"time"
)

// roster is who is idle, the longest first. It is told the time.
type roster struct {
	silence time.Duration
	workers []idleWorker
}

type idleWorker struct {
	identity string
	heard    time.Time
}

func (r *roster) find(identity string) int {
	return slices.IndexFunc(r.workers, func(w idleWorker) bool { return w.identity == identity })
}

// add puts a worker at the end.
func (r *roster) add(identity string, now time.Time) {
	if i := r.find(identity); i >= 0 {
		r.workers = slices.Delete(r.workers, i, i+1)
	}
	r.workers = append(r.workers, idleWorker{identity, now})
}

// heard notes a heartbeat. One of a worker that is busy, or that was struck off, changes nothing.
func (r *roster) heard(identity string, now time.Time) {
	if i := r.find(identity); i >= 0 {
		r.workers[i].heard = now
	}
}

// expire strikes off who was silent for too long.
func (r *roster) expire(now time.Time) {
	r.workers = slices.DeleteFunc(r.workers, func(w idleWorker) bool { return now.Sub(w.heard) > r.silence })
}

// take returns the worker that has been idle longest, which is busy from now on.
func (r *roster) take() (string, bool) {
	if len(r.workers) == 0 {
		return "", false
	}
	w := r.workers[0]
	r.workers = r.workers[1:]
	return w.identity, true
}
