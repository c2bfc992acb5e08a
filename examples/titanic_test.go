//go:build unix

package examples

import (
	"testing"

	"example.org/zmq/examples/internal/run"
)

// Titanic dies before a request is executed, and all die before its reply is fetched again. No worker and no client
// is there all the time.
func TestTitanic(t *testing.T) {
	t.Parallel()
	args := run.Args("-endpoint %s -heartbeat 100ms -timeout 1s -retries 25", run.Endpoint(t))
	dir := t.TempDir()
	mdp := func(role string) *run.Proc { return run.Start(t, "majordomo/mdp", append(args, role)...) }
	titanic := func(more ...string) *run.Proc {
		return run.Start(t, "titanic", append(append(args, "-dir", dir, "-pause", "50ms"), more...)...)
	}
	broker := mdp("broker")
	service := titanic("service")
	request := titanic("request", "hello")
	id := request.Line("")
	request.Ends()
	service.Kill()
	service = titanic("service")
	waits := titanic("reply", id)
	waits.Line("pending")
	worker := mdp("worker")
	waits.Line("HELLO")
	waits.Ends()

	service.Kill()
	broker.Kill()
	worker.Kill()
	mdp("broker")
	titanic("service")
	again := titanic("reply", id)
	again.Line("HELLO")
	again.Ends()
	done := titanic("close", id)
	done.Ends()
	gone := titanic("reply", id)
	gone.Line("titanic has no request " + id)
	if code := gone.Wait(); code != 1 {
		t.Errorf("a request that was closed: exit code %d", code)
	}
}
