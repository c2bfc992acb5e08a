//go:build unix

package examples

import (
	"os"
	"testing"

	"example.org/zmq/examples/internal/run"
)

func TestMain(m *testing.M) { os.Exit(run.Main(m, "...")) }
