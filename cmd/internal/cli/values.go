package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"example.org/zmq"
)

// Types are the socket types by the names that the programs take.
var Types = []zmq.SocketType{
	zmq.Pair, zmq.Pub, zmq.Sub, zmq.Req, zmq.Rep, zmq.Dealer, zmq.Router, zmq.Pull, zmq.Push, zmq.XPub, zmq.XSub, zmq.Stream,
}

// TypeNames returns the names of Types.
func TypeNames() []string {
	names := make([]string, len(Types))
	for i, t := range Types {
		names[i] = t.String()
	}
	return names
}

// ParseType returns the socket type of a name, in either case; xreq and xrep are the older names of dealer and router.
func ParseType(name string) (zmq.SocketType, error) {
	if t, err := zmq.ParseSocketType(name); err == nil && t <= zmq.Stream {
		return t, nil
	}
	return 0, fmt.Errorf("unknown socket type %q: one of %s", name, strings.Join(TypeNames(), ", "))
}

var sizeUnits = []struct {
	name string
	size float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1},
}

// ParseSize reads a number of bytes such as "4096", "16MiB" or "1GB"; "none" and "-1" are no limit, which is -1.
func ParseSize(s string) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if text == "none" || text == "-1" {
		return -1, nil
	}
	unit := 1.0
	for _, u := range sizeUnits {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			text, unit = strings.TrimSpace(number), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || math.IsNaN(n) || n*unit >= math.MaxInt64 || strings.ContainsAny(text, "xpe") {
		return 0, fmt.Errorf(`%q is not a size: a number of bytes such as 4096, 16MiB or 1GB, or none`, s)
	}
	return int64(n * unit), nil
}

// FormatSize writes a number of bytes with its unit, such as "1.5 MiB".
func FormatSize(n int64) string {
	if n < 0 {
		return "none"
	}
	v, unit := float64(n), 0
	for v >= 1024 && unit < 4 {
		v, unit = v/1024, unit+1
	}
	text := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(text, ".0") + " " + []string{"B", "KiB", "MiB", "GiB", "TiB"}[unit]
}

// ParseDuration reads a duration such as "10s"; "none", "infinite", "-1" and "-1ns" are without end, and a bare number is refused.
func ParseDuration(s string) (time.Duration, error) {
	switch strings.ToLower(s) {
	case "none", "infinite", "-1", "-1ns":
		return zmq.Infinite, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%q is not a duration, such as 500ms, 10s or 1m30s, or none`, s)
	}
	return d, nil
}

// DurationVar returns the flag's value that sets d, at first to the default: what ParseDuration reads, with "none" for no end.
func DurationVar(d *time.Duration, unset time.Duration) pflag.Value {
	*d = unset
	return (*durationValue)(d)
}

type durationValue time.Duration

func (d *durationValue) Type() string { return "duration" }

func (d *durationValue) String() string {
	if *d < 0 {
		return "none"
	}
	return time.Duration(*d).String()
}

func (d *durationValue) Set(s string) error {
	v, err := ParseDuration(s)
	if err == nil {
		*d = durationValue(v)
	}
	return err
}
