// Package tests holds what proves package zmq from outside: programs in C as oracle, other
// implementations as peers, faults, load and endurance. It is a module of its own, so that
// users of the package inherit none of its dependencies.
package tests
