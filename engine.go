package zmq

import "sync/atomic"

// What differs from engine to engine is asked here and in socket_old_engines.go. Each function says which engines, and what they
// do; who calls it evens that out, or refuses what would end the process.

// pretended is the number of the version that behaviour is chosen for in place of the running one's: tests set it, to
// go the ways of engines that they do not have. 0 is none.
var pretended atomic.Int64

// engineVersion is the version that behaviour is chosen for.
func engineVersion() Version {
	if n := pretended.Load(); n != 0 {
		return versionOf(int(n))
	}
	return LibraryVersion()
}

// engineFrom reports whether the running engine is v or newer. It is for
// behaviour; whether a feature may be used is need's question.
func engineFrom(major, minor, patch int) bool {
	return engineVersion().AtLeast(Version{major, minor, patch})
}
