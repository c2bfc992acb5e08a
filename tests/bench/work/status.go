package work

import "strings"

// field finds the number that follows name.
func field(text, name string) int {
	_, rest, found := strings.Cut(text, "\n"+name)
	n := 0
	for _, r := range strings.TrimLeft(rest, " \t") {
		if !found || r < '0' || r > '9' {
			break
		}
		n = n*10 + int(r-'0')
	}
	return n
}
