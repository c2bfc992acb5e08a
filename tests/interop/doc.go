// Package interop has package zmq talk to other implementations of ZMTP: every pattern, either side binding, over tcp
// and ipc, messages of one part and of several, from nothing to 8 MiB, and again after the other side was killed. Each
// implementation is a small program (see package peer) that the tests tell what to do. A failure is tried again with a C
// program on libzmq in the place of package zmq, which shows whose fault it is.
//
// The script install gets what is missing. A short part runs by default; all of it, which also writes docs/interop.md:
//
//	tests/interop/install && go test ./interop -whole -write
package interop
