// Command site renders the tree's pages and the documentation of its packages into a folder of static pages with a search,
// which works from files and without a network. scripts/site runs it.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	tree := flag.String("tree", "..", "the root of the tree")
	out := flag.String("out", "", "the folder to write to; it is made, and must be empty or a site")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: site -tree DIR -out DIR")
		os.Exit(2)
	}
	n, err := Make(*tree, *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
	fmt.Printf("site: %d pages; open %s/index.html\n", n, *out)
}
