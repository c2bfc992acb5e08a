//go:build unix

package examples

import (
	"fmt"
	"testing"

	"example.org/zmq/examples/internal/run"
)

// One of two servers dies, comes back, and the other one stands still.
func TestFreelance(t *testing.T) {
	for model := 1; model <= 3; model++ {
		t.Run(fmt.Sprint(model), func(t *testing.T) {
			t.Parallel()
			first, second := run.Endpoint(t), run.Endpoint(t)
			args := run.Args("-model %d -n 1000000 -interval 1ms -timeout 500ms -ping 50ms", model)
			flp := func(more ...string) *run.Proc { return run.Start(t, "freelance/flp", append(args, more...)...) }
			client := flp("client", first, second)
			one := flp("server", first)
			client.Line("answered by " + first)
			two := flp("server", second)
			two.Line("serving")
			one.Kill()
			client.Line("answered by " + second)
			client.Line("answered by " + second)
			flp("server", first).Line("serving")
			two.Stop()
			client.Line("answered by " + first)
			client.Line("answered by " + first)
			two.Continue()
		})
	}
}
