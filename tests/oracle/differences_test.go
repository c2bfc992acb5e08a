package oracle

import "strings"

// difference is one that is intended: where C answers a line of a scenario with c, a program answers with here.
type difference struct {
	program  string // ours, pebbe or compat
	scenario string // its name, or a pattern for it
	line     string // the line, or a pattern for it
	c, here  string
	why      string
}

// An entry without a line means that the program does not run the scenario.
var differences = []difference{
	// What 0 means has changed in 4.2: here it is the system's default, as in 3.1, whatever the engine.
	{"ours", "option/defaults *", "get a ???BUF int", "-1", "0", whyBuf},
	{"ours", "option/int ???BUF", "get a ???BUF int", "-1", "0", whyBuf},
	{"ours", "option/int ???BUF", "set a ???BUF int -1", "0", "-1 EINVAL", whyBuf},
	{"ours", "option/int ???BUF", "get a ???BUF int", "-1", "3", whyBuf},

	// Values that C takes and that do harm later.
	{"ours", "option/maxmsgsize", "set a MAXMSGSIZE int64 0", "0", "-1 EINVAL", "less than 64 would refuse the engine's own handshake"},
	{"ours", "option/maxmsgsize", "get a MAXMSGSIZE int64", "0", "9223372036854775807", "less than 64 was refused"},
	{"ours", "option/maxmsgsize", "set a MAXMSGSIZE int64 -2", "0", "-1 EINVAL", "-1 is the one that means no limit"},
	{"ours", "option/affinity", "set a AFFINITY int64 4", "0", "-1 EINVAL", "no such I/O thread: C fails at the next bind, 3.1 aborts"},
	{"ours", "option/affinity", "bind a *", "-1 EMTHREAD", "0", "the mask was refused"},
	{"ours", "option/ipv4only", "set a IPV4ONLY int *", "-1 EINVAL", "unsupported", "it is a bool, which has no other values"},
	{"ours", "option/hwm-raised", "set a SNDHWM int 50", "0", "-1 EINVAL", whyHWM},
	{"ours", "option/hwm-raised", "fill a x 2000", "49", "4", "the mark is still 5"},
	{"ours", "option/identity", "set a IDENTITY bytes %0041", "0", "-1 EINVAL", whyZero},
	{"ours", "option/identity", "get a IDENTITY bytes", "%0041", "#255:*", "the value before it is still there"},
	{"ours", "error/bind-odd-port *", "bind a *", "0", "-1 EINVAL", "C takes the port modulo 65536, or as far as it has digits"},
	{"ours", "error/connect-later tcp:*0", "connect a *", "0", "-1 EINVAL", "nobody can listen at port 0"},
	{"ours", "error/connect-later *::1*", "connect a *", "0", "-1 EINVAL", "IPV4ONLY is set: C tries in vain for ever, 3.1 aborts"},
	{"ours", "error/ipc-file", "bind a ipc://x", "0", "-1 EEXIST", "C deletes an ordinary file that has the path"},
	{"ours", "error/ipc-file", "stat x", "socket", "file", "the file is still there"},
	{"ours", "error/ipc-taken", "bind b ipc://x", "0", "-1 EADDRINUSE", "C takes the path away from a socket that is in use"},

	// Handles know their state.
	{"ours", "error/socket-closed", "close a", "-1 ENOTSOCK", "0", "a second Close does nothing"},
	{"ours", "error/context-terminated", "term c", "-1 EFAULT", "0", "a second Term joins the first"},
	{"ours", "error/context-terminated", "socket a c PULL", "-1 EFAULT", "-1 ETERM", "a context that was terminated says so"},
	{"ours", "message/life", "msgclose m", "-1 EFAULT", "0", "a second Close does nothing"},
	{"ours", "message/*", "msg???? n m", "-1 EFAULT", "-1 ENOTSOCK", "a closed message is a closed handle, ErrClosed"},
	{"ours", "message/into-closed", "recvmsg b m", "-1 EFAULT", "-1 ENOTSOCK", "a closed message is a closed handle, ErrClosed"},
	{"ours", "error/signal", "join r", "-1 EINTR", "1 x", "what a signal interrupts goes on"},

	{"compat", "option/hwm-raised", "fill a x 2000", "49", "4", "the mark is still 5: the new one is noted, and has no effect on connections"},
	{"compat", "option/identity", "set a IDENTITY bytes %0041", "0", "-1 EINVAL", whyZero},
	{"compat", "option/identity", "get a IDENTITY bytes", "%0041", "#255:*", "the value before it is still there"},
	{"compat", "error/bind-odd-port *", "bind a *", "0", "-1 EINVAL", "C takes the port modulo 65536, or as far as it has digits"},
	{"compat", "error/connect-later tcp:*0", "connect a *", "0", "-1 EINVAL", "nobody can listen at port 0"},
	{"compat", "error/connect-later *::1*", "connect a *", "0", "-1 EINVAL", "IPV4ONLY is set: C tries in vain for ever"},
	{"compat", "error/ipc-file", "bind a ipc://x", "0", "-1 EEXIST", "C deletes an ordinary file that has the path"},
	{"compat", "error/ipc-file", "stat x", "socket", "file", "the file is still there"},
	{"compat", "error/ipc-taken", "bind b ipc://x", "0", "-1 EADDRINUSE", "C takes the path away from a socket that is in use"},

	{"pebbe", "message/*", "", "", "", "it has no messages"},
	{"pebbe", "option/raw *", "", "", "", "it has no options by number"},
	{"pebbe", "option/read-only *", "", "", "", "it has no options by number"},
	{"pebbe", "option/write-only *", "", "", "", "it has no options by number"},
	{"pebbe", "option/unknown *", "", "", "", "it has no options by number"},
	{"pebbe", "error/shutdown", "", "", "", "it has no zmq_ctx_shutdown"},
	{"pebbe", "option/maxmsgsize", "raw*", "*", "unsupported", "it has no options by number"},
	{"pebbe", "option/affinity", "raw*", "*", "unsupported", "it has no options by number"},
	{"pebbe", "option/ipv4only", "set a IPV4ONLY int *", "-1 EINVAL", "unsupported", "it is a bool, which has no other values"},
	{"pebbe", "error/socket-closed", "close a", "-1 ENOTSOCK", "0", "a second Close does nothing"},
	{"pebbe", "error/socket-closed", "*", "-1 ENOTSOCK", "-1 Socket is closed", "it has an error of its own for that"},
	{"pebbe", "error/context-terminated", "term c", "-1 EFAULT", "0", "a second Term does nothing"},
	{"pebbe", "error/context-terminated", "socket a c PULL", "-1 EFAULT", "-1 Context is closed", "it has an error of its own for that"},
	{"pebbe", "error/terminating", "socket d c PULL", "-1 ETERM", "-1 Context is closed", "it has an error of its own for that"},
	{"pebbe", "error/signal", "join r", "-1 EINTR", "1 x", "what a signal interrupts goes on"},
	{"pebbe", "error/text *", "strerror *", "*", "*", "it has Go's texts for the system's errors"},
}

