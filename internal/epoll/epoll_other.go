//go:build !linux

package epoll

import (
	"errors"
	"time"
)

// Set is a set of descriptors; there is none on this system.
type Set struct{}

// New returns errors.ErrUnsupported.
func New(string, int) (*Set, error) { return nil, errors.ErrUnsupported }

func (*Set) FD() int                     { return -1 }
func (*Set) Add(int, int) error          { return errors.ErrUnsupported }
func (*Set) Remove(int) error            { return errors.ErrUnsupported }
func (*Set) Wait() ([]int32, error)      { return nil, errors.ErrUnsupported }
func (*Set) SetDeadline(time.Time) error { return errors.ErrUnsupported }
func (*Set) Close() error                { return nil }
