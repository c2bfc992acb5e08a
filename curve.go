package zmq

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
)

// CurveKey is a public key of CURVE security. It is no secret. The zero CurveKey is none.
type CurveKey [32]byte

// CurveSecretKey is the secret key of one end. It never shows in logs: all of fmt's verbs, and its text form for
// JSON and other encodings, leave it out; Z85 gives it. fmt does not ask a value in an unexported field how it is
// to be printed, nor any value for %p: do not print a struct that hides a secret in such a field. The zero CurveSecretKey is none.
type CurveSecretKey [32]byte

// NewCurveKeyPair makes a new pair of keys from the system's randomness, as zmq_curve_keypair does. It needs no
// engine. It is safe for concurrent use.
func NewCurveKeyPair() (CurveKey, CurveSecretKey, error) {
	pair, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return CurveKey{}, CurveSecretKey{}, &OpError{Op: "new curve key pair", Type: noSocket, Err: err}
	}
	return CurveKey(pair.PublicKey().Bytes()), CurveSecretKey(pair.Bytes()), nil
}

// PublicKey returns the public key that belongs to the secret one, as zmq_curve_public does. Errors: EINVAL for
// the zero key.
func (k CurveSecretKey) PublicKey() (CurveKey, error) {
	if k == (CurveSecretKey{}) {
		return CurveKey{}, &OpError{Op: "public key", Type: noSocket, Err: errZeroKey}
	}
	secret, err := ecdh.X25519().NewPrivateKey(k[:])
	if err != nil {
		return CurveKey{}, &OpError{Op: "public key", Type: noSocket, Err: err}
	}
	return CurveKey(secret.PublicKey().Bytes()), nil
}

// ParseCurveKey reads a public key in Z85, 40 characters. Errors: EINVAL.
func ParseCurveKey(z85 string) (CurveKey, error) {
	b, err := parseKey(z85)
	if err != nil {
		return CurveKey{}, &OpError{Op: "parse curve key", Type: noSocket, Err: err}
	}
	return CurveKey(b), nil
}

// ParseCurveSecretKey reads a secret key in Z85, 40 characters. Errors: EINVAL, which do not repeat the text.
func ParseCurveSecretKey(z85 string) (CurveSecretKey, error) {
	b, err := parseKey(z85)
	if err != nil {
		return CurveSecretKey{}, &OpError{Op: "parse curve secret key", Type: noSocket, Err: err}
	}
	return CurveSecretKey(b), nil
}

func parseKey(z85 string) ([]byte, error) {
	if len(z85) != 40 {
		return nil, because(EINVAL, fmt.Sprintf("a key in Z85 has 40 characters, this has %d", len(z85)))
	}
	return z85Decode(z85)
}

// String returns the key in Z85.
func (k CurveKey) String() string { return z85Encode(k[:]) }