const whyBuf = "0 is the system's default on every engine, and is what is read for it; C has -1 for it from 4.2 on"

const whyHWM = "after a Bind or Connect the engine tells the connections that there are, of which some may be gone, and that ends the process"

const whyZero = "names that begin with a zero byte are those that the engine makes up for peers without one"

// intended returns C's trace as the program's should be.
func intended(program string, s scenario, c, got []string, used map[*difference]bool) []string {
	want := append([]string{}, c...)
	for i, line := range s.lines {
		if c[i] == got[i] {
			continue
		}
		for j := range differences {
			d := &differences[j]
			if d.isOf(program) && match(d.scenario, s.name) && match(d.line, line) &&
				match(d.c, strings.TrimPrefix(c[i], line+" = ")) && match(d.here, strings.TrimPrefix(got[i], line+" = ")) {
				want[i] = got[i]
				used[d] = true
				break
			}
		}
	}
	return want
}

// isOf reports whether the difference is one of the program. What stands in for pebbe/zmq4 has that one's, too.
func (d *difference) isOf(program string) bool {
	return d.program == program || program == "compat" && d.program == "pebbe"
}

// skips reports whether the program does not run the scenario.
func skips(program string, s scenario, used map[*difference]bool) bool {
	for i := range differences {
		if d := &differences[i]; d.line == "" && d.isOf(program) && match(d.scenario, s.name) {
			used[d] = true
			return true
		}
	}
	return false
}

// match reports whether a name fits a pattern, in which * stands for anything and ? for one character.
func match(pattern, name string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if len(name) < len(before) || !same(before, name[:len(before)]) {
		return false
	}
	name = name[len(before):]
	if !star {
		return name == ""
	}
	for i := 0; i <= len(name); i++ {
		if match(after, name[i:]) {
			return true
		}
	}
	return false
}

func same(pattern, name string) bool {
	for i := range len(pattern) {
		if pattern[i] != '?' && pattern[i] != name[i] {
			return false
		}
	}
	return true
}
