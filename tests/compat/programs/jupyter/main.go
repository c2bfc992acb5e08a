//go:build pebbe

// Jupyter is a kernel: five sockets, a poller, signed messages of several parts, a heartbeat on a goroutine of its own.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	zmq "github.com/pebbe/zmq4"
)

var key = []byte("secret")

func sign(parts ...[]byte) string {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	return hex.EncodeToString(mac.Sum(nil))
}

type header struct {
	ID   string `json:"msg_id"`
	Type string `json:"msg_type"`
}

type message struct {
	ids     [][]byte
	header  header
	parent  header
	content map[string]interface{}
}

func parse(parts [][]byte) (m message) {
	i := 0
	for string(parts[i]) != "<IDS|MSG>" {
		i++
	}
	m.ids = parts[:i]
	if sign(parts[i+2:i+6]...) != string(parts[i+1]) {
		panic("a wrong signature")
	}
	json.Unmarshal(parts[i+2], &m.header)
	json.Unmarshal(parts[i+3], &m.parent)
	json.Unmarshal(parts[i+5], &m.content)
	return m
}

func (m message) send(s *zmq.Socket) {
	head, _ := json.Marshal(m.header)
	parent, _ := json.Marshal(m.parent)
	content, _ := json.Marshal(m.content)
	for _, id := range m.ids {
		s.SendBytes(id, zmq.SNDMORE)
	}
	s.SendMessage("<IDS|MSG>", sign(head, parent, []byte("{}"), content), head, parent, []byte("{}"), content)
}

func bind(t zmq.Type) (*zmq.Socket, string) {
	s, err := zmq.NewSocket(t)
	if err != nil {
		panic(err)
	}
	if err := s.Bind("tcp://127.0.0.1:*"); err != nil {
		panic(err)
	}
	endpoint, _ := s.GetLastEndpoint()
	return s, endpoint
}

func connect(t zmq.Type, endpoint string) *zmq.Socket {
	s, err := zmq.NewSocket(t)
	if err != nil {
		panic(err)
	}
	s.SetLinger(0)
	if t == zmq.SUB {
		s.SetSubscribe("")
	}
	s.Connect(endpoint)
	return s
}

func kernel(shell, control, stdin, iopub, hb *zmq.Socket, ended chan<- bool) {
	go func() {
		for {
			p, err := hb.RecvBytes(0)
			if err != nil {
				return
			}
			hb.SendBytes(p, 0)
		}
	}()
	poller := zmq.NewPoller()
	poller.Add(shell, zmq.POLLIN)
	poller.Add(stdin, zmq.POLLIN)
	poller.Add(control, zmq.POLLIN)
	for {
		polled, err := poller.Poll(-1)
		if err != nil {
			panic(err)
		}
		for _, item := range polled {
			parts, err := item.Socket.RecvMessageBytes(0)
			if err != nil {
				panic(err)
			}
			m := parse(parts)
			switch {
			case item.Socket == control:
				message{m.ids, header{"r", "shutdown_reply"}, m.header, map[string]interface{}{"restart": false}}.send(control)
				close(ended)
				return
			case m.header.Type == "execute_request":
				message{nil, header{"s", "status"}, m.header, map[string]interface{}{"execution_state": "busy"}}.send(iopub)
				message{nil, header{"o", "stream"}, m.header, map[string]interface{}{"text": m.content["code"]}}.send(iopub)
				message{m.ids, header{"r", "execute_reply"}, m.header, map[string]interface{}{"status": "ok"}}.send(shell)
				message{nil, header{"s", "status"}, m.header, map[string]interface{}{"execution_state": "idle"}}.send(iopub)
			}
		}
	}
}

func main() {
	shell, shellEnd := bind(zmq.ROUTER)
	control, controlEnd := bind(zmq.ROUTER)
	stdin, _ := bind(zmq.ROUTER)
	iopub, iopubEnd := bind(zmq.XPUB)
	hb, hbEnd := bind(zmq.REP)
	ended := make(chan bool)
	sub := connect(zmq.SUB, iopubEnd)
	if _, err := iopub.Recv(0); err != nil { // the subscription
		panic(err)
	}
	go kernel(shell, control, stdin, iopub, hb, ended)
	client, boss, heart := connect(zmq.DEALER, shellEnd), connect(zmq.DEALER, controlEnd), connect(zmq.REQ, hbEnd)
	heart.Send("ping", 0)
	fmt.Println(heart.Recv(0))
	for i := 0; i < 3; i++ {
		message{nil, header{fmt.Sprint(i), "execute_request"}, header{}, map[string]interface{}{"code": fmt.Sprint("print ", i)}}.send(client)
		for range [3]int{} {
			parts, _ := sub.RecvMessageBytes(0)
			m := parse(parts)
			fmt.Println(m.header.Type, m.parent.ID, m.content)
		}
		parts, _ := client.RecvMessageBytes(0)
		m := parse(parts)
		fmt.Println(m.header.Type, m.parent.ID, m.content)
	}
	message{nil, header{"q", "shutdown_request"}, header{}, nil}.send(boss)
	parts, _ := boss.RecvMessageBytes(0)
	fmt.Println(parse(parts).header.Type)
	<-ended
}
