// Package zmqtest has what tests of programs that use package zmq need: contexts and sockets that close themselves and report
// what was left open, free endpoints, a network with faults in it, a peer that speaks the protocol by hand, and a pipe that
// stands in for a pair of sockets.
//
//	func TestService(t *testing.T) {
//		zc := zmqtest.NewContext(t)
//		go zmq.Serve(t.Context(), service, handler)
//		...
//	}
//
// Everything belongs to the test that made it, and goes with it: nothing outlives the test, and nothing here ends the test
// binary. A function that fails ends its test by the t that it was given; call it on the test's goroutine. Waits end after
// Patience, with a message that says what was waited for. Nothing goes beyond the loopback interface. Tests may run in
// parallel, but for those that call CheckLeaks.
//
// # Standing in for sockets
//
// A function that takes a zmq.Sender or a zmq.Receiver in place of a *zmq.Socket can be tested with one end of a Pipe: it
// carries whole messages from goroutine to goroutine, in memory, without libzmq. It has no patterns: what a socket does
// beyond that is tested with sockets, over inproc, which cost a few microseconds each.
//
// # testing/synctest
//
// Sockets work in a bubble of testing/synctest, also those that were made outside of it, but the bubble's clock does not
// see them: a goroutine that waits for a socket waits for the world outside, and is not durably blocked. So
// synctest.Wait does not return while one waits for a socket, and time stands still meanwhile: time.Sleep, timers and context
// deadlines in the bubble come only when no goroutine of it waits for a socket. A SendTimeout or RecvTimeout of a
// call in a bubble runs on the real clock. Context.Term, ServeAuth and Device.Run hold the clock up as long as they run, and what
// libzmq does in its own threads (reconnecting, heartbeats, lingering) has the real clock always.
//
// So test what depends on time with a Pipe, whose ends are durably blocked while they wait, or keep sockets out of the bubble.
package zmqtest
