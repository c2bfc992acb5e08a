// Package oracle compares package zmq with C. What is in scenarios is done four times: by a C program on libzmq, by a Go
// program on package zmq, by one on github.com/pebbe/zmq4, and by the same one on what stands in for it, all on the same engine. What came of each line must
// be the same. Differences that are intended, and those of pebbe/zmq4, are listed with their reason in differences_test.go;
// each of them must come up.
package oracle
