package main

import (
	"errors"
	"fmt"
	"strconv"

	"example.org/zmq"
	"example.org/zmq/tests/oracle/script"
)

func (e *engine) message(name string) *zmq.Message {
	m := get[*zmq.Message](e, name)
	if m == nil {
		m = new(zmq.Message) // zmq_msg_init is not needed
		keep(e, name, m, nil)
	}
	return m
}

// Message performs what is done to messages.
func (e *engine) Message(op string, a []string) (string, error) {
	switch op {
	case "msginit":
		if len(a) < 2 {
			return "0", keep(e, a[0], new(zmq.Message), nil)
		}
		n, err := strconv.Atoi(a[1])
		if errors.Is(err, strconv.ErrRange) {
			return "", script.ErrUnsupported
		}
		m, err := zmq.NewMessage(n)
		return "0", keep(e, a[0], m, err)
	case "msgdata":
		m, err := zmq.CopyMessage(script.Bytes(a[1]))
		return "0", keep(e, a[0], m, err)
	case "msgclose":
		return "0", e.message(a[0]).Close()
	case "msgcopy":
		m, err := e.message(a[1]).Copy()
		return "0", keep(e, a[0], m, err)
	case "msgmove":
		return "0", e.message(a[0]).Move(e.message(a[1]))
	case "msgshow":
		m := e.message(a[0])
		return script.Show(m.Bytes()) + script.If(m.More(), " more", ""), nil
	case "sendmsg":
		m := e.message(a[1])
		n := m.Len()
		err := e.socket(a[0]).SendMsg(m, flags(script.Has(a, "more"), script.Has(a, "dontwait")))
		return strconv.Itoa(n), err
	case "recvmsg":
		m := e.message(a[1])
		err := e.socket(a[0]).RecvMsg(m, flags(false, script.Has(a, "dontwait")))
		return strconv.Itoa(m.Len()), err
	}
	return "", fmt.Errorf("no such word: %s", op)
}
