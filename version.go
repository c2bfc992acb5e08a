package zmq

import (
	"fmt"
	"strings"
	"sync"
)

// Version is a version of libzmq.
type Version struct{ Major, Minor, Patch int }

// String returns the version as "4.3.4".
func (v Version) String() string {
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// Compare returns -1 if v is older than w, 0 if they are equal, and +1 if v is newer.
func (v Version) Compare(w Version) int {
	a, b := v.number(), w.number()
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// AtLeast reports whether v is w or newer.
func (v Version) AtLeast(w Version) bool { return v.Compare(w) >= 0 }

// number is C's ZMQ_MAKE_VERSION.
func (v Version) number() int { return v.Major*10000 + v.Minor*100 + v.Patch }

func versionOf(number int) Version {
	return Version{number / 10000, number / 100 % 100, number % 100}
}

// floor is the API that every supported engine has.
var floor = Version{3, 1, 0}

var libraryVersion = sync.OnceValue(cVersion)

// LibraryVersion returns the version of the libzmq that is running
// (zmq_version). It is the zero Version in a program built without cgo.
func LibraryVersion() Version { return libraryVersion() }

// HeaderVersion returns the version of the zmq.h that this package was
// compiled against. It is the zero Version in a program built without cgo.
func HeaderVersion() Version { return versionOf(cHeaderVersion) }

// apiVersion is the newest API that may be used: what both header and library
// know, or the floor when the package was compiled with ZMQ_API_FLOOR.
func apiVersion() Version {
	api, lib := versionOf(cAPIVersion), engineVersion()
	if lib.Compare(api) < 0 {
		return lib
	}
	return api
}

// hardened reports whether the engine has a gate: a name of
// vendor_libzmq/stage/gates.txt, such as "epoll".
func hardened(gate string) bool {
	return strings.Contains(cGates, " "+gate+" ")
}

// need returns nil when the API reaches v, and the *VersionError for feature
// otherwise.
func need(feature string, v Version) error {
	if have := apiVersion(); !have.AtLeast(v) {
		return &VersionError{Feature: feature, Need: v, Have: have}
	}
	return nil
}

// msgSize returns sizeof(zmq_msg_t) of an engine version.
func msgSize(v Version) int {
	switch n := v.number(); {
	case n < 40100:
		return 32
	case n == 40100:
		return 48
	default:
		return 64
	}
}

// checkEngine refuses an engine that this build cannot work with: none, one
// below the floor, or one whose messages have another layout than the header
// that the package was compiled against.
var checkEngine = sync.OnceValue(func() error {
	if errNoCgo != nil {
		return errNoCgo
	}
	lib, hdr := LibraryVersion(), HeaderVersion()
	if !lib.AtLeast(floor) {
		return &VersionError{Feature: "this package", Need: floor, Have: lib}
	}
	if a, b := msgSize(hdr), msgSize(lib); a != b {
		return fmt.Errorf("zmq: compiled against libzmq %v (messages of %d bytes) but running with %v (%d bytes): rebuild with the header of the library in use: %w", hdr, a, lib, b, ErrNotSupported)
	}
	return nil
})
