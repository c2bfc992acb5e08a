// Security is one service behind five fences, from none to one that holds:
//
//	grasslands   every client gets in, everything is readable on its way
//	strawhouse   clients from an address that is allowed
//	woodhouse    clients that have the password, which is readable on its way, as everything is
//	stonehouse   clients that have the server's public key; everything is encrypted, and the server proves its key
//	ironhouse    only clients whose keys the server knows; they are who they say they are
//
// Make keys, and start server and client with the same level:
//
//	go run ./security keys
//	go run ./security -level ironhouse server
//	go run ./security -level ironhouse client
//
// What differs is in serverOptions and clientOptions, and nowhere else. The secret files stay on their machines; public ones go to
// the other side, by a way that one can trust.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"example.org/zmq"
)

var (
	level    = flag.String("level", "ironhouse", "grasslands, strawhouse, woodhouse, stonehouse or ironhouse")
	endpoint = flag.String("endpoint", "tcp://127.0.0.1:9000", "where the server is bound")
	keys     = flag.String("keys", "keys", "the folder of the keys")
	network  = flag.String("allow", "127.0.0.0/8", "who gets into the strawhouse")
	password = flag.String("password", "secret", "the woodhouse's password; a real program takes it from a file")
	messages = flag.Int("n", 10, "how many messages the client sends")
	interval = flag.Duration("interval", time.Second, "the client's pause between two messages")
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
	case "keys":
		return makeKeys(ctx, zc)
	case "server":
		return server(ctx, zc)
	case "client":
		return client(ctx, zc)
	}
	return errors.New("usage: security [flags] keys|server|client")
}

// serverOptions returns the options of the server's socket, and has clients judged where they are to be. It is called before Bind.
func serverOptions(ctx context.Context, zc *zmq.Context) ([]zmq.SocketOption, error) {
	var allowed zmq.AllowList
	switch *level {
	case "grasslands":
		return nil, nil
	case "strawhouse":
		prefix, err := netip.ParsePrefix(*network)
		if err != nil {
			return nil, err
		}
		allowed.AllowAddr(prefix)
		return []zmq.SocketOption{zmq.ZAPDomain("strawhouse")}, zc.ServeAuth(ctx, &allowed)
	case "woodhouse":
		allowed.AllowUser("client", *password)
		return []zmq.SocketOption{zmq.PlainServer()}, zc.ServeAuth(ctx, &allowed)
	}
	own, err := zmq.LoadCertificate(filepath.Join(*keys, "server.secret"))
	if err != nil {
		return nil, err
	}
	curve := []zmq.SocketOption{zmq.CurveServer(own.Secret)}
	switch *level {
	case "stonehouse":
		return curve, nil
	case "ironhouse":
		client, err := zmq.LoadCertificate(filepath.Join(*keys, "client.public"))
		if err != nil {
			return nil, err
		}
		allowed.AllowKey(client.Public, client.Metadata["name"])
		return curve, zc.ServeAuth(ctx, &allowed)
	}
	return nil, fmt.Errorf("there is no level %q", *level)
}

// clientOptions returns the options of the client's socket.
func clientOptions() ([]zmq.SocketOption, error) {
	switch *level {
	case "grasslands", "strawhouse":
		return nil, nil
	case "woodhouse":
		return []zmq.SocketOption{zmq.PlainClient("client", *password)}, nil
	case "stonehouse", "ironhouse":
		server, err := zmq.LoadCertificate(filepath.Join(*keys, "server.public"))
		if err != nil {
			return nil, err
		}
		own, err := zmq.LoadCertificate(filepath.Join(*keys, "client.secret"))
		if err != nil {
			return nil, err
		}
		return []zmq.SocketOption{zmq.CurveClient(server.Public, own.Public, own.Secret)}, nil
	}
	return nil, fmt.Errorf("there is no level %q", *level)
}

func server(ctx context.Context, zc *zmq.Context) error {
	options, err := serverOptions(ctx, zc)
	if err != nil {
		return err
	}
	pull, err := zc.NewSocket(zmq.Pull, options...)
	if err != nil {
		return err
	}
	if err := pull.Bind(*endpoint); err != nil {
		return err
	}
	bound, err := pull.LastEndpoint()
	if err != nil {
		return err
	}
	fmt.Println("bound to", bound)
	for {
		parts, err := pull.RecvMsgs(ctx)
		if err != nil {
			return err
		}
		user := "somebody" // without an Authenticator a name is what the client says it is
		if *level != "grasslands" && *level != "stonehouse" {
			if id, err := parts[0].Gets("User-Id"); err == nil && id != "" {
				user = id
			}
		}
		fmt.Printf("%s says %s\n", user, parts[0])
		for _, p := range parts {
			p.Close()
		}
	}
}

func client(ctx context.Context, zc *zmq.Context) error {
	options, err := clientOptions()
	if err != nil {
		return err
	}
	push, err := zc.NewSocket(zmq.Push, append(options, zmq.Linger(time.Second))...)
	if err != nil {
		return err
	}
	monitor, err := push.Monitor(zmq.EventHandshakeSucceeded | zmq.EventHandshakeFailed)
	if err != nil {
		return err
	}
	defer monitor.Close()
	if err := push.Connect(*endpoint); err != nil {
		return err
	}
	event, err := monitor.Next(ctx)
	if err != nil {
		return err
	}
	if event.Type != zmq.EventHandshakeSucceeded {
		return fmt.Errorf("not let in: %w", event.Err)
	}
	fmt.Println("let in")
	for i := range *messages {
		if err := push.SendParts(ctx, fmt.Appendf(nil, "hello %d", i+1)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(*interval):
		}
	}
	return nil
}

// makeKeys makes a pair of keys for the server and one for the client, and leaves those alone that are there.
func makeKeys(context.Context, *zmq.Context) error {
	if err := os.MkdirAll(*keys, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"server", "client"} {
		secret := filepath.Join(*keys, name+".secret")
		if _, err := os.Stat(secret); err == nil {
			continue
		}
		certificate, err := zmq.NewCertificate(map[string]string{"name": name})
		if err != nil {
			return err
		}
		if err := certificate.SaveSecret(secret); err != nil {
			return err
		}
		if err := certificate.SavePublic(filepath.Join(*keys, name+".public")); err != nil {
			return err
		}
		fmt.Println("made", secret)
	}
	return nil
}
