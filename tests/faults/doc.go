// Package faults breaks what lies between sockets, and the processes and machines at their ends, and keeps an account
// of what was sent, what arrived and what the manual promises. docs/faults.md is its report:
//
//	go test ./faults -write
package faults
