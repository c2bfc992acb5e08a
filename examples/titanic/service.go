package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"example.org/zmq"
	"example.org/zmq/examples/majordomo"
)

// The status that begins each reply (RFC 9).
const (
	statusOK      = "200"
	statusPending = "300"
	statusUnknown = "400"
	statusError   = "500"
)

// titanic is a worker to clients, and a client to workers.
type titanic struct {
	store  *store
	client *majordomo.Client
	more   chan struct{} // there is a new request
}

// run offers the three services and executes requests, until one of them fails or ctx ends.
func (t *titanic) run(ctx context.Context, zc *zmq.Context, opts majordomo.Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	services := map[string]majordomo.Handler{"request": t.request, "reply": t.reply, "close": t.close}
	ended := make(chan error)
	for name, handle := range services {
		go func() { ended <- majordomo.Serve(ctx, zc, *endpoint, "titanic."+name, handle, opts) }()
	}
	go func() { ended <- t.execute(ctx) }()
	fmt.Println("keeps requests in", t.store.dir)
	var errs []error
	for range len(services) + 1 {
		errs = append(errs, <-ended)
		cancel()
	}
	return errors.Join(errs...)
}

func status(code string, parts ...[]byte) [][]byte { return append([][]byte{[]byte(code)}, parts...) }

// failed logs what went wrong and tells the client that something has.
func failed(err error) [][]byte {
	log.Print(err)
	return status(statusError)
}

// request stores a request. It is on disk before the client has its number.
func (t *titanic) request(_ context.Context, parts [][]byte) [][]byte {
	if len(parts) < 2 || len(parts[0]) == 0 {
		return failed(errors.New("a request names a service, and has one part more"))
	}
	id := newID()
	if err := t.store.putRequest(id, parts); err != nil {
		return failed(err)
	}
	select {
	case t.more <- struct{}{}:
	default: // execute has not looked yet
	}
	return status(statusOK, []byte(id))
}

func (t *titanic) reply(_ context.Context, parts [][]byte) [][]byte {
	id := string(parts[0])
	reply, err := t.store.reply(id)
	switch {
	case err == nil:
		return status(statusOK, reply...)
	case !errors.Is(err, errUnknown):
		return failed(err)
	}
	if _, err := t.store.request(id); err == nil {
		return status(statusPending)
	} else if !errors.Is(err, errUnknown) {
		return failed(err)
	}
	return status(statusUnknown)
}

// close may be asked again and again.
func (t *titanic) close(_ context.Context, parts [][]byte) [][]byte {
	if err := t.store.remove(string(parts[0])); err != nil {
		return failed(err)
	}
	return status(statusOK)
}

// execute goes through the requests without a reply, again and again. One whose service is not there waits for the next time.
func (t *titanic) execute(ctx context.Context) error {
	for {
		ids, err := t.store.pending()
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.try(ctx, id); err != nil && ctx.Err() == nil {
				log.Printf("request %s waits: %v", id, err)
			}
		}
		select {
		case <-t.more:
		case <-time.After(*pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (t *titanic) try(ctx context.Context, id string) error {
	parts, err := t.store.request(id)
	if err != nil {
		return err
	}
	service := string(parts[0])
	if there, err := t.client.Offered(ctx, service); err != nil || !there {
		return err
	}
	reply, err := t.client.Request(ctx, service, parts[1:]...)
	if err != nil {
		return err
	}
	return t.store.putReply(id, reply)
}
