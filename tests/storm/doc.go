// Package storm has sockets of every type, and every device, send, receive, close, disconnect, unbind, change keys and be
// replaced while their peers, processes of their own, are killed, stopped, reset and started again. Whatever happens, the
// process under test must not end, no message may come twice or torn, and the sockets must work afterwards:
//
//	go test ./storm -for 1m -seed 7
package storm
