//go:build unix

package storm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"
)

// storm is what goes on in the process under test.
type storm struct {
	rand dice
	dir  string

	mu     sync.Mutex
	counts map[string]int
	slow   time.Duration // the longest that the end of a context took
}

// closed notes how long the end of a context took.
func (st *storm) closed(took time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.slow = max(st.slow, took)
}

func (st *storm) count(what string, n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.counts[what] += n
}

func (st *storm) summary() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var all []string
	for _, what := range slices.Sorted(maps.Keys(st.counts)) {
		all = append(all, fmt.Sprintf("%s %d", what, st.counts[what]))
	}
	return strings.Join(all, ", ") + fmt.Sprintf(", the longest end of a context %v", st.slow.Round(time.Millisecond))
}

// atOnce is how many scenes play at a time, and act how long each of them plays at the most.
const (
	atOnce = 4
	act    = 10 * time.Second
)

// run plays all scenes, again and again until the time is over.
func (st *storm) run(plays []scene, length time.Duration) error {
	end := time.Now().Add(length)
	rounds := (len(plays) + atOnce - 1) / atOnce
	for round := 0; round == 0 || time.Now().Before(end); round++ {
		st.rand.Shuffle(len(plays), func(i, j int) { plays[i], plays[j] = plays[j], plays[i] })
		for at := 0; at < len(plays); at += atOnce {
			ctx, cancel := context.WithTimeout(context.Background(), min(act, length/time.Duration(rounds)))
			errs := make(chan error, atOnce)
			some := plays[at:min(at+atOnce, len(plays))]
			for _, s := range some {
				id := fmt.Sprintf("%s%d", s.name, round)
				p := &play{scene: s, st: st, id: id, most: 9, seed: st.rand.Uint64()}
				p.rand, p.fate = chance(p.seed, id), chance(p.seed, id+" fate")
				// On other engines those who send and leave while a queue with heartbeats is full end the process, too.
				if p.beats = gated() && p.rand.IntN(3) == 0; p.beats {
					st.count("scenes with heartbeats", 1)
				}
				if !gated() {
					p.most = 1
				}
				go func() { errs <- p.run(ctx) }()
			}
			var err error
			for range some {
				err = errors.Join(err, <-errs)
			}
			cancel()
			if err != nil {
				return err
			}
		}
		st.count("rounds of all scenes", 1)
	}
	return nil
}

// holdings is what the process holds.
type holdings struct{ descriptors, goroutines int }

func hold() (h holdings) {
	h.goroutines = runtime.NumGoroutine()
	files, err := os.ReadDir("/dev/fd")
	if err == nil {
		h.descriptors = len(files)
	}
	return h
}

// settle waits until the process holds no more than at the beginning.
func (st *storm) settle(level holdings) error {
	var h holdings
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if h = hold(); h.descriptors <= level.descriptors && h.goroutines <= level.goroutines {
			fmt.Printf("at the beginning %+v, at the end %+v\n", level, h)
			return nil
		}
	}
	pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
	return fmt.Errorf("%+v is left, at the beginning it was %+v", h, level)
}
