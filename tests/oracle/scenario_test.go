package oracle

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// scenario is a name and the lines that programs are given.
type scenario struct {
	name  string
	lines []string
}

// load reads all scenarios. A line "== NAME A=1,2 B:C=x:y,y:x" begins one, or as many as the values of its variables make.
func load() ([]scenario, error) {
	files, err := filepath.Glob("scenarios/*.txt")
	if err != nil {
		return nil, err
	}
	var all []scenario
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		var current []scenario
		for lines := bufio.NewScanner(f); lines.Scan(); {
			line := strings.TrimSpace(lines.Text())
			switch {
			case line == "" || line[0] == '#':
			case strings.HasPrefix(line, "=="):
				all = append(all, current...)
				current = expand(strings.Fields(line)[1:])
			case current == nil:
				return nil, fmt.Errorf("%s: %q belongs to no scenario", file, line)
			default:
				for i := range current {
					current[i].lines = append(current[i].lines, line)
				}
			}
		}
		all = append(all, current...)
	}
	for i := range all {
		all[i].substitute()
	}
	return all, nil
}

// expand returns a scenario for every combination of the variables' values. The values are kept in front of the lines, as
// "NAME=VALUE", until substitute puts them in.
func expand(header []string) []scenario {
	all := []scenario{{name: header[0]}}
	for _, variable := range header[1:] {
		names, values, _ := strings.Cut(variable, "=")
		var more []scenario
		for _, s := range all {
			for _, value := range strings.Split(values, ",") {
				t := scenario{name: s.name + " " + value, lines: append([]string{}, s.lines...)}
				parts := []string{value}
				if strings.Contains(names, ":") {
					parts = strings.Split(value, ":")
				}
				for i, name := range strings.Split(names, ":") {
					t.lines = append(t.lines, "$"+name+"="+parts[i])
				}
				more = append(more, t)
			}
		}
		all = more
	}
	return all
}

func (s *scenario) substitute() {
	var pairs []string
	for len(s.lines) > 0 && s.lines[0][0] == '$' {
		name, value, _ := strings.Cut(s.lines[0], "=")
		pairs = append(pairs, name, value)
		s.lines = s.lines[1:]
	}
	r := strings.NewReplacer(pairs...)
	for i := range s.lines {
		s.lines[i] = r.Replace(s.lines[i])
	}
}
