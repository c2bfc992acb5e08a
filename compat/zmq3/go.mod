module example.org/zmq/compat/zmq3

go 1.24

require example.org/zmq/compat/zmq4 v0.0.0

require example.org/zmq v0.0.0 // indirect

replace (
	example.org/zmq => ../..
	example.org/zmq/compat/zmq4 => ../zmq4
)
