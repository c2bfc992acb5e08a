//go:build ignore

// Generate copies the files of package zmq4 to this folder. A package that takes the place of another one under a replace
// line cannot share files with its neighbours.
package main

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	names, err := filepath.Glob("../zmq4/*.go")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range names {
		base := filepath.Base(name)
		if base == "doc.go" || strings.HasSuffix(base, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err == nil {
			text = bytes.Replace(text, []byte("\npackage zmq4\n"), []byte("\npackage zmq3\n"), 1)
			text = bytes.Replace(text, []byte("package zmq4\n"), []byte("package zmq3\n"), 1)
			err = os.WriteFile(base, text, 0o644)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
