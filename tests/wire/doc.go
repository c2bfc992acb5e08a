// Package wire throws bytes at bound sockets of every type, over tcp and ipc: greetings, handshakes, messages,
// subscriptions and commands of ZMTP 1.0, 2.0, 3.0 and 3.1, mutated, cut short, in pieces. The sockets are in a process of
// their own. It must live, and go on serving those who behave:
//
//	go test ./wire -for 1m
//	go test ./wire -for 1m -harsh=false    without what only a hardened engine lives through: heartbeats and full queues everywhere
//	go test ./wire -seed 12345 -runs 1     one conversation again
//	go test ./wire -run '^$' -fuzz FuzzWire -fuzztime 1m
package wire
