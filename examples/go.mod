module example.org/zmq/examples

go 1.24.0

require example.org/zmq v0.0.0

replace example.org/zmq => ../
