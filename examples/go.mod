module example.org/zmq/examples

go 1.24

require example.org/zmq v0.0.0

replace example.org/zmq => ../
