package zmq

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// walkCase is options with a value each, for a type of socket, or a context's options.
type walkCase struct {
	typ     SocketType
	opts    []SocketOption
	numbers bool // they are set by their numbers, where that can be done
	context []ContextOption
}

func (c walkCase) String() string {
	var names []string
	for _, o := range c.context {
		names = append(names, o.name)
	}
	for _, o := range c.opts {
		text := o.String()
		if len(text) > 60 {
			text = fmt.Sprintf("%s... of %d bytes)", text[:50], len(o.str))
		}
		names = append(names, text)
	}
	how := ""
	if c.numbers {
		how = ", by number"
	}
	return fmt.Sprintf("%v with %s%s", c.typ, strings.Join(names, ", "), how)
}

// walkTypes are all socket types that are no drafts.
func walkTypes() []SocketType {
	if !apiVersion().AtLeast(from40) {
		return allTypes
	}
	return append(allTypes[:len(allTypes):len(allTypes)], Stream)
}

// walkGroups are the options that touch each other.
var walkGroups = [][]string{
	{"SendHWM", "RecvHWM", "Conflate", "Immediate", "XPubNoDrop", "Linger", "MaxMsgSize"},
	{"Identity", "ConnectRoutingID", "RouterHandover", "RouterMandatory", "ProbeRouter", "RouterRaw", "Immediate"},
	{"HeartbeatInterval", "HeartbeatTTL", "HeartbeatTimeout", "HandshakeInterval", "ConnectTimeout", "TCPMaxRT"},
	{"ReconnectInterval", "ReconnectIntervalMax", "ConnectTimeout", "Immediate", "Linger", "HandshakeInterval", "ReconnectStop"},
	{"IPv4Only", "IPv6", "TCPAcceptFilter", "BindToDevice", "UseFD", "Backlog", "TOS"},
	{"TCPKeepalive", "TCPKeepaliveCount", "TCPKeepaliveIdle", "TCPKeepaliveInterval", "TCPMaxRT"},
	{"XPubVerbose", "XPubVerboser", "XPubManual", "XPubManualLastValue", "OnlyFirstSubscribe", "XPubNoDrop", "XPubWelcomeMsg", "InvertMatching", "Subscribe", "Unsubscribe", "Conflate", "MaxTopic"},
	{"ReqCorrelate", "ReqRelaxed", "ProbeRouter", "Identity", "RouterRaw"},
	{"PlainServerMode", "PlainUsername", "PlainPassword", "CurveServerMode", "CurvePublicKey", "CurveOwnSecretKey", "CurveServerKey", "ZAPDomain", "ZAPEnforceDomain", "ApplicationMetadata", "Identity", "RouterRaw"},
	{"SendBuf", "RecvBuf", "MaxMsgSize", "RecvHWM"},
	{"IPCFilterPID", "IPCFilterUID", "IPCFilterGID", "UseFD"},
	{"SOCKSProxy", "SOCKSUsername", "SOCKSPassword", "ReconnectInterval", "ConnectTimeout", "Immediate", "IPv4Only"},
	{"StreamNotify", "ConnectRoutingID", "Identity", "RouterRaw", "MaxMsgSize"},
	{"Rate", "RecoveryInterval", "MulticastHops", "MulticastMaxTPDU", "MulticastLoop"},
	{"SendTimeout", "RecvTimeout", "Linger", "WatchPeers", "Affinity"},
}

// walkValues are values at both ends of an option's range, in between and beyond.
func walkValues(r *optionRow) (all []SocketOption) {
	if r.kind == kindBytes {
		texts := map[string][]string{
			"TCPAcceptFilter":     {"127.0.0.1", "::1", "10.0.0.0/8", "::/0", "0.0.0.0/0", "x/y"},
			"SOCKSProxy":          {"127.0.0.1:1", "localhost:1", "127.0.0.1", ":"},
			"BindToDevice":        {"lo", "nosuch0"},
			"ConnectRoutingID":    {"worker", "worker", "\x00\x00\x00\x00\x00"},
			"ApplicationMetadata": {"X-a:b", "X-:", ":", "a:b", "X-a:b:c", "X-a\x00:b"},
			"Identity":            {"worker", "\x00\x00\x00\x00\x00"},
			"XPubWelcomeMsg":      {"welcome"},
		}[r.name]
		for _, n := range []int64{0, 1, 4, 8, 32, 245, 246, 255, 256, 1024, 1025, 100_000} {
			texts = append(texts, strings.Repeat("x", int(n)))
			if n <= 32 {
				texts = append(texts, strings.Repeat("\x00", int(n)))
			}
		}
		for _, text := range texts {
			all = append(all, SocketOption{row: r, str: text})
		}
		return all
	}
	numbers := []int64{r.min, r.min + 1, r.def, 2, 100, r.max, -1, 0, 1}
	if r.name == "UseFD" {
		numbers = []int64{-1, 0, 1, 2, r.max - 1, r.max} // any other may be somebody's, of a case beside this one
	}
	if r.max == 1 {
		return []SocketOption{{row: r, num: 0}, {row: r, num: 1}}
	}
	if r.kind != kindUint64 && r.name != "UseFD" {
		numbers = append(numbers, r.max/2, r.max-1)
		if r.min > math.MinInt64 {
			numbers = append(numbers, r.min-1)
		}
		if r.max < math.MaxInt64 {
			numbers = append(numbers, r.max+1)
		}
	}
	seen := map[int64]bool{}
	for _, n := range numbers {
		if !seen[n] {
			all = append(all, SocketOption{row: r, num: n})
		}
		seen[n] = true
	}
	return all
}

