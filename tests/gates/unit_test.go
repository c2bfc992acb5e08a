package gates

import (
	"os/exec"
	"testing"
)

// TestUnits runs the programs that include a gate's C, under each checker that the machine has.
func TestUnits(t *testing.T) {
	for _, name := range []string{"epoll", "clean_pipes", "old_peers", "full_queue"} {
		t.Run(name, func(t *testing.T) {
			t.Run("thread", func(t *testing.T) { sanitized(t, name, "thread") })
			t.Run("address", func(t *testing.T) { sanitized(t, name, "address,undefined") })
			t.Run("valgrind", func(t *testing.T) { underValgrind(t, name) })
		})
	}
}

func unit(t *testing.T, name string, options ...string) string {
	t.Helper()
	return compile(t, "unit/"+name+".c", append([]string{"-I" + abs(t, stages), "-lpthread"}, options...)...)
}

func sanitized(t *testing.T, name, sanitizer string) {
	option := "-fsanitize=" + sanitizer
	if out, err := run(t, nil, "sh", "-c", "echo 'int main(void) { return 0; }' | cc -x c - -o empty "+option+" && ./empty"); err != nil {
		skip(t, "this compiler's sanitizer does not work here: %v\n%s", err, out)
	}
	program := unit(t, name, option, "-fno-omit-frame-pointer", "-fno-sanitize-recover=all")
	if out, err := run(t, nil, program); err != nil || out != name+": fine\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

func underValgrind(t *testing.T, name string) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.Skip("there is no valgrind here")
	}
	out, err := run(t, nil, "valgrind", "-q", "--error-exitcode=9", "--leak-check=full", unit(t, name))
	if err != nil || out != name+": fine\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
