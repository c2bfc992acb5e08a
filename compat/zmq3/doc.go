// Package zmq3 stands in for github.com/pebbe/zmq3: a program that was written for that package runs on package
// example.org/zmq when one line is changed. It is package zmq4 of the folder beside this one, with what only the older
// package had: Ipv4only, DelayAttachOnConnect and ErrorNoEvent. README.md has the lines.
package zmq3

//go:generate go run generate.go
