package oracle

import "path"

// difference is one that is intended: where C answers a line of a scenario with c, a program answers with here.
type difference struct {
	program  string // ours or pebbe
	scenario string // its name, or a pattern for it
	line     string // the line, or a pattern for it
	c, here  string
	why      string
}

var differences = []difference{}

// intended returns C's trace as the program's should be.
func intended(program string, s scenario, c, got []string, used map[*difference]bool) []string {
	want := append([]string{}, c...)
	for i, line := range s.lines {
		if c[i] == got[i] {
			continue
		}
		for j := range differences {
			d := &differences[j]
			if d.program == program && match(d.scenario, s.name) && match(d.line, line) && c[i] == line+" = "+d.c && got[i] == line+" = "+d.here {
				want[i] = got[i]
				used[d] = true
				break
			}
		}
	}
	return want
}

func match(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil || pattern == name || pattern == "**"
}
