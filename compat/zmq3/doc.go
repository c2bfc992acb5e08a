// Package zmq3 stands in for github.com/pebbe/zmq3: a program that was written for that package runs on package
// example.org/zmq when one line is changed. Everything here is package zmq4 of the folder beside this one under another name,
// where it is described, with ErrorNoEvent, which only the older package had. README.md has the lines.
package zmq3
