package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// text is what is sent: lines, each with its line feed, so that their sizes add up to the file's.
type text struct {
	lines   [][]byte
	size    int
	filters []string // for subscribers: everything, and what most lines begin with
}

func readText(path string) (*text, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &text{size: len(b), lines: bytes.SplitAfter(b, []byte("\n"))}
	if last := len(t.lines) - 1; len(t.lines[last]) == 0 {
		t.lines = t.lines[:last]
	}
	if len(t.lines) == 0 {
		return nil, fmt.Errorf("there is no text to send")
	}
	t.filters = append([]string{""}, t.commonBeginnings(2)...)
	return t, nil
}

// commonBeginnings returns the bytes that most lines begin with, empty ones aside.
func (t *text) commonBeginnings(n int) []string {
	var count [256]int
	for _, l := range t.lines {
		count[l[0]]++
	}
	var all []string
	for b, c := range count {
		if c > 0 && b != '\n' {
			all = append(all, string([]byte{byte(b)}))
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return count[all[i][0]] > count[all[j][0]] })
	return all[:min(n, len(all))]
}

// message puts line i into buf as a message of one or two parts.
func (t *text) message(i, parts int, buf [][]byte) [][]byte {
	buf = append(buf[:0], t.lines[i])
	if parts == 2 {
		buf = append(buf, binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	return buf
}

// matching tallies the messages that begin with filter.
func (t *text) matching(filter string, parts int) (sum tally) {
	var buf [][]byte
	for i, l := range t.lines {
		if bytes.HasPrefix(l, []byte(filter)) {
			buf = t.message(i, parts, buf)
			sum.add(buf)
		}
	}
	return sum
}

// tally counts messages. Sum does not depend on their order, but does on every byte, on the
// parts' borders and on how often a message came.
type tally struct {
	Messages, Bytes int
	Sum             uint64
}

func (t *tally) add(parts [][]byte) {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	sum := uint64(offset)
	for _, p := range parts {
		for _, b := range p {
			sum = (sum ^ uint64(b)) * prime
		}
		sum = (sum ^ uint64(len(p))) * prime
		t.Bytes += len(p)
	}
	t.Messages++
	t.Sum += sum
}

func (t tally) plus(u tally) tally {
	return tally{t.Messages + u.Messages, t.Bytes + u.Bytes, t.Sum + u.Sum}
}

// gather writes the text to send to the file path: files, or else the sources in tree, repeated
// until there are size bytes. It returns where the text comes from.
func gather(path, tree string, files []string, size int) (origin string, err error) {
	origin = "the files given"
	if len(files) == 0 {
		origin = "this project's sources, repeated"
		if files, err = sources(tree); err != nil {
			return "", err
		}
	}
	var once []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		once = append(once, b...)
		if n := len(once); n > 0 && once[n-1] != '\n' {
			once = append(once, '\n')
		}
	}
	if len(once) == 0 {
		return "", fmt.Errorf("there is no text to send in %d files", len(files))
	}
	all := once
	for len(all) < size {
		all = append(all, once...)
	}
	return origin, os.WriteFile(path, all, 0o600)
}

// sources finds the text files of the project.
func sources(tree string) (files []string, err error) {
	err = filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "lib"):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".h", ".c", ".md":
			files = append(files, path)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no sources in %s: name a file to send", tree)
	}
	return files, err
}
