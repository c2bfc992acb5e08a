package zmq3

import (
	"encoding/binary"
	"errors"
	"strings"

	"example.org/zmq"
)

const z85Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// Z85encode turns binary data into text. It panics if the length is not a multiple of 4.
func Z85encode(data string) string {
	text, err := zmq.Z85Encode([]byte(data))
	if err != nil {
		panic("zmq4: Z85encode: the length of the data is not a multiple of 4")
	}
	return text
}

// Z85decode turns text into binary data. It panics if the length is not a multiple of 5. Nonsense comes of text that
// Z85encode would not make, and no error.
func Z85decode(s string) string {
	if len(s)%5 != 0 {
		panic("zmq4: Z85decode: the length of the text is not a multiple of 5")
	}
	data := make([]byte, len(s)/5*4)
	for i := 0; i < len(s); i += 5 {
		v := uint64(0)
		for _, c := range []byte(s[i : i+5]) {
			digit := strings.IndexByte(z85Digits, c)
			if v = v*85 + uint64(digit); digit < 0 || v > 1<<32-1 {
				return string(data) // the rest stays zero
			}
		}
		binary.BigEndian.PutUint32(data[i/5*4:], uint32(v))
	}
	return string(data)
}

// NewCurveKeypair returns a new pair of keys for CURVE security, each of 40 characters.
func NewCurveKeypair() (z85_public_key, z85_secret_key string, err error) {
	if !HasCurve() {
		return "", "", ENOTSUP
	}
	public, secret, err := zmq.NewCurveKeyPair()
	if err != nil {
		return "", "", bare(err)
	}
	return public.String(), secret.Z85(), nil
}

// AuthCurvePublic returns the public key that belongs to a secret one, both of 40 characters.
func AuthCurvePublic(z85SecretKey string) (z85PublicKey string, err error) {
	secret, err := zmq.ParseCurveSecretKey(z85SecretKey)
	if err != nil {
		return "", einval
	}
	public, err := secret.PublicKey()
	if err != nil {
		return "", bare(err)
	}
	return public.String(), nil
}

var errLongKey = errors.New("Key too long")

// AuthMetaBlob returns a property as the authentication protocol and ZMTP have it: a byte for the key's length, the key,
// four bytes for the value's length, the value.
func AuthMetaBlob(key, value string) (blob []byte, err error) {
	if len(key) > 255 {
		return []byte{}, errLongKey
	}
	blob = append([]byte{byte(len(key))}, key...)
	blob = binary.BigEndian.AppendUint32(blob, uint32(len(value)))
	return append(blob, value...), nil
}
