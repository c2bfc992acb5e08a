// Package zmqtest helps to test programs that use package zmq. It has contexts and sockets that close themselves and report
// what was left open, free endpoints, a network that can be made to fail, a peer that speaks the protocol by hand, and a
// pipe in memory in place of a pair of sockets.
//
//	func TestUpper(t *testing.T) {
//		rep, req := zmqtest.NewPair(t, zmq.Rep, zmq.Req)
//		go serve(zmqtest.Context(t), rep) // the code under test
//		zmqtest.Send(t, req, "hello")
//		zmqtest.Expect(t, req, "HELLO")
//	}
//
// Everything belongs to the test that made it, and is closed when that test ends. A function that fails ends its test with
// the t that it was given, never the test binary; call it on the test's goroutine. Waits end after Patience, with a message
// that says what was waited for. Nothing uses a network other than the loopback interface. Tests may run in parallel,
// except those that call CheckLeaks.
//
// # In place of sockets
//
// A function that takes a zmq.Sender or a zmq.Receiver in place of a *zmq.Socket can be tested with one end of a Pipe,
// which carries whole messages from goroutine to goroutine, in memory, without libzmq. A Pipe has no patterns. Test what
// depends on them with sockets, over inproc, which cost a few microseconds each.
//
// # testing/synctest
//
// Sockets work in a bubble of testing/synctest, also sockets that were made outside of it, but a goroutine that waits for a
// socket is not durably blocked. So synctest.Wait does not return while a goroutine waits for a socket, and the bubble's
// clock stands still meanwhile: time.Sleep, timers and context deadlines in the bubble end only when no goroutine of the
// bubble waits for a socket. A SendTimeout or RecvTimeout of a call in a bubble uses the real clock. Context.Term,
// ServeAuth and Device.Run stop the bubble's clock while they run. What libzmq does in its own threads (reconnecting,
// heartbeats, lingering) always uses the real clock.
//
// So test what depends on time with a Pipe, whose ends are durably blocked while they wait, or keep sockets out of the
// bubble.
package zmqtest
