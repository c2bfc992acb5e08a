package zmqotel

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.org/zmq"
)

const scope = "example.org/zmq/contrib/zmqotel"

// Telemetry makes spans and metrics with the providers that New was given.
//
// A Telemetry is safe for concurrent use by multiple goroutines.
type Telemetry struct {
	tracer     trace.Tracer
	meter      metric.Meter
	propagator propagation.TextMapPropagator
}

type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	propagator propagation.TextMapPropagator
}

// Option sets up a Telemetry.
type Option func(*config)

// WithTracerProvider sets the provider of spans (default otel's global one).
func WithTracerProvider(p trace.TracerProvider) Option { return func(c *config) { c.tracers = p } }

// WithMeterProvider sets the provider of metrics (default otel's global one).
func WithMeterProvider(p metric.MeterProvider) Option { return func(c *config) { c.meters = p } }

// WithPropagator sets the propagator, which decides what is sent with messages (default W3C's trace context and baggage).
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(c *config) { c.propagator = p }
}

// New returns a Telemetry.
func New(opts ...Option) *Telemetry {
	c := config{propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})}
	for _, o := range opts {
		o(&c)
	}
	if c.tracers == nil {
		c.tracers = otel.GetTracerProvider()
	}
	if c.meters == nil {
		c.meters = otel.GetMeterProvider()
	}
	return &Telemetry{tracer: c.tracers.Tracer(scope), meter: c.meters.Meter(scope), propagator: c.propagator}
}

// start starts the span of an operation on v, a socket or what stands in for one.
func (t *Telemetry) start(ctx context.Context, op string, kind trace.SpanKind, v any, parts [][]byte) (context.Context, trace.Span) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	attrs := []attribute.KeyValue{
		attribute.String("messaging.system", "zeromq"), attribute.String("messaging.operation.type", op), attribute.Int("messaging.message.body.size", size),
	}
	name := op
	switch v := v.(type) {
	case *zmq.Socket:
		name += " " + v.Type().String()
		attrs = append(attrs, attribute.String("zmq.socket.type", v.Type().String()))
	case *zmq.Requester:
		name += " dealer"
		attrs = append(attrs, attribute.String("zmq.socket.type", "dealer"))
	}
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
}

func end(span trace.Span, err error) {
	if err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// Send sends parts as one message, with the trace, in a span of its own. Errors: those of SendParts.
func (t *Telemetry) Send(ctx context.Context, s zmq.Sender, parts ...[]byte) (err error) {
	ctx, span := t.start(ctx, "send", trace.SpanKindProducer, s, parts)
	defer func() { end(span, err) }()
	return s.SendParts(ctx, t.Inject(ctx, parts)...)
}

// Recv receives a message and removes its trace part. The context that it returns is ctx with the sender's span, which is the parent of
// spans that the program starts in it. Errors: those of RecvParts.
func (t *Telemetry) Recv(ctx context.Context, s zmq.Receiver) (context.Context, [][]byte, error) {
	parts, err := s.RecvParts(ctx)
	if err != nil {
		return ctx, nil, err
	}
	ctx, parts = t.Extract(ctx, parts)
	return ctx, parts, nil
}

// Requester sends requests: a *zmq.Socket that is a Dealer, or a *zmq.Requester.
type Requester interface {
	Request(ctx context.Context, parts ...[]byte) ([][]byte, error)
}

// Request sends parts as a request, with the trace, and returns the reply. It makes a span that ends with the reply or the error. Errors:
// those of Request.
func (t *Telemetry) Request(ctx context.Context, r Requester, parts ...[]byte) (reply [][]byte, err error) {
	ctx, span := t.start(ctx, "request", trace.SpanKindClient, r, parts)
	defer func() { end(span, err) }()
	return r.Request(ctx, t.Inject(ctx, parts)...)
}

// Handler returns a handler for zmq.Serve that removes the trace part and calls h in a child span of the client's. The span records an
// error or a panic of h. A request that has no part left becomes a request with one empty part.
func (t *Telemetry) Handler(h zmq.Handler) zmq.Handler {
	return zmq.HandlerFunc(func(ctx context.Context, request [][]byte) (reply [][]byte, err error) {
		ctx, request = t.Extract(ctx, request)
		if len(request) == 0 {
			request = [][]byte{{}}
		}
		ctx, span := t.start(ctx, "process", trace.SpanKindServer, nil, request)
		ended := false
		defer func() {
			if !ended { // by a panic, which is Serve's to deal with
				span.SetStatus(codes.Error, "panic")
			}
			end(span, err)
		}()
		reply, err = h.ServeRequest(ctx, request)
		ended = true
		return reply, err
	})
}
