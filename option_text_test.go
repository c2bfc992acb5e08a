package zmq

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestParseSocketType reads what String writes, and the other names.
func TestParseSocketType(t *testing.T) {
	for typ := Pair; typ <= Channel; typ++ {
		for _, name := range []string{typ.String(), strings.ToUpper(typ.String()), " ZMQ_" + strings.ToUpper(typ.String()) + "\n"} {
			if got, err := ParseSocketType(name); got != typ || err != nil {
				t.Errorf("%q: %v, %v", name, got, err)
			}
		}
	}
	for name, want := range map[string]SocketType{"xreq": Dealer, "XREP": Router} {
		if got, err := ParseSocketType(name); got != want || err != nil {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "socket", "routers", "7"} {
		_, err := ParseSocketType(name)
		wantError(t, err, []error{EINVAL}, "parse socket type", strconv.Quote(name), "pair, pub")
	}
}

// TestParseOption compares what texts stand for with options that are made in Go.
func TestParseOption(t *testing.T) {
	public, secret := newKeys(t)
	for text, want := range map[string]SocketOption{
		"rcvhwm=1000":                             RecvHWM(1000),
		"RecvHWM=1000":                            RecvHWM(1000),
		"ZMQ_RCVHWM= 1000 ":                       RecvHWM(1000),
		"rcv-hwm=1000":                            RecvHWM(1000),
		"linger=0":                                Linger(0),
		"linger=infinite":                         Linger(Infinite),
		"Linger=-1":                               Linger(Infinite),
		"reconnect_ivl=500ms":                     ReconnectInterval(500 * time.Millisecond),
		"tcp_keepalive_idle=90s":                  TCPKeepaliveIdle(90 * time.Second),
		"tcp-keepalive-idle=default":              TCPKeepaliveIdle(SystemDefault),
		"immediate=true":                          Immediate(true),
		"ipv6=no":                                 IPv6(false),
		"maxmsgsize=64KiB":                        MaxMsgSize(64 << 10),
		"sndbuf=1 MB":                             SendBuf(1e6),
		"affinity=0xffffffffffffffff":             Affinity(1<<64 - 1),
		"subscribe= a=b ":                         Subscribe(" a=b "),
		"subscribe=":                              Subscribe(""),
		"routing_id=me":                           Identity("me"),
		"delay_attach_on_connect=1":               Immediate(true),
		"maxtopic=2KB":                            MaxTopic(2000),
		"curve_serverkey=" + public.String():      CurveServerKey(public),
		"CurveOwnSecretKey=" + secret.Z85():       CurveOwnSecretKey(secret),
		"curve_server=on":                         CurveServerMode(true),
		"plain_password=" + "to = be kept secret": PlainPassword("to = be kept secret"),
	} {
		got, err := ParseOption(text)
		if err != nil || got.row != want.row || got.num != want.num || got.str != want.str {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
}

// TestParseOptionAll reads every option of the table back from the text of one that was made in Go.
func TestParseOptionAll(t *testing.T) {
	n := 0
	for _, r := range optionTable {
		if !r.set || r.kind == kindBytes {
			continue
		}
		for _, v := range []int64{r.min, max(r.min, 1), r.max} {
			o := SocketOption{row: r, num: v}
			value := o.value()
			for _, name := range []string{r.name, r.c} {
				if name == "" {
					continue
				}
				got, err := ParseOption(name + "=" + value)
				if err != nil || got.row != r || got.num != v && r.kind != kindUint64 {
					t.Errorf("%s=%s: %v, %v", name, value, got, err)
				}
				n++
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d texts", n)
	}
}

// TestParseOptionErrors: they name the option, say what to write, and keep secrets.
func TestParseOptionErrors(t *testing.T) {
	for text, words := range map[string][]string{
		"rcvhwm":                            {`"rcvhwm"`, "name=value"},
		"rcvhmw=1":                          {`"rcvhmw"`, "no option of this name", "RecvHWM"},
		"=1":                                {"no option of this name"},
		"rcvhwm=-1":                         {"parse option RecvHWM", "out of range", "messages"},
		"rcvhwm=many":                       {`"many" is not a whole number`},
		"rcvhwm=1KiB":                       {"not a whole number"},
		"maxmsgsize=9000000000GiB":          {"too large"},
		"linger=500":                        {"no unit", "500ms"},
		"linger=soon":                       {"not a duration"},
		"linger=-5s":                        {"negative"},
		"immediate=maybe":                   {"neither true nor false"},
		"identity=":                         {"out of range"},
		"affinity=-1":                       {"2^64-1"},
		"rcvmore=1":                         {"RecvMore", "can be read"},
		"curve_serverkey=short":             {"Z85"},
		strings.Repeat("x", 1000):           {"..."},
		"linger=" + strings.Repeat("1", 30): {"no unit", "500ms"},
	} {
		o, err := ParseOption(text)
		wantError(t, err, []error{EINVAL}, append(words, "zmq: parse option")...)
		if o.row != nil {
			t.Errorf("%q: %v beside an error", text, o)
		}
	}
	for _, text := range []string{
		"curve_secretkey=my own secret", "plain_password=" + strings.Repeat("my own secret", 100),
		"curve_secretkey:my own secret", " plain_password my own secret",
	} {
		if _, err := ParseOption(text); err == nil || strings.Contains(err.Error(), "secret") && strings.Contains(err.Error(), "own") && !strings.Contains(err.Error(), "OwnSecretKey") {
			t.Errorf("%v", err)
		}
	}
	var op *OpError
	_, err := ParseOption("linger=x")
	if !errors.As(err, &op) || op.Option != "Linger" {
		t.Errorf("%#v", err)
	}
}

// TestParseOptionHuge: a text that is no option takes no time and no place in the error, however long it is.
func TestParseOptionHuge(t *testing.T) {
	huge := strings.Repeat("x1", 1<<22)
	ones := strings.Repeat("1", 1<<22)
	texts := []string{huge, huge + "=1"}
	for _, name := range []string{"affinity", "linger", "rcvhwm", "maxmsgsize", "immediate", "ipcmode", "curve_secretkey", "plain_password"} {
		texts = append(texts, name+"="+huge, name+"="+ones)
	}
	if !within(t, "reading long texts", func() {
		for _, text := range texts {
			if _, err := ParseOption(text); err == nil || len(err.Error()) > 400 {
				t.Errorf("%.20s: %.400v", text, err)
			}
		}
		if _, err := ParseSocketType(huge); err == nil || len(err.Error()) > 400 {
			t.Errorf("a type: %.400v", err)
		}
	}) {
		t.Fatal("it takes too long")
	}
}

// FuzzParseOption reads what anybody may write in a file.
func FuzzParseOption(f *testing.F) {
	for _, s := range []string{"rcvhwm=1", "linger=1s", "subscribe=x", "=", "maxmsgsize=1.5kb", "affinity=0x1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOption(text)
		if err == nil && (o.row == nil || fmt.Sprint(o) == "") {
			t.Errorf("%q: nothing, and no error", text)
		}
		ParseSocketType(text)
		CheckBind(text)
		CheckConnect(text)
	})
}