// walkEnds are the values that options are combined with: those at the ends, and one that is of use.
func walkEnds(r *optionRow) (few []SocketOption) {
	all := walkValues(r)
	if r.kind == kindBytes {
		few = slices.DeleteFunc(slices.Clone(all), func(o SocketOption) bool {
			return len(o.str) > 255 || len(o.str) == 4 || len(o.str) == 8 || len(o.str) == 246
		})
		return few[:min(len(few), 7)]
	}
	if len(all) <= 5 {
		return all
	}
	for _, o := range all {
		if o.num == r.min || o.num == r.max || o.num == 1 || o.num == 2 || o.num == 0 {
			few = append(few, o)
		}
	}
	return few
}

// walkRows are the options that can be set on this engine, by name.
func walkRows() (rows []*optionRow, byName map[string]*optionRow) {
	byName = map[string]*optionRow{}
	for _, r := range optionTable {
		if r.set && r.supported() == nil {
			rows = append(rows, r)
			byName[r.name] = r
		}
	}
	return rows, byName
}

// walkCases are all cases, in an order that does not change.
func walkCases() (all []walkCase) {
	rows, byName := walkRows()
	values, ends := map[string][]SocketOption{}, map[string][]SocketOption{}
	for _, r := range rows {
		values[r.name], ends[r.name] = walkValues(r), walkEnds(r)
	}
	for _, typ := range walkTypes() {
		for _, r := range rows {
			for _, o := range values[r.name] {
				all = append(all, walkCase{typ: typ, opts: []SocketOption{o}}, walkCase{typ: typ, opts: []SocketOption{o}, numbers: true})
			}
		}
		for n, group := range walkGroups {
			group = slices.DeleteFunc(slices.Clone(group), func(name string) bool { return byName[name] == nil })
			all = append(all, walkTogether(typ, group, ends, rand.New(rand.NewPCG(uint64(n), uint64(typ))))...)
		}
	}
	return append(all, walkContexts()...)
}

// walkTogether sets all options of a group at a time, in changing order, so that each value of one meets each of every other.
func walkTogether(typ SocketType, group []string, ends map[string][]SocketOption, r *rand.Rand) (all []walkCase) {
	type meeting struct{ a, i, b, j int } // the value i of the option a meets j of b
	left := map[meeting]bool{}
	var order []meeting
	for a := range group {
		for b := a + 1; b < len(group); b++ {
			for i := range ends[group[a]] {
				for j := range ends[group[b]] {
					left[meeting{a, i, b, j}] = true
					order = append(order, meeting{a, i, b, j})
				}
			}
		}
	}
	for _, m := range order {
		if !left[m] {
			continue
		}
		picked := make([]int, len(group))
		for a := range group {
			picked[a] = r.IntN(len(ends[group[a]]))
		}
		picked[m.a], picked[m.b] = m.i, m.j
		c := walkCase{typ: typ}
		for _, a := range r.Perm(len(group)) {
			c.opts = append(c.opts, ends[group[a]][picked[a]])
			for b := range a {
				delete(left, meeting{b, picked[b], a, picked[a]})
			}
		}
		all = append(all, c)
	}
	return all
}

// walkContexts are the options of contexts, alone and in pairs.
func walkContexts() (all []walkCase) {
	var opts []ContextOption
	ints := map[string]func(int) ContextOption{
		"IOThreads": IOThreads, "MaxSockets": MaxSockets, "ThreadPriority": ThreadPriority, "ThreadSchedPolicy": ThreadSchedPolicy, "ContextMaxMsgSize": ContextMaxMsgSize,
		"ThreadAffinityAdd": ThreadAffinityAdd, "ThreadAffinityRemove": ThreadAffinityRemove, "ThreadNamePrefix": ThreadNamePrefix,
	}
	for name, f := range ints {
		for _, n := range []int{-1, 0, 1, 2, 3, 99, 1023, 1 << 24, math.MaxInt32, math.MaxInt} {
			o := f(n)
			o.name = fmt.Sprintf("%s(%d)", name, n)
			if name == "IOThreads" && n > 99 && n <= 1024 {
				continue // more threads than a test should start
			}
			opts = append(opts, o)
		}
	}
	opts = append(opts, ContextIPv6(true), ContextIPv6(false), Blocky(false), Blocky(true))
	for i, a := range opts {
		all = append(all, walkCase{typ: Dealer, context: []ContextOption{a}})
		for _, b := range opts[i+1:] {
			all = append(all, walkCase{typ: Dealer, context: []ContextOption{a, b}})
		}
	}
	return all
}
