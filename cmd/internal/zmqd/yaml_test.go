package zmqd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReadYAML reads configuration files. Each is a configuration or a mistake that the message finds in the file.
func FuzzReadYAML(f *testing.F) {
	f.Add("device: queue\nfrontend:\n  bind: [tcp://*:5559]\n  max_msg_size: 1MiB\nbackend: {connect: [ipc:///run/x], linger: none}\n")
	f.Add("drain: &a 10s\nfrontend: {heartbeat: *a}\n")
	f.Add("device: queue\n---\ndevice: queue\n")
	f.Add("frontend: {linger: [1s], max_msg_size: {}}\n")
	f.Add("a: &a [*a]\n")
	file := filepath.Join(f.TempDir(), "c.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := defaults("queue")
		err := readYAML(file, cfg)
		if err != nil {
			if !strings.HasPrefix(err.Error(), file+":") || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "%!") {
				t.Fatalf("not one line that names the file: %v", err)
			}
			return
		}
		if err := cfg.check(); err != nil {
			return
		}
		for _, s := range cfg.sides() {
			if _, err := s.side.options(false, cfg.MaxTopic); err != nil {
				t.Errorf("%s passes the check and has no options: %v", s.name, err)
			}
		}
	})
}
