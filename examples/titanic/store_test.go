package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, b := newID(), newID()
	parts := [][]byte{[]byte("upper"), {}, []byte("x")}
	if err := errors.Join(s.putRequest(a, parts), s.putRequest(b, parts)); err != nil {
		t.Fatal(err)
	}
	old := time.Unix(1_000_000, 0)
	if err := os.Chtimes(filepath.Join(dir, b+requestFile), old, old); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.pending(); err != nil || !slices.Equal(ids, []string{b, a}) {
		t.Errorf("pending are %q, %v; want %q", ids, err, []string{b, a})
	}
	if _, err := s.reply(a); !errors.Is(err, errUnknown) {
		t.Errorf("a reply before there is one: %v", err)
	}
	if err := s.putReply(a, parts[2:]); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, newID()+replyFile+halfFile)
	if err := os.WriteFile(half, []byte("ha"), 0o600); err != nil {
		t.Fatal(err)
	}

	s, err = openStore(dir) // as after a crash
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a half file is left: %v", err)
	}
	if got, err := s.request(a); err != nil || !slices.EqualFunc(got, parts, bytes.Equal) {
		t.Errorf("request: %q, %v", got, err)
	}
	if got, err := s.reply(a); err != nil || len(got) != 1 || string(got[0]) != "x" {
		t.Errorf("reply: %q, %v", got, err)
	}
	if ids, err := s.pending(); err != nil || !slices.Equal(ids, []string{b}) {
		t.Errorf("pending are %q, %v; want %q", ids, err, b)
	}
	if err := errors.Join(s.remove(a), s.remove(a), s.remove(b), s.remove("../x")); err != nil {
		t.Error(err)
	}
	if err := s.putReply(b, parts); !errors.Is(err, errUnknown) {
		t.Errorf("a reply to a request that was closed: %v", err)
	}
	if _, err := s.request("../../etc/passwd"); !errors.Is(err, errUnknown) {
		t.Errorf("a path for a number: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
