package zmq_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/netip"
	"os"
	"path/filepath"

	"example.org/zmq"
)

// An AllowList can be asked by itself, as an Authenticator of one's own would.
func ExampleAllowList() {
	var allowed zmq.AllowList
	allowed.AllowAddr(netip.MustParsePrefix("192.0.2.0/24"))
	allowed.AllowUser("alice", "secret")

	ask := func(address, name, password string) {
		user, err := allowed.Authenticate(context.Background(), zmq.AuthRequest{
			Mechanism: "PLAIN", Addr: netip.MustParseAddr(address), Username: name, Password: password,
		})
		fmt.Println(user, err == nil)
	}
	ask("192.0.2.1", "alice", "secret")
	ask("192.0.2.1", "alice", "guess")
	ask("203.0.113.1", "alice", "secret")
	allowed.RemoveUser("alice") // it may be changed while it serves
	ask("192.0.2.1", "alice", "secret")
	// Output:
	// alice true
	//  false
	//  false
	//  false
}

// A folder has the certificates of the clients of a domain; what is decided goes into a log. A second LoadKeys reads the
// folder again.
func ExampleAllowList_LoadKeys() {
	dir, err := os.MkdirTemp("", "clients")
	must(err)
	defer os.RemoveAll(dir)
	alice := zmq.Certificate{Public: zmq.CurveKey{1, 2, 3}, Metadata: map[string]string{"name": "alice"}}
	must(alice.SavePublic(filepath.Join(dir, "alice.key")))

	var allowed zmq.AllowList
	allowed.OnDecision(func(r zmq.AuthRequest, userID string, err error) {
		fmt.Println(r.Domain, userID, err)
	})
	n, err := allowed.Domain("orders").LoadKeys(dir) // of servers with ZAPDomain("orders")
	fmt.Println(n, err)
	ask := func() {
		allowed.Authenticate(context.Background(), zmq.AuthRequest{Mechanism: "CURVE", Domain: "orders", Key: alice.Public})
	}
	ask()
	must(os.Remove(filepath.Join(dir, "alice.key")))
	n, err = allowed.Domain("orders").LoadKeys(dir)
	fmt.Println(n, err)
	ask()
	// Output:
	// 1 <nil>
	// orders alice <nil>
	// 0 <nil>
	// orders  zmq: not on the AllowList
}

// An Authenticator is anything that can say who a client is, or that it may not come in.
func ExampleAuthenticator() {
	var a zmq.Authenticator = zmq.AuthenticatorFunc(func(ctx context.Context, r zmq.AuthRequest) (string, error) {
		if r.Mechanism != "CURVE" {
			return "", errors.New("only with a key")
		}
		return r.Key.String(), nil // or look the key up in a database, bounded by ctx
	})
	_, err := a.Authenticate(context.Background(), zmq.AuthRequest{Mechanism: "NULL"})
	fmt.Println(err)
	// Output: only with a key
}

// ErrTryLater denies a client for now: it tries again.
func ExampleAuthenticatorFunc() {
	ready := false
	a := zmq.AuthenticatorFunc(func(ctx context.Context, r zmq.AuthRequest) (string, error) {
		if !ready {
			return "", fmt.Errorf("the list of users is being read: %w", zmq.ErrTryLater)
		}
		return "everybody", nil
	})
	_, err := a.Authenticate(context.Background(), zmq.AuthRequest{})
	fmt.Println(errors.Is(err, zmq.ErrTryLater))
	// Output: true
}

// A request shows in a log without the password.
func ExampleAuthRequest() {
	r := zmq.AuthRequest{Domain: "global", Address: "192.0.2.1", Mechanism: "PLAIN", Username: "alice", Password: "secret"}
	fmt.Println(r.Username, r.Password == "secret")
	fmt.Println(r)
	// Output:
	// alice true
	// PLAIN from 192.0.2.1 as "alice" in "global"
}

// Properties come with each message of the client; Message.Gets returns them.
func ExampleMetadataAuthenticatorFunc() {
	a := zmq.MetadataAuthenticatorFunc(func(ctx context.Context, r zmq.AuthRequest) (string, map[string]string, error) {
		return "alice", map[string]string{"Tenant": "acme"}, nil
	})
	user, properties, err := a.AuthenticateMetadata(context.Background(), zmq.AuthRequest{})
	fmt.Println(user, properties["Tenant"], err)
	// Output: alice acme <nil>
}

// ServeAuth knows a MetadataAuthenticator by its method.
func ExampleMetadataAuthenticator() {
	var a zmq.Authenticator = zmq.MetadataAuthenticatorFunc(func(ctx context.Context, r zmq.AuthRequest) (string, map[string]string, error) {
		return "", nil, errors.New("nobody comes in")
	})
	_, gives := a.(zmq.MetadataAuthenticator)
	fmt.Println(gives)
	// Output: true
}

// An Authenticator that panics denies its client, and says so in a log of one's own.
func ExampleAuthErrorLog() {
	zc, err := zmq.NewContext()
	must(err)
	defer zc.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var allowed zmq.AllowList
	err = zc.ServeAuth(ctx, &allowed, zmq.AuthErrorLog(log.New(os.Stderr, "auth: ", log.LstdFlags)))
	fmt.Println(err == nil || errors.Is(err, zmq.ErrNotSupported)) // it needs engine 4.0
	// Output: true
}

// A denial is an error of the file system's kind, too.
func ExampleAuthError() {
	err := error(&zmq.AuthError{Status: 400})
	fmt.Println(errors.Is(err, fs.ErrPermission), errors.Is(err, zmq.EACCES))
	// Output: true true
}

// Peers that do not fit end a connection; a monitor's event says why.
func ExampleProtocolError() {
	event := zmq.MonitorEvent{Type: zmq.EventHandshakeFailedProtocol, Err: &zmq.ProtocolError{Code: zmq.ProtocolZMTPMechanismMismatch}}
	var protocol *zmq.ProtocolError
	fmt.Println(errors.As(event.Err, &protocol), protocol.Code == zmq.ProtocolZMTPMechanismMismatch)
	// Output: true true
}

// A certificate is two files: the public one for the others, the secret one for oneself.
func ExampleCertificate() {
	dir, err := os.MkdirTemp("", "zmq")
	must(err)
	defer os.RemoveAll(dir)
	c, err := zmq.NewCertificate(map[string]string{"name": "alice"})
	must(err)
	must(c.SavePublic(filepath.Join(dir, "alice.key")))
	must(c.SaveSecret(filepath.Join(dir, "alice.key_secret")))

	public, err := zmq.LoadCertificate(filepath.Join(dir, "alice.key"))
	must(err)
	fmt.Println(public.Metadata["name"], public.Public == c.Public, public.Secret == c.Secret)
	// Output: alice true false
}

// Keys are text in Z85, 40 characters.
func ExampleCurveKey() {
	public, _, err := zmq.NewCurveKeyPair()
	must(err)
	again, err := zmq.ParseCurveKey(public.String())
	must(err)
	fmt.Println(len(public.String()), again == public)
	// Output: 40 true
}

// A secret key shows in no log; its public key can be had from it.
func ExampleCurveSecretKey() {
	public, secret, err := zmq.NewCurveKeyPair()
	must(err)
	fmt.Println(secret)
	fmt.Printf("%+v\n", struct{ Key zmq.CurveSecretKey }{secret})
	derived, err := secret.PublicKey()
	must(err)
	fmt.Println(derived == public)
	// Output:
	// CurveSecretKey(redacted)
	// {Key:CurveSecretKey(redacted)}
	// true
}
