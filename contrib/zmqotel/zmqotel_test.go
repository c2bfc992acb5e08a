package zmqotel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"example.org/zmq"
	"example.org/zmq/contrib/zmqotel"
	"example.org/zmq/zmqtest"
)

// recorded returns a Telemetry and where its spans end.
func recorded(opts ...zmqotel.Option) (*zmqotel.Telemetry, *tracetest.SpanRecorder, trace.Tracer) {
	spans := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	return zmqotel.New(append(opts, zmqotel.WithTracerProvider(tp))...), spans, tp.Tracer("test")
}

// TestRequest follows a trace from a client by way of a service that Serve serves, over every socket type that it takes.
func TestRequest(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.Rep, zmq.Router} {
		t.Run(typ.String(), func(t *testing.T) {
			tel, spans, tracer := recorded()
			service, dealer := zmqtest.NewPair(t, typ, zmq.Dealer)
			ctx, stop := context.WithCancel(zmqtest.Context(t))
			served := make(chan error, 1)
			go func() {
				served <- zmq.Serve(ctx, service, tel.Handler(zmq.HandlerFunc(func(ctx context.Context, request [][]byte) ([][]byte, error) {
					switch string(request[0]) {
					case "error":
						return nil, errors.New("not today")
					case "panic":
						panic("at the disco")
					}
					member := baggage.FromContext(ctx).Member("tenant").Value()
					return [][]byte{request[0], fmt.Append(nil, len(request)), []byte(member)}, nil
				})), zmq.ServeErrorLog(log.New(io.Discard, "", 0)))
			}()
			member, _ := baggage.NewMember("tenant", "blue")
			bag, _ := baggage.New(member)
			of, span := tracer.Start(baggage.ContextWithBaggage(ctx, bag), "the program's")
			for _, r := range []zmqotel.Requester{dealer, &zmq.Requester{Socket: dealer}} {
				got, err := tel.Request(of, r, []byte("hello"), []byte("world"))
				if err != nil || string(bytes.Join(got, []byte("|"))) != "hello|2|blue" {
					t.Errorf("%q, %v", got, err)
				}
			}
			for _, failure := range []string{"error", "panic"} {
				if _, err := tel.Request(of, dealer, []byte(failure)); err != nil {
					t.Error(err)
				}
			}
			span.End()
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
			kinds := map[trace.SpanKind]int{}
			parents := map[trace.SpanID]bool{}
			for _, s := range spans.Ended() {
				kinds[s.SpanKind()]++
				parents[s.SpanContext().SpanID()] = true
				if s.SpanContext().TraceID() != span.SpanContext().TraceID() {
					t.Errorf("%s is in another trace", s.Name())
				}
			}
			failed := 0
			for _, s := range spans.Ended() {
				if s.SpanKind() == trace.SpanKindServer && (!s.Parent().IsRemote() || !parents[s.Parent().SpanID()]) {
					t.Errorf("%s has the parent %v", s.Name(), s.Parent())
				}
				if s.Status().Code == codes.Error {
					failed++
				}
			}
			if kinds[trace.SpanKindClient] != 4 || kinds[trace.SpanKindServer] != 4 || failed != 2 {
				t.Errorf("spans by kind: %v, %d failed", kinds, failed)
			}
			if name := spans.Ended()[1].Name(); name != "request dealer" {
				t.Errorf("a client's span is called %q", name)
			}
		})
	}
}

