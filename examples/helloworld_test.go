//go:build unix

package examples

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

// Clients come before the server; one stands still in the middle, which holds up nobody, and goes on.
func TestHelloworld(t *testing.T) {
	t.Parallel()
	at := run.Endpoint(t)
	slow := run.Start(t, "helloworld", "-endpoint", at, "-n", "1000000", "-interval", "1ms", "client")
	server := run.Start(t, "helloworld", "-endpoint", at, "server")
	server.Line("bound to " + at)
	server.Line("Hello 3")
	slow.Line("3: World")
	slow.Stop()
	quick := run.Start(t, "helloworld", "-endpoint", at, "-interval", "0", "client")
	quick.Line("10: World")
	quick.Ends()
	slow.Continue()
	slow.Line("World")
	slow.Line("World")
	slow.Interrupt()
	slow.Ends()
	server.Terminate()
	server.Ends()
}
