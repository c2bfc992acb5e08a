package main

import (
	"context"

	"example.org/zmq"
)

var devices = map[string]struct {
	front, back zmq.SocketType
	open        func(front, back *zmq.Socket, opts ...zmq.DeviceOption) (*zmq.Device, error)
}{
	"queue":     {zmq.Router, zmq.Dealer, zmq.NewQueue},
	"forwarder": {zmq.XSub, zmq.XPub, zmq.NewForwarder},
	"streamer":  {zmq.Pull, zmq.Push, zmq.NewStreamer},
}

func (e engine) Proxy(kind, front, back string, waterMark int, at func(front, back string), stop <-chan struct{}) error {
	of := devices[kind]
	f, err := e.bound(of.front, front, waterMark)
	if err != nil {
		return err
	}
	b, err := e.bound(of.back, back, waterMark)
	if err != nil {
		return err
	}
	d, err := of.open(f, b)
	if err != nil {
		return err
	}
	frontAt, err := f.LastEndpoint()
	if err != nil {
		return err
	}
	backAt, err := b.LastEndpoint()
	if err != nil {
		return err
	}
	at(frontAt, backAt)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-stop
		cancel()
	}()
	d.Run(ctx)
	return nil
}

func (e engine) bound(t zmq.SocketType, endpoint string, waterMark int) (*zmq.Socket, error) {
	s, err := e.ctx.NewSocket(t, zmq.SendHWM(waterMark), zmq.RecvHWM(waterMark))
	if err != nil {
		return nil, err
	}
	return s, s.Bind(endpoint)
}
