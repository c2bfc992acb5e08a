package zmq

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Format writes the option as Go has it, such as "Linger(0s)", whatever the verb. Secrets are left out.
func (o SocketOption) Format(f fmt.State, _ rune) { f.Write([]byte(o.String())) }

// String returns the option as Go has it, such as "Linger(0s)". Secrets are left out.
func (o SocketOption) String() string {
	if o.row == nil {
		return "SocketOption()"
	}
	return o.row.name + "(" + o.value() + ")"
}

func (o SocketOption) value() string {
	switch {
	case o.row.secret || o.parts != nil:
		return "..."
	case o.attach != nil:
		return quoteAll(o.attach.endpoints)
	case o.row.id == optIPCMode:
		return fmt.Sprintf("%#o", o.num)
	case o.row.kind == kindBytes:
		return strconv.Quote(o.str)
	case o.row.kind == kindBool:
		return strconv.FormatBool(o.num != 0)
	case o.row.kind == kindMillis:
		return fromMillis(o.num).String()
	case o.row.kind == kindSeconds:
		return fromSeconds(o.num).String()
	case o.row.kind == kindUint64:
		return strconv.FormatUint(uint64(o.num), 10)
	}
	return strconv.FormatInt(o.num, 10)
}

func quoteAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = strconv.Quote(t)
	}
	return strings.Join(quoted, ", ")
}

// seconds turns a duration into C's seconds, rounded up.
func seconds(d time.Duration) (int64, error) {
	if d == SystemDefault {
		return -1, nil
	}
	if d < 0 {
		return 0, withReason(EINVAL, d.String()+" is negative; SystemDefault (-1) is as the system has it")
	}
	return int64((d + time.Second - 1) / time.Second), nil
}

func fromSeconds(s int64) time.Duration {
	if s < 0 {
		return SystemDefault
	}
	return time.Duration(s) * time.Second
}

// millis turns a duration into C's milliseconds, rounded up: what is not zero stays not zero.
func millis(d time.Duration) (int64, error) {
	if d == Infinite {
		return -1, nil
	}
	if d < 0 {
		return 0, withReason(EINVAL, fmt.Sprintf("%v is negative; Infinite (-1) is the one that never ends", d))
	}
	ms := d / time.Millisecond
	if d%time.Millisecond != 0 {
		ms++
	}
	return int64(ms), nil
}

func fromMillis(ms int64) time.Duration {
	if ms < 0 {
		return Infinite
	}
	return time.Duration(ms) * time.Millisecond
}

func number(v bool) int64 {
	if v {
		return 1
	}
	return 0
}
