// Package zmq4 stands in for github.com/pebbe/zmq4: a program that was written for that package runs on package
// example.org/zmq when one line is changed. The names, signatures, errors and defaults are the other package's; README.md
// has the line, and docs/migrating.md of the library says what gets better, what differs on purpose, and how to move on to
// the library's own API, which Unwrap leads to call by call.
//
// Goroutines may share sockets, contexts, pollers and reactors. Close and Term end the calls that wait, and a goroutine that
// waits holds no thread. A message crosses into C once, whatever the number of its parts.
package zmq4
