// Raw is the program of the interoperability tests that has no ØMQ inside: it speaks one version of ZMTP by hand, over a
// plain socket. Its argument is the version: 1.0, 2.0, 3.0 or 3.1.
package main

import (
	"fmt"
	"net"
	"os"

	"example.org/zmq/tests/interop/peer"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var versions = map[string]version{"1.0": {1, 0}, "2.0": {2, 0}, "3.0": {3, 0}, "3.1": {3, 1}}

func run(args []string) error {
	if len(args) != 1 || versions[args[0]] == (version{}) {
		return fmt.Errorf("usage: raw 1.0|2.0|3.0|3.1")
	}
	v := versions[args[0]]
	return peer.Main(os.Stdin, os.Stdout, func(typ string, bind bool, endpoint string) (peer.Socket, string, error) {
		return open(v, typ, bind, endpoint)
	})
}

// listen takes the place of a socket that a process left behind.
func listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err == nil || network != "unix" {
		return l, err
	}
	if _, dead := net.Dial(network, address); dead == nil {
		return nil, err
	}
	if os.Remove(address) != nil {
		return nil, err
	}
	return net.Listen(network, address)
}
