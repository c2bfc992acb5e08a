// Package cmd is the home of the programs: zmqd, zmqcat, zmqkeys and zmqperf. It is a module of its own, so that a
// user of the library inherits none of their dependencies.
package cmd
