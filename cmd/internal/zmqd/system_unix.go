//go:build unix

package zmqd

import "golang.org/x/sys/unix"

// writable reports whether files can be made in a folder.
func writable(dir string) error { return unix.Access(dir, unix.W_OK) }