// MarshalText returns the key in Z85.
func (k CurveKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a key in Z85.
func (k *CurveKey) UnmarshalText(text []byte) (err error) {
	*k, err = ParseCurveKey(string(text))
	return err
}

// redacted stands for a secret key wherever one might be printed.
const redacted = "CurveSecretKey(redacted)"

// Z85 returns the secret key in Z85, to be stored where only its owner reads it.
func (k CurveSecretKey) Z85() string { return z85Encode(k[:]) }

// String returns a text without the key.
func (k CurveSecretKey) String() string { return redacted }

// GoString returns a text without the key.
func (k CurveSecretKey) GoString() string { return redacted }

// Format writes a text without the key, whatever the verb.
func (k CurveSecretKey) Format(f fmt.State, _ rune) { f.Write([]byte(redacted)) }

// MarshalText returns a text without the key.
func (k CurveSecretKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalBinary returns a text without the key.
func (k CurveSecretKey) MarshalBinary() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText reads a secret key in Z85.
func (k *CurveSecretKey) UnmarshalText(text []byte) (err error) {
	*k, err = ParseCurveSecretKey(string(text))
	return err
}

// Options whose value is a key. They can be set and be read.
type (
	CurveKeyOption    func(CurveKey) SocketOption
	CurveSecretOption func(CurveSecretKey) SocketOption
)

// The options of CURVE security, one by one as in C. CurveServer and CurveClient set what each end needs. They
// are for engines with Has("curve") from 4.0, and take effect at the next Bind or Connect.
var (
	// CurveServerMode makes the socket a server of CURVE security; false returns it to no security
	// (ZMQ_CURVE_SERVER, boolean, default false).
	CurveServerMode = boolOption(optionRow{id: 47, name: "CurveServerMode", c: "ZMQ_CURVE_SERVER", since: from40, has: "curve"})

	// CurvePublicKey is a client's own public key (ZMQ_CURVE_PUBLICKEY, 32 bytes, default zero).
	CurvePublicKey = curveKeyOption(optionRow{id: 48, name: "CurvePublicKey", c: "ZMQ_CURVE_PUBLICKEY"})

	// CurveOwnSecretKey is the socket's own secret key (ZMQ_CURVE_SECRETKEY, 32 bytes, default zero).
	CurveOwnSecretKey = curveSecretOption(optionRow{id: 49, name: "CurveOwnSecretKey", c: "ZMQ_CURVE_SECRETKEY", secret: true})

	// CurveServerKey is the public key of the server that a client connects to (ZMQ_CURVE_SERVERKEY, 32 bytes,
	// default zero). A server with another key never sees a message of this client.
	CurveServerKey = curveKeyOption(optionRow{id: 50, name: "CurveServerKey", c: "ZMQ_CURVE_SERVERKEY"})
)

var errZeroKey = because(EINVAL, "the key is zero: it was never made or read")

func curveRow(r optionRow) *optionRow {
	r.since, r.has, r.min, r.max, r.size = from40, "curve", 32, 32, 32
	r.check = func(_ *sock, o *SocketOption) error {
		if strings.Trim(o.str, "\x00") == "" {
			return errZeroKey
		}
		return nil
	}
	return r.add(kindBytes, true, true)
}

func curveKeyOption(r optionRow) CurveKeyOption {
	row := curveRow(r)
	return func(k CurveKey) SocketOption { return SocketOption{row: row, str: string(k[:])} }
}

func curveSecretOption(r optionRow) CurveSecretOption {
	row := curveRow(r)
	return func(k CurveSecretKey) SocketOption { return SocketOption{row: row, str: string(k[:])} }
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o CurveKeyOption) Get(s *Socket) (k CurveKey, err error) {
	v, err := o(CurveKey{}).row.readValue(s)
	copy(k[:], v)
	return k, err
}

// Get reads the option from a socket (zmq_getsockopt). Errors: ErrClosed; ErrTerminated; a *VersionError.
func (o CurveSecretOption) Get(s *Socket) (k CurveSecretKey, err error) {
	v, err := o(CurveSecretKey{}).row.readValue(s)
	copy(k[:], v)
	return k, err
}

// CurveServer makes the socket a server of CURVE security with this key: only clients that know its public key
// can connect, and everything is encrypted. Who they are is for an Authenticator to judge: with none in the
// context any client with a pair of keys of its own gets in, see Context.ServeAuth.
func CurveServer(secret CurveSecretKey) SocketOption {
	return several(optionRow{name: "CurveServer", since: from40, has: "curve"}, CurveServerMode(true), CurveOwnSecretKey(secret))
}

// CurveClient makes the socket a client of CURVE security, which connects only to the server with this public key
// and shows its own public key there. Errors of setting it: EINVAL when public and secret are not a pair.
func CurveClient(server, public CurveKey, secret CurveSecretKey) SocketOption {
	own := CurvePublicKey(public)
	if real, err := secret.PublicKey(); err == nil && real != public {
		own.err = because(EINVAL, "the public key is not that of the secret key")
	}
	return several(optionRow{name: "CurveClient", since: from40, has: "curve"}, own, CurveOwnSecretKey(secret), CurveServerKey(server))
}

// PlainServer makes the socket a server of PLAIN security: clients show a user name and a password, in clear text,
// which an Authenticator judges. With none in the context no client gets in. From 4.0.
func PlainServer() SocketOption {
	return several(optionRow{name: "PlainServer", since: from40}, PlainServerMode(true))
}

// PlainClient makes the socket a client of PLAIN security with this user name and password, each of 1 to 255 bytes,
// which go over the network in clear text. From 4.0.
func PlainClient(user, password string) SocketOption {
	return several(optionRow{name: "PlainClient", since: from40}, PlainUsername(user), PlainPassword(password))
}

const z85Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

var z85Values = func() (v [256]uint8) {
	for i := range v {
		v[i] = 0xff
	}
	for i := range len(z85Digits) {
		v[z85Digits[i]] = uint8(i)
	}
	return v
}()

// Z85Encode returns p, whose length is a multiple of 4, in Z85 (zmq_z85_encode). Errors: EINVAL.
func Z85Encode(p []byte) (string, error) {
	if len(p)%4 != 0 {
		return "", &OpError{Op: "encode Z85", Type: noSocket, Err: because(EINVAL, fmt.Sprintf("%d bytes are no multiple of 4", len(p)))}
	}
	return z85Encode(p), nil
}

// Z85Decode returns the bytes that a text in Z85 stands for, whose length is a multiple of 5 (zmq_z85_decode).
// Errors: EINVAL.
func Z85Decode(s string) ([]byte, error) {
	b, err := z85Decode(s)
	if err != nil {
		return nil, &OpError{Op: "decode Z85", Type: noSocket, Err: err}
	}
	return b, nil
}

func z85Encode(p []byte) string {
	out := make([]byte, 0, len(p)/4*5)
	for ; len(p) >= 4; p = p[4:] {
		v := binary.BigEndian.Uint32(p)
		for div := uint32(85 * 85 * 85 * 85); div > 0; div /= 85 {
			out = append(out, z85Digits[v/div%85])
		}
	}
	return string(out)
}

func z85Decode(s string) ([]byte, error) {
	if len(s)%5 != 0 {
		return nil, because(EINVAL, fmt.Sprintf("%d characters of Z85 are no multiple of 5", len(s)))
	}
	out := make([]byte, 0, len(s)/5*4)
	for i := 0; i < len(s); i += 5 {
		var v uint64
		for j := i; j < i+5; j++ {
			digit := z85Values[s[j]]
			if digit == 0xff {
				return nil, because(EINVAL, fmt.Sprintf("character %d does not belong to Z85", j+1))
			}
			v = v*85 + uint64(digit)
		}
		if v > 1<<32-1 {
			return nil, because(EINVAL, fmt.Sprintf("the five characters from %d on are too large for Z85", i+1))
		}
		out = binary.BigEndian.AppendUint32(out, uint32(v))
	}
	return out, nil
}
