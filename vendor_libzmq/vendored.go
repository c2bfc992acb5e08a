// Package vendored says which libzmq scripts/vendor has staged beside it.
//
// It has two further jobs. As a Go package it keeps this folder alive under
// "go mod vendor". And it ties Go's build cache to the engine: the cache does
// not look at a linked archive, but an embedded file is part of what it does look
// at, so a package that imports this one is built and tested again whenever an
// engine is staged, replaced or removed.
package vendored

import "embed"

// The versions of libzmq that package zmq supports: everything from MinVersion
// to the last patch release of MaxSeries.
const (
	MinVersion = "3.1.0"
	MaxSeries  = "4.3"
)

// stage/engine.txt is committed so that the pattern matches before anything is
// staged.
//
//go:embed */engine.txt
var engine embed.FS

// Engine returns the packages that the staged engine was made from, one "name
// version" to a line, then "gates" and their names if it is hardened, and the
// digest of the archive in the last line. It returns "" if no engine was staged
// when the program was built.
func Engine() string {
	text, err := engine.ReadFile("lib/engine.txt")
	if err != nil {
		return ""
	}
	return string(text)
}
