package zmq

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"example.org/zmq/internal/spell"
)

// ParseSocketType returns the socket type of a name such as "router", as String writes it. Case does not matter, and
// neither does "ZMQ_" before the name; "xreq" and "xrep" are older names of dealer and router. Errors: EINVAL.
func ParseSocketType(name string) (SocketType, error) {
	lower := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "zmq_")
	switch lower {
	case "xreq":
		return XReq, nil
	case "xrep":
		return XRep, nil
	}
	for t, known := range socketTypeNames {
		if known == lower {
			return SocketType(t), nil
		}
	}
	return noSocket, &OpError{Op: "parse socket type", Type: noSocket, Err: withReason(EINVAL, "there is no type "+shown(name)+": one of "+strings.Join(socketTypeNames[:Stream+1], ", "))}
}

// ParseOption returns the option that a text such as "rcvhwm=1000" describes, for configuration files, URLs and flags. The
// text is a name, "=" and a value.
//
// The name is Go's (RecvHWM) or the manual's, with or without "ZMQ_" (ZMQ_RCVHWM, rcvhwm); case, "_" and "-" do not matter.
// The value has Go's form: true or false for a boolean, 500ms or 10s for a duration, "infinite" for one without end,
// otherwise a number. A number of bytes may have a unit (64KiB, 1MB). A key is 40 characters of Z85. A text is taken as it
// is, to its end. ParseOption checks the range; whether the socket's type and the engine have the option is checked when it
// is set.
//
// Errors: EINVAL for an unknown name, for a value of another form or out of its range, and for an option that can only be
// read. Errors do not contain secrets.
func ParseOption(text string) (SocketOption, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return SocketOption{}, optionError(shownName(text), "an option is written name=value, such as rcvhwm=1000")
	}
	row := optionsByName()[plainName(name)]
	if row == nil {
		return SocketOption{}, optionError(shown(name), "there is no option of this name"+likeName(name))
	}
	if !row.set {
		return SocketOption{}, optionError(row.name, "the option can be read and not be set")
	}
	o := SocketOption{row: row}
	if err := o.parse(value); err != nil {
		return SocketOption{}, &OpError{Op: "parse option", Type: noSocket, Option: row.name, Err: err}
	}
	return o, nil
}

func optionError(name, why string) error {
	return &OpError{Op: "parse option", Type: noSocket, Option: name, Err: withReason(EINVAL, why)}
}

// shown bounds what a text that was not understood adds to an error.
func shown(text string) string {
	if len(text) > 40 {
		text = text[:40] + "..."
	}
	return strconv.Quote(text)
}

// shownName is shown for what may begin with a name: what follows may be a secret.
func shownName(text string) string {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if end < 0 {
		return shown(text)
	}
	return shown(text[:end]) + "..."
}

// plainName leaves out of a name what does not matter.
func plainName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	return strings.NewReplacer("_", "", "-", "").Replace(strings.TrimPrefix(name, "zmq_"))
}

// optionsByName has the rows by the plain form of each of their names.
var optionsByName = sync.OnceValue(func() map[string]*optionRow {
	rows := map[string]*optionRow{}
	for _, r := range optionTable {
		for _, name := range []string{r.c, r.name} {
			if name != "" {
				rows[plainName(name)] = r
			}
		}
	}
	for other, name := range otherOptionNames {
		rows[other] = rows[name]
	}
	return rows
})

// otherOptionNames are the plain forms of names that libzmq has had, or has besides.
var otherOptionNames = map[string]string{
	"routingid": "identity", "connectrid": "connectroutingid", "delayattachonconnect": "immediate",
	"failunroutable": "routermandatory", "routerbehavior": "routermandatory",
}

// likeName returns a hint at the name that is most like one that there is not.
func likeName(name string) string {
	rows := optionsByName()
	known := slices.SortedFunc(maps.Keys(rows), func(a, b string) int { return strings.Compare(rows[a].name, rows[b].name) })
	r := rows[spell.Nearest(plainName(name), known)]
	if r == nil || !r.set {
		return ""
	}
	return "; is it " + r.name + "?"
}

// parse reads the value of the option from a text.
func (o *SocketOption) parse(text string) (err error) {
	r := o.row
	plain := strings.TrimSpace(text)
	switch r.kind {
	case kindBool:
		o.num, err = parseBool(plain)
	case kindMillis, kindSeconds:
		o.num, err = parsePeriod(plain, r.kind)
	case kindUint64:
		var v uint64
		v, err = strconv.ParseUint(plain, 0, 64)
		o.num = int64(v)
		if err != nil {
			err = withReason(EINVAL, shown(plain)+" is not a number from 0 to 2^64-1")
		}
	case kindInt, kindInt64:
		if r.id == optIPCMode {
			return o.parseMode(plain)
		}
		o.num, err = parseCount(plain, r.unit == "bytes")
	case kindBytes:
		o.str = text
		if r.has == "curve" && r.size == 32 {
			err = o.parseKey(plain)
		}
	}
	if err == nil {
		err = o.inRange()
	}
	return err
}

// parseMode reads the mode of a file, in octal.
func (o *SocketOption) parseMode(text string) error {
	v, err := strconv.ParseInt(strings.TrimPrefix(strings.ToLower(text), "0o"), 8, 32)
	if err != nil {
		return withReason(EINVAL, shown(text)+" is not a file mode, in octal, such as 0660")
	}
	o.num = v
	return o.inRange()
}

func (o *SocketOption) parseKey(text string) error {
	key, err := Z85Decode(text)
	if err != nil || len(key) != o.row.size {
		return withReason(EINVAL, "a key is written in Z85, 40 characters")
	}
	o.str = string(key)
	return nil
}

func parseBool(text string) (int64, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return 1, nil
	case "false", "no", "off", "0":
		return 0, nil
	}
	return 0, withReason(EINVAL, shown(text)+" is neither true nor false")
}

// parsePeriod reads a duration as C has it.
func parsePeriod(text string, kind optKind) (int64, error) {
	switch strings.ToLower(text) {
	case "infinite", "none", "default", "-1", "-1ns":
		return -1, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		if _, number := strconv.ParseFloat(text, 64); number == nil {
			if len(text) > 20 {
				return 0, withReason(EINVAL, shown(text)+" has no unit, such as 500ms or 10s")
			}
			return 0, withReason(EINVAL, fmt.Sprintf("%s has no unit: write %sms or %ss", shown(text), text, text))
		}
		return 0, withReason(EINVAL, shown(text)+" is not a duration, such as 500ms, 10s or infinite")
	}
	if d < 0 {
		return 0, withReason(EINVAL, shown(text)+" is negative; infinite is the one that never ends")
	}
	if kind == kindSeconds {
		return seconds(d)
	}
	return millis(d)
}

var byteUnits = []struct {
	name string
	size int64
}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"b", 1}}

// parseCount reads a number, which may have a unit if it counts bytes.
func parseCount(text string, bytes bool) (int64, error) {
	number, unit := text, int64(1)
	if bytes {
		lower := strings.ToLower(text)
		for _, u := range byteUnits {
			if n, ok := strings.CutSuffix(lower, u.name); ok {
				number, unit = strings.TrimSpace(n), u.size
				break
			}
		}
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, withReason(EINVAL, shown(text)+" is not a whole number")
	}
	if v > math.MaxInt64/unit || v < math.MinInt64/unit {
		return 0, withReason(EINVAL, shown(text)+" is too large")
	}
	return v * unit, nil
}
