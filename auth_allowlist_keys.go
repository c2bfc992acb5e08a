package zmq

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LoadKeys reads the public keys of CURVE clients from folders and files, and replaces in one step all keys that an earlier
// LoadKeys put on the list. Call it again to read changed files. Without a path it removes those keys. Keys of AllowKey
// stay on the list, and their user ids take precedence over those of files. It returns how many keys were read.
//
// A file is a certificate, as Certificate.SavePublic, CZMQ and pyzmq write it, or a list. A line of a list is a key in Z85,
// which a user id may follow; lines that begin with # are comments. The user id of a certificate is its metadata "name", or
// else the file's name without the folder; that of a list's line without one is the key in Z85. If a key is read more than
// once the last user id holds. LoadKeys reads all files of a folder in the order of their names, except files whose names
// begin with a dot or end with "_secret" or "~"; it does not enter folders within.
//
// After an error the list is unchanged. Errors: fs.ErrNotExist, fs.ErrPermission and others of the file system;
// fs.ErrInvalid for what is no ordinary file, such as a pipe; EINVAL for a file without a key, or with something else than
// keys, for a user id of more than 255 bytes or with a zero byte, and for a nil list. They name the file.
func (l *AllowList) LoadKeys(paths ...string) (int, error) {
	if l == nil {
		return 0, &OpError{Op: "load keys", Type: noSocket, Err: withReason(EINVAL, "the AllowList is nil")}
	}
	l.loading.Lock()
	defer l.loading.Unlock()
	keys := map[CurveKey]string{}
	for _, path := range paths {
		if err := readKeys(keys, path); err != nil {
			return 0, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loaded = keys
	return len(keys), nil
}

func keysError(path string, err error) error {
	return &OpError{Op: "load keys", Type: noSocket, Endpoint: path, Err: err}
}

// readKeys adds what a folder or a file has.
func readKeys(keys map[CurveKey]string, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return keysError(path, err)
	}
	if !info.IsDir() {
		return readKeyFile(keys, path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return keysError(path, err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "_secret") || strings.HasSuffix(name, "~") {
			continue
		}
		file := filepath.Join(path, name)
		info, err := os.Stat(file) // of what a link leads to
		if err != nil {
			return keysError(file, err)
		}
		if info.IsDir() {
			continue
		}
		if err := readKeyFile(keys, file); err != nil {
			return err
		}
	}
	return nil
}

// keyFileMax is enough for a list of some hundred thousand keys.
const keyFileMax = 16 << 20

func readKeyFile(keys map[CurveKey]string, path string) error {
	text, err := readKeyText(path, keyFileMax)
	if err != nil {
		return keysError(path, err)
	}
	if !isCertificate(text) {
		if err := parseKeyList(keys, text); err != nil {
			return keysError(path, err)
		}
		return nil
	}
	c, err := parseCertificate(text)
	if err != nil {
		return keysError(path, err)
	}
	name := c.Metadata["name"]
	if name == "" {
		name = filepath.Base(path)
	}
	if err := addKey(keys, c.Public, name); err != nil {
		return keysError(path, err)
	}
	return nil
}

// isCertificate reports whether the text has a section of a certificate: its name is a line without an indent. No key is
// as short.
func isCertificate(text []byte) bool {
	for line := range bytes.Lines(text) {
		word, _, _ := bytes.Cut(bytes.TrimRight(line, " \t\r\n"), []byte(" "))
		if string(word) == "curve" || string(word) == "metadata" {
			return true
		}
	}
	return false
}

// parseKeyList reads one key a line, each with a name behind it if need be.
func parseKeyList(keys map[CurveKey]string, text []byte) error {
	lines, found := bufio.NewScanner(bytes.NewReader(text)), false
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' { // no key begins so: its first character is among the lower 83
			continue
		}
		word, name, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
		key, err := ParseCurveKey(word)
		if err != nil {
			return withReason(EINVAL, fmt.Sprintf("line %d: neither a certificate nor a public key of 40 characters, and perhaps a name", n))
		}
		found = true
		if name = strings.TrimSpace(name); name == "" {
			name = key.String()
		}
		if err := addKey(keys, key, name); err != nil {
			return withReason(EINVAL, fmt.Sprintf("line %d: %v", n, err))
		}
	}
	if err := lines.Err(); err != nil {
		return withReason(EINVAL, "no list of keys: "+err.Error())
	}
	if !found {
		return withReason(EINVAL, "the file has no key: nobody could connect by it")
	}
	return nil
}

func addKey(keys map[CurveKey]string, k CurveKey, userID string) error {
	switch {
	case k == (CurveKey{}):
		return errZeroClient
	case len(userID) > 255 || strings.IndexByte(userID, 0) >= 0:
		return errKeyName
	}
	keys[k] = userID
	return nil
}

var (
	errZeroClient = withReason(EINVAL, "the public key is zero, which is not a key")
	errKeyName    = withReason(EINVAL, "the name, which is the client's user id, has more than 255 bytes or a zero byte")
)
