//go:build race

package compat

// raceEnabled reports whether the race detector is on: then it watches the programs, too.
const raceEnabled = true
