package interop

import (
	"path"
	"strings"
	"testing"
)

// failure is one that is known and not ours: the same happens to C. Nothing else may fail, and each of these must.
type failure struct {
	key, part    string // of the implementation; exchange or reconnect
	ours, theirs string // socket types, or patterns for them
	bind         string // we, they, or *
	transport    string
	why          string
}

var failures = []*failure{
	{"go-zeromq", "*", "req", "rep", "*", "*", "its REP takes the last empty part of a request for the end of the envelope, not the first: replies to messages with an empty part come back longer"},
	{"go-zeromq", "exchange", "xsub", "xpub", "*", "*", "its XPUB passes no subscription on to the program"},
	{"go-zeromq", "reconnect", "*", "*", "they", "ipc", "it does not replace the socket file that a killed process leaves behind"},
}

func expected(key, part string, s setting) *failure {
	bind := "they"
	if s.weBind {
		bind = "we"
	}
	for _, f := range failures {
		if f.key == key && match(f.part, part) && match(f.ours, s.ours) && match(f.theirs, s.theirs) && match(f.bind, bind) &&
			match(f.transport, s.transport) {
			return f
		}
	}
	return nil
}

// match reports whether one of the words of pattern fits.
func match(pattern, name string) bool {
	for _, word := range strings.Fields(pattern) {
		if ok, err := path.Match(word, name); ok && err == nil {
			return true
		}
	}
	return false
}

// unused reports the failures that did not come up.
func unused(t *testing.T) {
	for _, f := range failures {
		failed := 0
		r := results[f.key]
		if r == nil || !*whole {
			continue
		}
		for part, outcomes := range map[string]map[setting]outcome{"exchange": r.exchange, "reconnect": r.reconnect} {
			for s, o := range outcomes {
				if o.err != nil && expected(f.key, part, s) == f {
					failed++
				}
			}
		}
		if failed == 0 {
			t.Errorf("this is expected to fail, and does not: %+v", *f)
		}
	}
}
