//go:build pebbe

package main

import (
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func init() {
	scenarios["auth calls"] = authCalls
	scenarios["auth null"] = authNull
	scenarios["auth addresses"] = authAddresses
	scenarios["auth plain"] = authPlain
	scenarios["auth curve"] = authCurve
	scenarios["auth metadata"] = authMetadata
	scenarios["auth names"] = authNames
	scenarios["auth verbose"] = authVerbose
	scenarios["auth lasts"] = authLasts
	scenarios["auth by hand"] = authByHand
	scenarios["curve without auth"] = curveWithoutAuth
}

var monitors int

// attempt lets a client connect to a server and says whether it got in, and what came of a message.
func attempt(what string, server, client func(*zmq.Socket) error) {
	attemptFrom(what, "", server, client)
}

func attemptFrom(what, source string, server, client func(*zmq.Socket) error) {
	s, err := zmq.NewSocket(zmq.PULL)
	check(err)
	c, err := zmq.NewSocket(zmq.PUSH)
	check(err)
	check(s.SetLinger(0))
	check(c.SetLinger(0))
	if err := server(s); err != nil {
		show(what+": server", err)
	}
	if err := client(c); err != nil {
		show(what+": client", err)
	}
	check(s.Bind("tcp://127.0.0.1:*"))
	end, err := s.GetLastEndpoint()
	check(err)
	monitors++
	name := fmt.Sprintf("inproc://auth%d", monitors)
	check(c.Monitor(name, zmq.EVENT_HANDSHAKE_SUCCEEDED|zmq.EVENT_HANDSHAKE_FAILED_AUTH|zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL|zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL))
	m, err := zmq.NewSocket(zmq.PAIR)
	check(err)
	check(m.Connect(name))
	if source != "" {
		end = strings.Replace(end, "tcp://", "tcp://"+source+":0;", 1)
	}
	check(c.Connect(end))
	check(m.SetRcvtimeo(10 * time.Second))
	e, _, v, err := m.RecvEvent(0)
	show(what, e, v, err)
	if e == zmq.EVENT_HANDSHAKE_SUCCEEDED {
		check1(c.SendMessage("hello", what))
		msg, meta, err := s.RecvMessageWithMetadata(0, "User-Id", "Hello", "Other", "Peer-Address", "Identity", "identity", "Socket-Type", "Resource", "Routing-Id")
		show("received", msg, meta, err)
	}
	check(c.Close())
	check(s.Close())
	check(m.Close())
}

func nothing(*zmq.Socket) error { return nil }

func null(domain string) func(*zmq.Socket) error {
	return func(s *zmq.Socket) error { return s.ServerAuthNull(domain) }
}

func plain(domain string) func(*zmq.Socket) error {
	return func(s *zmq.Socket) error { return s.ServerAuthPlain(domain) }
}

func user(name, password string) func(*zmq.Socket) error {
	return func(s *zmq.Socket) error { return s.ClientAuthPlain(name, password) }
}

func authCalls() {
	zmq.AuthStop()
	show("AuthStart", zmq.AuthStart())
	show("AuthStart again", zmq.AuthStart())
	zmq.AuthStop()
	show("Term", zmq.Term())
	show("AuthStart", zmq.AuthStart())
	zmq.AuthStop()
}

func authNull() {
	check(zmq.AuthStart())
	attempt("no domain", nothing, nothing)
	attempt("domain", null("global"), nothing)
	zmq.AuthDeny("global", "127.0.0.1")
	attempt("denied", null("global"), nothing)
	attempt("denied in another domain", null("other"), nothing)
	attempt("no domain", nothing, nothing)
	zmq.AuthAllow("global", "127.0.0.1")
	attempt("allowed and denied", null("global"), nothing)
	zmq.AuthStop()
}

func authAddresses() {
	check(zmq.AuthStart())
	zmq.AuthAllow("here", "127.0.0.1")
	zmq.AuthAllow("net", "127.0.0.0/8")
	zmq.AuthAllow("far", "10.0.0.0/8", "192.168.1.1")
	zmq.AuthDeny("not", "127.0.0.0/29", "10.1.1.1")
	zmq.AuthDeny("notnet", "127.0.0.2/32")
	for _, domain := range []string{"here", "net", "far", "not", "notnet", "other"} {
		attempt(domain, null(domain), nothing)
		attemptFrom(domain+" from 2", "127.0.0.2", null(domain), nothing)
		attemptFrom(domain+" from 99", "127.0.0.99", null(domain), nothing)
	}
	zmq.AuthAllow("*", "127.0.0.99")
	for _, domain := range []string{"here", "far", "not", "other"} {
		attempt(domain+" with all", null(domain), nothing)
		attemptFrom(domain+" with all from 2", "127.0.0.2", null(domain), nothing)
		attemptFrom(domain+" with all from 99", "127.0.0.99", null(domain), nothing)
	}
	zmq.AuthAllow("127.0.0.2", "127.0.0.3")
	attempt("address as domain", null("other"), nothing)
	attemptFrom("address as domain from 2", "127.0.0.2", null("other"), nothing)
	attemptFrom("address as domain from 3", "127.0.0.3", null("other"), nothing)
	zmq.AuthStop()
}

func authPlain() {
	check(zmq.AuthStart())
	attempt("no users", plain("d"), user("u", "p"))
	zmq.AuthPlainAdd("d", "u", "p")
	zmq.AuthPlainAdd("*", "all", "pass")
	zmq.AuthPlainAdd("d", "both", "1")
	zmq.AuthPlainAdd("*", "both", "2")
	attempt("right", plain("d"), user("u", "p"))
	attempt("wrong password", plain("d"), user("u", "q"))
	attempt("another domain", plain("e"), user("u", "p"))
	attempt("unknown", plain("d"), user("x", "p"))
	attempt("every domain", plain("d"), user("all", "pass"))
	attempt("every domain", plain("e"), user("all", "pass"))
	attempt("both 1", plain("d"), user("both", "1"))
	attempt("both 1 elsewhere", plain("e"), user("both", "1"))
	zmq.AuthPlainAdd("d", "u", "new")
	attempt("changed, old", plain("d"), user("u", "p"))
	attempt("changed, new", plain("d"), user("u", "new"))
	zmq.AuthPlainRemove("d", "u", "x")
	attempt("removed", plain("d"), user("u", "new"))
	zmq.AuthPlainRemoveAll("*")
	attempt("removed all", plain("d"), user("all", "pass"))
	zmq.AuthDeny("d", "127.0.0.1")
	attempt("address denied", plain("d"), user("both", "1"))
	zmq.AuthStop()
}

func authCurve() {
	check(zmq.AuthStart())
	serverPublic, serverSecret, err := zmq.NewCurveKeypair()
	check(err)
	clientPublic, clientSecret, err := zmq.NewCurveKeypair()
	check(err)
	server := func(domain string) func(*zmq.Socket) error {
		return func(s *zmq.Socket) error { return s.ServerAuthCurve(domain, serverSecret) }
	}
	client := func(s *zmq.Socket) error { return s.ClientAuthCurve(serverPublic, clientPublic, clientSecret) }
	attempt("no keys", server("d"), client)
	zmq.AuthCurveAdd("d", clientPublic)
	zmq.AuthSetMetadataHandler(func(version, id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
		show("handler", version, id, domain, address, identity, mechanism, len(credentials), credentials[0] == clientPublic, len(credentials[0]))
		return nil
	})
	curve := func(what string, server func(*zmq.Socket) error) { attemptHidden(what, server, client, clientPublic) }
	curve("right", server("d"))
	curve("another domain", server("e"))
	zmq.AuthCurveRemove("d", clientPublic)
	curve("removed", server("d"))
	zmq.AuthCurveAdd("*", clientPublic)
	curve("every domain", server("e"))
	zmq.AuthCurveRemoveAll("*")
	curve("removed all", server("e"))
	zmq.AuthCurveAdd("d", zmq.CURVE_ALLOW_ANY)
	curve("any", server("d"))
	curve("any elsewhere", server("e"))
	curve("no domain", func(s *zmq.Socket) error {
		check(s.SetCurveServer(1))
		return s.SetCurveSecretkey(serverSecret)
	})
	zmq.AuthCurveAdd("*", zmq.CURVE_ALLOW_ANY)
	curve("no domain, any", func(s *zmq.Socket) error {
		check(s.SetCurveServer(1))
		return s.SetCurveSecretkey(serverSecret)
	})
	zmq.AuthStop()
}

// attemptHidden is attempt without metadata that differ from run to run.
func attemptHidden(what string, server, client func(*zmq.Socket) error, key string) {
	attempt(what, server, client)
}

func authMetadata() {
	check(zmq.AuthStart())
	zmq.AuthPlainAdd("d", "u", "p")
	attempt("no handler", plain("d"), user("u", "p"))
	zmq.AuthSetMetadataHandler(func(version, id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
		show("handler", version, id, domain, address, identity, mechanism, credentials)
		return map[string]string{"User-Id": "me", "Hello": "World", "Other": ""}
	})
	attempt("handler", plain("d"), user("u", "p"))
	attempt("handler, denied", plain("d"), user("u", "q"))
	attempt("null", null("x"), nothing)
	attempt("identity", func(s *zmq.Socket) error { check(s.SetIdentity("name")); return s.ServerAuthNull("x") }, nothing)
	zmq.AuthSetMetadataHandler(func(version, id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
		return map[string]string{"Hello": "only"}
	})
	attempt("without user", plain("d"), user("u", "p"))
	zmq.AuthSetMetadataHandler(func(version, id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
		return nil
	})
	attempt("nil", plain("d"), user("u", "p"))
	zmq.AuthStop()
}

// authNames has a handler give properties whose names the engine knows.
func authNames() {
	check(zmq.AuthStart())
	for _, given := range []map[string]string{
		{"Identity": "given"},
		{"Socket-Type": "PUSH"},
		{"Resource": "given", "Routing-Id": "given too", "identity": "another"},
		{"Peer-Address": "10.1.2.3", "User-Id": "me"},
	} {
		zmq.AuthSetMetadataHandler(func(version, id, domain, address, identity, mechanism string, credentials ...string) map[string]string {
			return given
		})
		attempt(fmt.Sprint(given), null("x"), func(s *zmq.Socket) error { return s.SetIdentity("client") })
	}
	zmq.AuthStop()
}

// authVerbose has the package log what it does. It is silent about clients that are denied: those of the stand-in come again.
func authVerbose() {
	log.SetOutput(os.Stdout)
	log.SetFlags(0)
	zmq.AuthSetVerbose(true)
	zmq.AuthStop()
	check(zmq.AuthStart())
	show("AuthStart", zmq.AuthStart())
	attempt("no lists", null("x"), nothing)
	zmq.AuthDeny("x", "127.0.0.9", "nobody")
	attempt("not denied", null("x"), nothing)
	zmq.AuthAllow("x", "127.0.0.1", "10.1.2.3/99")
	attempt("allowed", null("x"), nothing)
	serverPublic, serverSecret, err := zmq.NewCurveKeypair()
	check(err)
	clientPublic, clientSecret, err := zmq.NewCurveKeypair()
	check(err)
	zmq.AuthCurveAdd("c", zmq.CURVE_ALLOW_ANY)
	attempt("any key", func(s *zmq.Socket) error { return s.ServerAuthCurve("c", serverSecret) },
		func(s *zmq.Socket) error { return s.ClientAuthCurve(serverPublic, clientPublic, clientSecret) })
	zmq.AuthSetVerbose(false)
	zmq.AuthStop()
}

func authLasts() {
	zmq.AuthPlainAdd("d", "early", "p")
	zmq.AuthDeny("e", "127.0.0.1")
	check(zmq.AuthStart())
	attempt("added before the start", plain("d"), user("early", "p"))
	attempt("denied before the start", null("e"), nothing)
	zmq.AuthPlainAdd("d", "u", "p")
	zmq.AuthDeny("f", "127.0.0.1")
	zmq.AuthStop()
	err := zmq.AuthStart()
	for ; err == zmq.EADDRINUSE; err = zmq.AuthStart() {
		time.Sleep(time.Millisecond) // the other package lets go of the name some time later
	}
	check(err)
	attempt("user after a restart", plain("d"), user("u", "p"))
	attempt("address after a restart", null("f"), nothing)
	zmq.AuthStop()
}

// authByHand answers the engine itself, once the package's own handler has let go of the name.
func authByHand() {
	check(zmq.AuthStart())
	attempt("by the package", null("x"), nothing)
	zmq.AuthStop()
	handler, err := zmq.NewSocket(zmq.REP)
	check(err)
	check(handler.SetLinger(0))
	err = handler.Bind("inproc://zeromq.zap.01")
	for ; err == zmq.EADDRINUSE; err = handler.Bind("inproc://zeromq.zap.01") {
		time.Sleep(time.Millisecond) // the other package lets go of the name some time later
	}
	check(err)
	show("AuthStart", zmq.AuthStart())
	ended := make(chan error)
	go func() {
		for {
			msg, err := handler.RecvMessage(0)
			if err != nil {
				ended <- err
				return
			}
			status := "400"
			if msg[2] == "good" {
				status = "200"
			}
			check1(handler.SendMessage(msg[0], msg[1], status, "", "somebody", ""))
		}
	}()
	attempt("good", null("good"), nothing)
	attempt("bad", null("bad"), nothing)
	go zmq.Term()
	show("RecvMessage", <-ended)
	check(handler.Close())
}

func curveWithoutAuth() {
	serverPublic, serverSecret, err := zmq.NewCurveKeypair()
	check(err)
	clientPublic, clientSecret, err := zmq.NewCurveKeypair()
	check(err)
	attempt("anybody", func(s *zmq.Socket) error { return s.ServerAuthCurve("d", serverSecret) },
		func(s *zmq.Socket) error { return s.ClientAuthCurve(serverPublic, clientPublic, clientSecret) })
	attempt("null with a domain", null("d"), nothing)
	show("keys", sort.SearchStrings(nil, ""))
}
