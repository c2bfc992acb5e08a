// Package compat compares what stands in for github.com/pebbe/zmq4 with that package itself. The scenarios of trace, and
// the programs of programs, are built with both, on the same engine, and run as processes of their own. What comes of
// them must be the same; differences that are intended are listed with their reason in differences_test.go, and
// each of them must come up.
package compat
