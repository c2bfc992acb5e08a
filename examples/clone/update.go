package clone

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The keys that are commands of RFC 12, and the request for a snapshot.
const (
	hugz    = "HUGZ"
	kthxbai = "KTHXBAI"
	icanhaz = "ICANHAZ?"
)

// Update is a key with its new value; an empty value means that the key is gone. It is every message of RFC 12 but one: KVSYNC, KTHXBAI,
// KVPUB, HUGZ and KVSET have the same five frames.
type Update struct {
	Key        string
	Sequence   uint64            // the server's number of the update
	ID         []byte            // 16 bytes, or none
	Properties map[string]string // such as "ttl"
	Value      []byte
}

// TTL returns how long the key is to live; 0 means until it is deleted.
func (u *Update) TTL() time.Duration {
	seconds, err := strconv.ParseFloat(u.Properties["ttl"], 64)
	if err != nil || !(seconds > 0 && seconds < math.MaxInt64/float64(time.Second)) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// setTTL sets the property in whole seconds, rounded up.
func (u *Update) setTTL(ttl time.Duration) {
	if ttl > 0 {
		u.Properties = map[string]string{"ttl": fmt.Sprint(int64((ttl + time.Second - 1) / time.Second))}
	}
}

// frames returns the update as the parts of a message.
func (u *Update) frames() [][]byte {
	var lines []string
	for name, value := range u.Properties {
		lines = append(lines, name+"="+value+"\n")
	}
	slices.Sort(lines)
	return [][]byte{[]byte(u.Key), binary.BigEndian.AppendUint64(nil, u.Sequence), u.ID, []byte(strings.Join(lines, "")), u.Value}
}

// parseUpdate takes the parts of a message apart.
func parseUpdate(frames [][]byte) (u Update, ok bool) {
	if len(frames) != 5 || len(frames[1]) != 8 || len(frames[2]) != 0 && len(frames[2]) != 16 {
		return Update{}, false
	}
	u = Update{Key: string(frames[0]), Sequence: binary.BigEndian.Uint64(frames[1]), ID: frames[2], Value: frames[4]}
	for _, line := range strings.Split(string(frames[3]), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			if u.Properties == nil {
				u.Properties = map[string]string{}
			}
			u.Properties[name] = value
		}
	}
	return u, true
}

// newUpdate returns an update with a new ID, or refuses a key that is not for programs.
func newUpdate(key string, value []byte, ttl time.Duration) (Update, error) {
	if key == "" || key == hugz || key == kthxbai {
		return Update{}, fmt.Errorf("clone: %q is not a key: take one that is not empty, %s or %s", key, hugz, kthxbai)
	}
	if ttl < 0 {
		return Update{}, fmt.Errorf("clone: a time to live of %v: give 0 for no end", ttl)
	}
	u := Update{Key: key, ID: make([]byte, 16), Value: value}
	rand.Read(u.ID)
	u.setTTL(ttl)
	return u, nil
}

// checkSubtree refuses what RFC 12 does not call a subtree: "" or "/a/b/".
func checkSubtree(subtree string) error {
	if subtree == "" || len(subtree) > 2 && subtree[0] == '/' && subtree[len(subtree)-1] == '/' {
		return nil
	}
	return fmt.Errorf("clone: %q is not a subtree: one begins and ends with a slash, as in /prices/", subtree)
}
