package compat

// difference is one that is intended: where a call of a scenario answers theirs with the other package, it answers ours
// here. A star in any of them stands for anything.
type difference struct {
	scenario, call, theirs, ours, why string
}

var differences = []difference{
	{"endpoints", "Bind tcp://*:70000", "<nil>", einval, "ports end at 65535; libzmq takes the number modulo 65536"},
	{"endpoints", "Connect tcp://127.0.0.1:70000", "<nil>", einval, "ports end at 65535; libzmq takes the number modulo 65536"},
	{"endpoints", "Connect tcp://127.0.0.1:0", "<nil>", einval, "nobody can listen at port 0"},
	{"endpoints", "Bind tipc://{1,2,3}", "Errno(*", einval, "libzmq refuses an address of TIPC with the errno that an earlier call has left"},
	{"endpoints", "GetLastEndpoint", `"\"tcp://127.0.0.1:*0\"/<nil>"`, `"\"\"/<nil>"`, "the endpoint was refused"},
	{"general", "HasGssapi", "true", "false", "the engine that is staged is linked without Kerberos, which it says it has"},
	{"number options", "REP SetRouterMandatory(*)", "<nil>", einval, "libzmq ends the process when a REP learns that a requester is gone"},
	{"sockets", "copy", "<nil>, Errno(88 *), Socket(CLOSED), Socket(CLOSED)", "<nil>, <nil>, Socket(CLOSED), Socket(CLOSED)",
		"a copy is the same socket, which is closed once"},
	{"text options", `* SetIdentity("\x00" of 1)`, "<nil>", einval, whyZero},
	{"text options", "Get", `"\"\"/<nil>"`, `"\"a\"/<nil>"`, "an identity that begins with a zero byte was refused: the one before it is still there"},
	{"text options", `* SetConnectRid("\x00" of 1)`, "<nil>", einval, whyZero},
	{"text options", `SUB SetSubscribe("xxxxxxxxxx" of 255)`, "<nil>", einval, whyLost},
	{"text options", `SUB SetUnsubscribe("xxxxxxxxxx" of 255)`, "<nil>", einval, whyLost},
	{"text options", "Get", `"\"\"/invalid argument"`, `"string of 2000/<nil>"`, "values are read whatever their length"},
}

const (
	einval  = "Errno(22 invalid argument)"
	whyZero = "names that begin with a zero byte are those that libzmq makes up for peers without one"
	whyLost = "libzmq 4.3.3 and 4.3.4 lose filters of 246 to 255 bytes, and all that follow, on their way to the publisher"
)
