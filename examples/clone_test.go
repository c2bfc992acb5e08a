//go:build unix

package examples

import (
	"fmt"
	"testing"

	"example.org/zmq/examples/internal/run"
)

// The server is killed and started again, and its clients take the new one's map. What a model cannot do is an error.
func TestClone(t *testing.T) {
	for model := 1; model <= 5; model++ {
		t.Run(fmt.Sprint(model), func(t *testing.T) {
			t.Parallel()
			args := run.Args("-model %d -primary %s -interval 10ms -heartbeat 50ms", model, run.Endpoint(t))
			chp := func(more ...string) *run.Proc { return run.Start(t, "clone/chp", append(args, more...)...) }
			server := chp("server")
			number := server.After("by server ")
			client := chp("client")
			client.Line("by server " + number)
			setter := chp("set", "/a/tea", "12")
			if model < 3 {
				setter.Line("cannot change the map")
				setter.Wait()
			} else {
				setter.Line("is set")
				setter.Ends()
				client.Line("/a/tea:12")
			}
			if model >= 4 {
				part := chp("-subtree", "/a/", "client")
				part.Line("map[/a/tea:12]")
			}
			if model == 5 {
				chp("-ttl", "1s", "set", "/a/brief", "x").Ends()
				client.Line("/a/brief:x")
				client.Line("map[/a/tea:12 /server/count:1 by server " + number + "]")
			}
			server.Kill()
			number = chp("server").After("by server ")
			client.Line(" by server " + number + "]")
		})
	}
}

// Of the sixth model either server may die; what was set is there.
func TestClonePair(t *testing.T) {
	t.Parallel()
	args := run.Args("-primary %s -backup %s -heartbeat 300ms", run.Endpoint(t), run.Endpoint(t))
	chp := func(more ...string) *run.Proc { return run.Start(t, "clone/chp", append(args, more...)...) }
	primary, backup := chp("primary"), chp("backup")
	primary.Line("is active")
	backup.Line("is passive")
	client := chp("client")
	chp("set", "/a/1", "before").Ends()
	client.Line("map[/a/1:before]")
	primary.Kill()
	chp("set", "/a/2", "after").Ends()
	client.Line("map[/a/1:before /a/2:after]")
	backup.Line("is active")
	primary = chp("primary")
	primary.Line("is passive")
	chp("set", "/a/3", "again").Ends()
	backup.Kill()
	part := chp("-subtree", "/a/", "client")
	part.Line("map[/a/1:before /a/2:after /a/3:again]")
	primary.Line("is active")
}
