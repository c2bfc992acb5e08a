// Package zmq is ØMQ for Go: a binding over libzmq, with sockets that any number of goroutines may
// use, waits that a [context.Context] can end, and no thread held while waiting.
//
//	func serve(ctx context.Context) error {
//		zc, err := zmq.NewContext()
//		if err != nil {
//			return err
//		}
//		defer zc.Close()
//		rep, err := zc.NewSocket(zmq.Rep)
//		if err != nil {
//			return err
//		}
//		if err := rep.Bind("tcp://*:5555"); err != nil {
//			return err
//		}
//		for request, err := range rep.Messages(ctx) {
//			if err != nil {
//				return err
//			}
//			if err := rep.SendParts(ctx, bytes.ToUpper(request[0])); err != nil {
//				return err
//			}
//		}
//		return nil
//	}
//
//	func main() {
//		if err := serve(context.Background()); err != nil {
//			log.Fatal(err) // when zc is closed, and what was sent is delivered
//		}
//	}
//
// libzmq does all messaging: patterns, queues, transports, reconnection and the wire protocol are its own, so that programs in
// other languages take part as they always did. The manual of libzmq holds for everything that is not said otherwise here, and
// names are the manual's in Go's case: ZMQ_RCVHWM is [RecvHWM]. The calls and options of the 3.1 manual are for every libzmq
// from 3.1.0 to 4.3.x; docs/install.md lists the versions that are tested. What came later works where the libzmq in use has
// it, and is a [VersionError] elsewhere. Comments call the libzmq that a program is linked with its engine.
//
// The guide, docs/guide in the module's tree, teaches ØMQ with programs that run.
//
// # Overview
//
//   - Open a [Context] with [NewContext], and sockets with [Context.NewSocket]. Types of sockets are [Req], [Rep],
//     [Dealer], [Router], [Pub], [Sub], [XPub], [XSub], [Push], [Pull] and [Pair].
//   - Or do it in one call: [Context.Listen] opens, sets up and binds, [Context.Dial] connects and waits for a peer.
//   - Attach a [Socket] with [Socket.Bind] and [Socket.Connect]; set options with [Socket.Set], or when it is opened: see
//     [Option].
//   - Send and receive: see the next section. [Socket.Request] asks a service, from many goroutines at a time; a [Requester]
//     asks again where no reply comes; [Serve] answers.
//   - Wait for several sockets, descriptors and connections with a [Poller].
//   - Put a [Device] between peers: [NewQueue], [NewForwarder], [NewStreamer], [NewProxy].
//   - Let only known peers in: [Context.ServeAuth], [AllowList], [Authenticator], [CurveServer], [CurveClient],
//     [Certificate].
//   - See what connections do: [Socket.Monitor], [Socket.WaitConnected], [Socket.WaitSubscriber], [Socket.Stats],
//     [Context.Stats]. Sockets, events and counters are values for package log/slog.
//   - Test programs with package zmqtest; a function that takes a [Sender] or [Receiver] can be tested without a socket.
//   - Share handles with C code: [Context.Raw], [Socket.Raw], [AdoptContext], [BorrowContext].
//
// # Sending and receiving
//
// Three sets of calls lead to the same socket:
//
//   - [Socket.SendParts], [Socket.RecvParts], [Socket.AppendParts], [Socket.SendMsgs], [Socket.RecvMsgs] and
//     [Socket.Messages] move whole messages and take a context. Most programs need no others. Parts of two
//     goroutines never mix.
//   - [Socket.Send], [Socket.Recv], [Socket.SendMsg] and [Socket.RecvMsg] are the manual's: one part a call, with flags. They
//     end with [SendTimeout], [RecvTimeout], Close or Shutdown.
//   - [Socket.RecvPart], [Socket.SendPart], [Socket.RecvRest] and [Socket.SendRest] are for messages of which a program handles
//     some parts one by one: they take a context and flags, and RecvRest and SendRest move the rest of a message in one call.
//
// A receive that was cancelled has consumed nothing. A message that was taken is returned without an error, although the
// context may have ended by then. A message of several parts goes as a whole or not at all.
//
// A call whose context has ended already returns the context's error and has done nothing, although it could have been done
// at once. That holds for every call that takes a context, except [Context.Term] and Drain, which begin all the same.
//
// [Socket.TrySendParts], [Socket.TryRecvParts] and the other calls that begin with Try never wait: [ErrWouldBlock] is their
// answer. To wait for sockets beside timers and channels there are [Socket.Chan], a channel with a socket's messages, and
// [Poller.Ready], for many sockets. A message that a Chan has taken when its context ends is not lost: the next receive on the
// socket returns it. [Socket.Latest] keeps the newest message of each topic.
//
// Many small messages move faster in a [Batch], by [Socket.SendBatch] and [Socket.RecvBatch]; large ones in a [Message],
// without a copy.
//
// # Goroutines
//
// Every method of [Context], [Socket], [Poller], [Chan], [Latest], [Device], [Monitor] and [AllowList] may be called by any
// goroutine at any time, Close included: it ends the calls that are running with [ErrClosed]. [Message] and [Batch] have one
// owner at a time; misuse is an error, not a crash. A goroutine that waits is parked in Go's own poller: ten thousand that wait
// to receive need no thread of their own. There are two exceptions. A goroutine whose socket has recently been answered quickly
// over a network waits in C for up to a millisecond before it parks, one goroutine of the process at a time. And
// [Context.Term] blocks one thread until the context is terminated.
//
// # Ownership
//
// Slices given to Send and SendParts are copied and may be reused at once. Slices that come from
// RecvParts belong to the caller. [Message] is the way without copying: its bytes lie in C's memory,
// are valid until Close, a send or the next receive into it, and belong to libzmq after a
// successful send. [PinMessage] lends Go memory to libzmq until its release function is called, on a goroutine of
// its own.
//
// Close what you open. A Context or Socket that has become unreachable is closed some time after the garbage collector
// has found it; [ReportLeaks] reports which one, and where it was opened.
//
// # Contexts and the end
//
// A [Context] of this package holds sockets and I/O threads and has nothing to do with a [context.Context], which
// bounds a call. Usually a program has one. [Context.Shutdown] ends all calls on its sockets with
// [ErrTerminated]. [Context.Term] waits until everything sent is delivered, as each socket's [Linger] says, which
// by default is without end. [Context.Close] is the bounded way out, made for defer. [Context.Drain] is the graceful one: it
// lets the program receive what has come first.
//
// A process that ends without one of them loses messages that were sent and are not delivered yet: os.Exit and log.Fatal run
// no deferred Close, and a return from main waits for nothing. So do the work in a function that returns an error, and end
// the process in main.
//
// # Errors
//
// Nearly every error is an [OpError] that names the operation, the socket's type, and the endpoint or option. Ask with
// [errors.Is]: for the package's conditions ([ErrClosed], [ErrTerminated], [ErrWouldBlock], [ErrNotSupported],
// [ErrTooManyFiles], [ErrTooManyThreads], [ErrMaxSockets]), for numbers as in C ([EFSM], [EADDRINUSE], syscall.EADDRINUSE), or
// for Go's own ([context.Canceled], [os.ErrDeadlineExceeded], [net.ErrClosed], [fs.ErrPermission], [errors.ErrUnsupported]).
// No call returns EINTR. A method of a nil pointer, or of a Socket{} that NewSocket has not made, returns [EINVAL] if its
// signature has an error, and does nothing else.
//
// Bad input is refused before libzmq sees it, where libzmq would abort the process, hang, or delete
// a file: malformed endpoints, an ipc path that is an ordinary file, subscriptions without bounds, options that
// do not go together, too few file descriptors.
//
// # What it does not do
//
// It has no pattern, transport or queue of its own, and no encoding of messages. It does not make
// messages survive a crash, and does not tell the sender that a message was received: libzmq does
// neither. PUB and XPUB drop what a slow subscriber has no room for, up to its HWM.
//
// In some situations libzmq ends the process or loses messages, and this package cannot prevent it. The libzmq that
// scripts/vendor stages is hardened: small C functions around it, its gates, prevent most of that, and [LinkInfo] says
// "hardened". docs/limits.md lists what is left, with a hardened libzmq and with others, and how to avoid it. No socket is
// safe at an open port without CURVE or PLAIN and an [Authenticator] that accepts only peers that are known.
package zmq
