package zmq

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestFenceNoPointerChecks: cgo looks at every argument that may hold a pointer to Go's memory, at every call, which took as
// long as a good part of a send. Of the fence's types it can see that they hold none.
func TestFenceNoPointerChecks(t *testing.T) {
	dir := t.TempDir()
	args := append([]string{"tool", "cgo", "-objdir", dir, "--", "-D_GNU_SOURCE"}, engineInclude(t)...)
	if out, err := exec.Command("go", append(args, "zmq_cgo.go")...).CombinedOutput(); err != nil {
		t.Fatalf("go tool cgo: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "zmq_cgo.cgo1.go"))
	if err != nil {
		t.Fatal(err)
	}
	checked := regexp.MustCompile(`_cgoCheckPointer\(.*?(_Cfunc_\w+)\(`).FindAllSubmatch(text, -1)
	if len(checked) == 0 {
		t.Error("no call is checked, not even that of free: does the test still see them?")
	}
	for _, m := range checked {
		switch name := string(m[1]); name {
		case "_Cfunc_free", "_Cfunc_zgo_send_msgs": // of memory of C's, and of a row of messages
		default:
			t.Errorf("the arguments of %s are looked at at each call", name)
		}
	}
}