// TestSendRecv: the trace goes with a message, whose parts are what they were.
func TestSendRecv(t *testing.T) {
	tel, spans, tracer := recorded()
	pull, push := zmqtest.NewPair(t, zmq.Pull, zmq.Push)
	ctx := zmqtest.Context(t)
	of, span := tracer.Start(ctx, "the program's")
	if err := tel.Send(of, push, []byte("one"), nil); err != nil {
		t.Fatal(err)
	}
	in, parts, err := tel.Recv(ctx, pull)
	if err != nil || len(parts) != 2 || string(parts[0]) != "one" || len(parts[1]) != 0 {
		t.Errorf("%q, %v", parts, err)
	}
	sent := spans.Ended()[0]
	if got := trace.SpanContextFromContext(in); got.SpanID() != sent.SpanContext().SpanID() || !got.IsRemote() || sent.SpanKind() != trace.SpanKindProducer {
		t.Errorf("the sender's span is %v, of kind %v, want %v", got, sent.SpanKind(), sent.SpanContext())
	}
	if got := sent.Attributes(); got[0] != attribute.String("messaging.system", "zeromq") || got[3] != attribute.String("zmq.socket.type", "push") {
		t.Errorf("its attributes are %v", got)
	}
	span.End()
	done, cancel := context.WithCancel(ctx)
	cancel()
	if err := tel.Send(done, push, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := tel.Recv(done, pull); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if last := spans.Ended()[2]; last.Status().Code != codes.Error {
		t.Errorf("%v", last.Status())
	}
}

// TestPart is the convention, byte by byte, and what peers may send in its place.
func TestPart(t *testing.T) {
	tel := zmqotel.New()
	ctx := context.Background()
	if got := tel.Inject(ctx, [][]byte{[]byte("x")}); len(got) != 1 {
		t.Errorf("without a trace: %q", got)
	}
	const text = "\x00zmqotel1\ntraceparent: 00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01\n"
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, SpanID: trace.SpanID{1, 2, 3, 4, 5, 6, 7, 8}, TraceFlags: 1})
	before := make([][]byte, 1, 10)
	got := tel.Inject(trace.ContextWithSpanContext(ctx, span), before)
	if len(got) != 2 || string(got[1]) != text || before[:2][1] != nil {
		t.Errorf("%q", got)
	}
	for part, want := range map[string]struct{ taken, traced bool }{
		text:                             {true, true},
		"x":                              {false, false},
		"":                               {false, false},
		"\x00zmqotel2\ntraceparent: x\n": {false, false},
		"\x00zmqotel1\n":                 {true, false},
		"\x00zmqotel1\nnonsense":         {true, false},
		"\x00zmqotel1\n: \n\n:::\ntraceparent: 00-nonsense\n":   {true, false},
		text + strings.Repeat("x", 20<<10):                      {true, false},
		"\x00zmqotel1\n" + strings.Repeat("a: b\n", 100) + text: {true, false},
	} {
		in, parts := tel.Extract(ctx, [][]byte{[]byte("body"), []byte(part)})
		if taken := len(parts) == 1; taken != want.taken || trace.SpanContextFromContext(in).IsValid() != want.traced {
			t.Errorf("of %.60q remains %q, the span %v", part, parts, trace.SpanContextFromContext(in))
		}
	}
	if _, parts := tel.Extract(ctx, nil); parts != nil {
		t.Errorf("%q", parts)
	}
}

// FuzzExtract: whatever a peer sends, nothing worse happens than that it has no trace.
func FuzzExtract(f *testing.F) {
	f.Add([]byte("\x00zmqotel1\ntraceparent: 00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01\nbaggage: a=b\n"))
	tel := zmqotel.New()
	f.Fuzz(func(t *testing.T, part []byte) {
		_, parts := tel.Extract(context.Background(), [][]byte{[]byte("body"), part})
		if len(parts) == 0 || string(parts[0]) != "body" {
			t.Errorf("%q", parts)
		}
	})
}

// TestObserve reads the metrics of a context.
func TestObserve(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	tel := zmqotel.New(zmqotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	pull, push := zmqtest.NewPair(t, zmq.Pull, zmq.Push)
	stop, err := tel.Observe(pull.Context(), "orders")
	if err != nil {
		t.Fatal(err)
	}
	zmqtest.Send(t, push, "ab", "cde")
	zmqtest.Expect(t, pull, "ab", "cde")
	read := func() map[string]int64 {
		var all metricdata.ResourceMetrics
		if err := reader.Collect(zmqtest.Context(t), &all); err != nil {
			t.Fatal(err)
		}
		values := map[string]int64{}
		for _, scope := range all.ScopeMetrics {
			for _, m := range scope.Metrics {
				for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
					typ, _ := p.Attributes.Value("zmq.socket.type")
					name, _ := p.Attributes.Value("zmq.context")
					values[fmt.Sprint(name.AsString(), " ", typ.AsString(), " ", m.Name)] = p.Value
				}
			}
		}
		return values
	}
	got := read()
	for what, want := range map[string]int64{
		"orders push zmq.sent.messages": 1, "orders pull zmq.received.size": 5, "orders pull zmq.sockets": 1, "orders push zmq.sockets.opened": 1,
	} {
		if got[what] != want {
			t.Errorf("%s is %d, want %d", what, got[what], want)
		}
	}
	if len(got) != 26 {
		t.Errorf("there are %d values: %v", len(got), got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := read(); len(got) != 0 {
		t.Errorf("after the end: %v", got)
	}
}

// A client and a service whose spans are one trace.
func Example() {
	spans := tracetest.NewSpanRecorder()
	tel := zmqotel.New(zmqotel.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))))
	zc, err := zmq.NewContext()
	if err != nil {
		log.Fatal(err)
	}
	defer zc.Close()
	router, err := zc.NewSocket(zmq.Router)
	if err != nil {
		log.Fatal(err)
	}
	dealer, err := zc.NewSocket(zmq.Dealer)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(router.Bind("inproc://traced"), dealer.Connect("inproc://traced")); err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() {
		served <- zmq.Serve(ctx, router, tel.Handler(zmq.HandlerFunc(func(_ context.Context, request [][]byte) ([][]byte, error) {
			return [][]byte{bytes.ToUpper(request[0])}, nil
		})))
	}()
	reply, err := tel.Request(ctx, dealer, []byte("hello"))
	if err != nil {
		log.Fatal(err)
	}
	stop()
	<-served
	server, client := spans.Ended()[0], spans.Ended()[1]
	fmt.Printf("%s: %q is below %q: %v\n", reply[0], server.Name(), client.Name(), server.Parent().SpanID() == client.SpanContext().SpanID())
	// Output: HELLO: "process" is below "request dealer": true
}
