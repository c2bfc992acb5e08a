// Lastvalue is publish and subscribe for those who come late: a cache between publishers and subscribers keeps the last value of each
// topic, and a subscriber gets it at once, however long ago it was published and whether its publisher is alive or not.
//
//	go run ./lastvalue cache
//	go run ./lastvalue -topic oslo -value rain publisher
//	go run ./lastvalue -topic oslo subscriber
//
// The cache subscribes to everything. Its XPUB receives subscriptions as messages, with XPubVerbose also those to a topic that another
// one has subscribed to before. A subscription is answered with the topic's last value, which goes to all its subscribers: those who
// know it get it twice.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"example.org/zmq"
)

var (
	frontend = flag.String("frontend", "tcp://127.0.0.1:5557", "where the cache is bound for publishers")
	backend  = flag.String("backend", "tcp://127.0.0.1:5558", "where the cache is bound for subscribers")
	topic    = flag.String("topic", "oslo", "the topic, of publisher and subscriber")
	value    = flag.String("value", "rain", "the value that the publisher publishes")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0))
	stop()
	if err != nil && !errors.Is(err, context.Canceled) { // a signal is no failure
		log.Fatal(err)
	}
}

func run(ctx context.Context, role string) error {
	zc, err := zmq.NewContext()
	if err != nil {
		return err
	}
	defer zc.Close()
	switch role {
	case "cache":
		return cache(ctx, zc)
	case "publisher":
		return publisher(ctx, zc)
	case "subscriber":
		return subscriber(ctx, zc)
	}
	return errors.New("usage: lastvalue [flags] cache|publisher|subscriber")
}

func cache(ctx context.Context, zc *zmq.Context) error {
	front, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(""))
	if err != nil {
		return err
	}
	if err := front.Bind(*frontend); err != nil {
		return err
	}
	back, err := zc.NewSocket(zmq.XPub, zmq.XPubVerbose(true))
	if err != nil {
		return err
	}
	if err := back.Bind(*backend); err != nil {
		return err
	}
	poller, err := zmq.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	if err := errors.Join(poller.Add(front, zmq.PollIn), poller.Add(back, zmq.PollIn)); err != nil {
		return err
	}
	values := map[string][]byte{}
	for {
		ready, err := poller.Wait(ctx)
		if err != nil {
			return err
		}
		for _, r := range ready {
			message, err := r.Socket.RecvParts(ctx)
			if err != nil {
				return err
			}
			var key string
			switch {
			case r.Socket == front && len(message) == 2: // a value
				key = string(message[0])
				values[key] = message[1]
				fmt.Printf("%s: %s\n", key, values[key])
			case r.Socket == back && len(message[0]) > 0 && message[0][0] == 1: // a subscription
				key = string(message[0][1:])
				fmt.Println("somebody subscribes to", key)
			default:
				continue
			}
			if last, ok := values[key]; ok {
				if err := back.SendParts(ctx, []byte(key), last); err != nil {
					return err
				}
			}
		}
	}
}

// publisher publishes one value, when the cache is there, and ends when it is delivered.
func publisher(ctx context.Context, zc *zmq.Context) error {
	pub, err := zc.NewSocket(zmq.XPub)
	if err != nil {
		return err
	}
	if err := pub.Connect(*frontend); err != nil {
		return err
	}
	if err := pub.WaitSubscriber(ctx, *topic); err != nil {
		return err
	}
	return pub.SendParts(ctx, []byte(*topic), []byte(*value))
}

func subscriber(ctx context.Context, zc *zmq.Context) error {
	sub, err := zc.NewSocket(zmq.Sub, zmq.Subscribe(*topic))
	if err != nil {
		return err
	}
	if err := sub.Connect(*backend); err != nil {
		return err
	}
	for message, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", bytes.Join(message, []byte(": ")))
	}
	return nil
}
