// Version says which ØMQ is inside: the library that runs, the header that the program was compiled against, how it was linked,
// and what it can do.
//
//	go run ./version
//
// What an older library lacks gives a *zmq.VersionError where it is used; a program that has another way asks before.
package main

import (
	"fmt"

	"example.org/zmq"
)

func main() {
	fmt.Println("library:", zmq.LibraryVersion())
	fmt.Println("header:", zmq.HeaderVersion())
	fmt.Println("linked:", zmq.LinkInfo())
	for _, capability := range []string{"ipc", "tipc", "pgm", "norm", "curve", "gssapi", "ws", "draft"} {
		fmt.Printf("%s: %t\n", capability, zmq.Has(capability))
	}
	if zmq.LibraryVersion().AtLeast(zmq.Version{Major: 4, Minor: 2}) {
		fmt.Println("heartbeats can be used")
	}
}
