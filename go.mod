module example.org/zmq

go 1.24
