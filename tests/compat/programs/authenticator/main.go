//go:build pebbe

// Authenticator is the ironhouse: CURVE, with clients known by their keys, and metadata for those who come in.
package main

import (
	"fmt"
	"log"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	log.SetFlags(0)
	zmq.AuthSetVerbose(false)
	if err := zmq.AuthStart(); err != nil {
		log.Fatal(err)
	}
	defer zmq.AuthStop()
	zmq.AuthSetMetadataHandler(func(version, request_id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
		return map[string]string{"User-Id": "client of " + domain, "Mechanism": mechanism}
	})
	zmq.AuthAllow("domain1", "127.0.0.1/8")
	clientPublic, clientSecret, err := zmq.NewCurveKeypair()
	if err != nil {
		log.Fatal(err)
	}
	zmq.AuthCurveAdd("domain1", clientPublic)
	serverPublic, serverSecret, err := zmq.NewCurveKeypair()
	if err != nil {
		log.Fatal(err)
	}
	server, err := zmq.NewSocket(zmq.DEALER)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	server.SetIdentity("Server1")
	server.ServerAuthCurve("domain1", serverSecret)
	if err := server.Bind("tcp://127.0.0.1:*"); err != nil {
		log.Fatal(err)
	}
	endpoint, _ := server.GetLastEndpoint()
	client, err := zmq.NewSocket(zmq.DEALER)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	client.ClientAuthCurve(serverPublic, clientPublic, clientSecret)
	if err := client.Connect(endpoint); err != nil {
		log.Fatal(err)
	}
	for i := 0; i < 3; i++ {
		if _, err := client.SendMessage("Greetings", i); err != nil {
			log.Fatal(err)
		}
		msg, meta, err := server.RecvMessageWithMetadata(0, "User-Id", "Mechanism", "Socket-Type", "Nothing")
		fmt.Println(msg, meta, err)
		server.SendMessage("Nice to meet you", i)
		fmt.Println(client.RecvMessage(0))
	}
}
