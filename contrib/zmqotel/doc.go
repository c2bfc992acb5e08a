// Package zmqotel connects package zmq to OpenTelemetry: traces that go with messages, and metrics of contexts.
//
//	tel := zmqotel.New()
//	reply, err := tel.Request(ctx, dealer, []byte("hello"))        // the client
//	err = zmq.Serve(ctx, router, tel.Handler(handler))              // the service
//	stop, err := tel.Observe(zc, "orders")                          // metrics
//
// # The trace part
//
// ØMQ has no headers. The fields of the propagator (W3C traceparent, tracestate and baggage, unless set otherwise) are sent in a
// part of their own, the last one of the message, so that filters and envelopes, which are in front, stay as they are:
//
//	0x00 "zmqotel1" 0x0a                       ten bytes that identify the part
//	"traceparent: 00-4bf9…-01" 0x0a            a line for each field: name, colon, space, value
//	"tracestate: …" 0x0a
//
// Names are in lower case; neither names nor values have a line feed in them. A message without a trace, because there is no
// span and no baggage, has no such part. A receiver removes the last part if it begins with these ten bytes, and leaves every
// other message as it is. A service that does not know the part receives one part more: upgrade services first, then clients.
// A part of more than 16 KiB, or of more than 64 lines, is removed and not read.
//
// A peer can send any content: do not trust the baggage of untrusted peers. As with HTTP, the sampler decides whether their
// trace is continued.
//
// # Spans
//
// Send makes a span of kind producer, Request one of kind client, Handler one of kind server; Recv makes none, and returns a
// context with the sender's, in which the program starts its own. Spans have the attributes messaging.system ("zeromq"),
// messaging.operation.type, zmq.socket.type, and messaging.message.body.size, in bytes. Beside the span it costs a copy of the
// list of parts and one part of some hundred bytes for each message; without a recording span or a remote one, little.
//
// It is a module of its own: package zmq itself does not depend on OpenTelemetry.
package zmqotel
