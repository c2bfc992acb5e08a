package zmqd

import (
	"path/filepath"
	"testing"

	"example.org/zmq/cmd/internal/clitest"
)

// TestDeploy asserts that the configurations that are handed out are read without complaint.
func TestDeploy(t *testing.T) {
	for _, file := range []string{"systemd/orders.yaml", "kubernetes/queue.yaml"} {
		path := filepath.Join("../../../deploy", file)
		if code, _, err := clitest.Run(t, Main, "", "zmqd", "queue", "--check", "--config", path); code != 0 {
			t.Errorf("%s: exit %d, %s", file, code, err)
		}
	}
}
