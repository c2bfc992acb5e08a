package zmq

import (
	"encoding/binary"
	"fmt"
)

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
		return "", &OpError{Op: "encode Z85", Type: noSocket, Err: withReason(EINVAL, fmt.Sprintf("%d bytes are not a multiple of 4", len(p)))}
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
		return nil, withReason(EINVAL, fmt.Sprintf("%d characters of Z85 are not a multiple of 5", len(s)))
	}
	out := make([]byte, 0, len(s)/5*4)
	for i := 0; i < len(s); i += 5 {
		var v uint64
		for j := i; j < i+5; j++ {
			digit := z85Values[s[j]]
			if digit == 0xff {
				return nil, withReason(EINVAL, fmt.Sprintf("character %d does not belong to Z85", j+1))
			}
			v = v*85 + uint64(digit)
		}
		if v > 1<<32-1 {
			return nil, withReason(EINVAL, fmt.Sprintf("the five characters from %d on are too large for Z85", i+1))
		}
		out = binary.BigEndian.AppendUint32(out, uint32(v))
	}
	return out, nil
}
