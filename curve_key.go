package zmq

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
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

var errNilKey = withReason(EINVAL, "the key is to be stored at a nil pointer")

// UnmarshalText reads a secret key in Z85.
func (k *CurveSecretKey) UnmarshalText(text []byte) (err error) {
	if k == nil {
		return &OpError{Op: "parse curve secret key", Type: noSocket, Err: errNilKey}
	}
	*k, err = ParseCurveSecretKey(string(text))
	return err
}

// String returns the key in Z85.
func (k CurveKey) String() string { return z85Encode(k[:]) }

// MarshalText returns the key in Z85.
func (k CurveKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a key in Z85.
func (k *CurveKey) UnmarshalText(text []byte) (err error) {
	if k == nil {
		return &OpError{Op: "parse curve key", Type: noSocket, Err: errNilKey}
	}
	*k, err = ParseCurveKey(string(text))
	return err
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
		return nil, withReason(EINVAL, fmt.Sprintf("a key in Z85 has 40 characters, this has %d", len(z85)))
	}
	return z85Decode(z85)
}

// redacted stands for a secret key wherever one might be printed.
const redacted = "CurveSecretKey(redacted)"

var errZeroKey = withReason(EINVAL, "the key is zero: it was never made or read")
