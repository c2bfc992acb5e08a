package zmq

import (
	"bytes"
	"testing"
)

// TestZ85 holds against the specification's example (RFC 32).
func TestZ85(t *testing.T) {
	data := []byte{0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B}
	if text, err := Z85Encode(data); text != "HelloWorld" || err != nil {
		t.Errorf("encoded as %q, %v", text, err)
	}
	if back, err := Z85Decode("HelloWorld"); !bytes.Equal(back, data) || err != nil {
		t.Errorf("decoded as %x, %v", back, err)
	}
	_, err := Z85Encode(data[:7])
	wantError(t, err, []error{EINVAL}, "encode Z85", "multiple of 4")
	for text, word := range map[string]string{"Hello!": "multiple of 5", "Hell~": "character 5", "#####": "too large", "HelloHell\xff": "character 10"} {
		_, err := Z85Decode(text)
		wantError(t, err, []error{EINVAL}, "decode Z85", word)
	}
}

func FuzzZ85(f *testing.F) {
	f.Add([]byte("HelloWorld"))
	f.Add([]byte("#####"))
	f.Add(bytes.Repeat([]byte{0xff}, 32))
	f.Fuzz(func(t *testing.T, p []byte) {
		if data, err := Z85Decode(string(p)); err == nil {
			if text, err := Z85Encode(data); text != string(p) || err != nil {
				t.Errorf("%q became %q, %v", p, text, err)
			}
		}
		whole := p[:len(p)/4*4]
		text, err := Z85Encode(whole)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Z85Decode(text); !bytes.Equal(back, whole) || err != nil {
			t.Errorf("%x became %x, %v", whole, back, err)
		}
	})
}
