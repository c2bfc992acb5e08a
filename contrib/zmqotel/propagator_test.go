package zmqotel_test

import (
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.org/zmq"
	"example.org/zmq/contrib/zmqotel"
	"example.org/zmq/zmqtest"
)

// TestPropagator: what goes along with a message is what the program's propagator says, and nothing else.
func TestPropagator(t *testing.T) {
	tel, _, tracer := recorded(zmqotel.WithPropagator(propagation.Baggage{}))
	pull, push := zmqtest.NewPair(t, zmq.Pull, zmq.Push)
	ctx := zmqtest.Context(t)
	member, _ := baggage.NewMember("tenant", "blue")
	bag, _ := baggage.New(member)
	of, span := tracer.Start(baggage.ContextWithBaggage(ctx, bag), "the program's")
	defer span.End()
	if err := tel.Send(of, push, []byte("x")); err != nil {
		t.Fatal(err)
	}
	in, parts, err := tel.Recv(ctx, pull)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%q, %v", parts, err)
	}
	if got := baggage.FromContext(in).Member("tenant").Value(); got != "blue" {
		t.Errorf("the baggage is %q", got)
	}
	if got := trace.SpanContextFromContext(in); got.IsRemote() {
		t.Errorf("a trace came, too: %v", got)
	}
}
