package main

import (
	"bytes"
	"crypto/rand"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// store has a file for each request and for each reply. A file has its name only when it is whole and on disk.
type store struct {
	dir string
	mu  sync.Mutex
}

// errUnknown means that there is no such request or reply.
var errUnknown = errors.New("unknown")

const (
	requestFile = ".request"
	replyFile   = ".reply"
	halfFile    = ".half"
)

// openStore makes the folder if it has to, and removes files that were being written when the process died.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	halves, err := filepath.Glob(filepath.Join(dir, "*"+halfFile))
	if err != nil {
		return nil, err
	}
	for _, path := range halves {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return &store{dir: dir}, nil
}

// newID returns 32 hexadecimal digits.
func newID() string {
	var id [16]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// path returns a file's path, or errUnknown: an id comes from a client, and must not lead out of the folder.
func (s *store) path(id, kind string) (string, error) {
	if b, err := hex.DecodeString(id); err != nil || len(b) != 16 {
		return "", errUnknown
	}
	return filepath.Join(s.dir, strings.ToLower(id)+kind), nil
}

func (s *store) request(id string) ([][]byte, error) { return s.get(id, requestFile) }
func (s *store) reply(id string) ([][]byte, error)   { return s.get(id, replyFile) }

func (s *store) get(id, kind string) (parts [][]byte, err error) {
	path, err := s.path(id, kind)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errUnknown
	}
	if err != nil {
		return nil, err
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&parts); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return parts, nil
}

func (s *store) putRequest(id string, parts [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(id, requestFile, parts)
}

// putReply stores a reply, unless its request was closed meanwhile.
func (s *store) putReply(id string, parts [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.request(id); err != nil {
		return err
	}
	return s.put(id, replyFile, parts)
}

func (s *store) put(id, kind string, parts [][]byte) error {
	path, err := s.path(id, kind)
	if err != nil {
		return err
	}
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(parts); err != nil {
		return err
	}
	half := path + halfFile
	if err := writeToDisk(half, data.Bytes()); err != nil {
		return err
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return s.sync()
}

func writeToDisk(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// sync brings the folder itself to the disk: names that were given or removed.
func (s *store) sync() error {
	d, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove removes a request and its reply, the request first: without it nothing is executed again.
func (s *store) remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kind := range []string{requestFile, replyFile} {
		path, err := s.path(id, kind)
		if err != nil {
			return nil // what nobody knows is closed
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return s.sync()
}

// pending returns the requests without a reply, the oldest first.
func (s *store) pending() (ids []string, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	age := map[string]int64{}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), requestFile); ok {
			if info, err := e.Info(); err == nil { // else it was removed meanwhile
				age[id] = info.ModTime().UnixNano()
			}
		}
	}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), replyFile); ok {
			delete(age, id)
		}
	}
	for id := range age {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return int(min(max(age[a]-age[b], -1), 1)) })
	return ids, nil
}
