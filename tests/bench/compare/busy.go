package main

import (
	"io"
	"os"
	"os/exec"
)

// spin keeps a processor busy until its input ends.
func spin() {
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for n := uint64(1); ; n = n*6364136223846793005 + 1442695040888963407 {
		if n == 0 { // it takes 2^64 turns to come here, and the compiler keeps the loop
			os.Exit(0)
		}
	}
}

// spinners starts n processes that keep a processor busy each, and returns what ends them.
func spinners(n int) (stop func(), err error) {
	var loops []*exec.Cmd
	var inputs []io.Closer
	stop = func() {
		for i, c := range loops {
			inputs[i].Close()
			c.Wait()
		}
	}
	self, err := os.Executable()
	for range n {
		if err != nil {
			break
		}
		c := exec.Command(self, "spin")
		in, pipeErr := c.StdinPipe()
		if err = pipeErr; err == nil {
			err = c.Start()
		}
		if err == nil {
			loops, inputs = append(loops, c), append(inputs, in)
		}
	}
	if err != nil {
		stop()
	}
	return stop, err
}
