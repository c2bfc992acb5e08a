// Package spell finds the name that a misspelt one was most likely meant to be.
package spell

import "strings"

// most is how many characters of a name may be wrong: with more of them a short name is like every other.
const most = 2

// Nearest returns the known name that is the most like name, the first one of several, and "" if none is like it. Neither case
// nor _ and - count.
func Nearest(name string, known []string) (best string) {
	name = plain(name)
	least := most + 1
	for _, k := range known {
		p := plain(k)
		if len(name)-len(p) >= least || len(p)-len(name) >= least {
			continue // so a name of any length is answered at once
		}
		if d := distance(name, p); d < least {
			best, least = k, d
		}
	}
	return best
}

func plain(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// distance returns how many characters have to be changed, added or left out (Levenshtein's distance).
func distance(a, b string) int {
	row := make([]int, len(b)+1) // of what has been read of a to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
