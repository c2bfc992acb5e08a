package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.org/zmq"
)

// patience is how long the end may take.
const patience = 20 * time.Second

// node is the process that is watched.
type node struct {
	zc     *zmq.Context
	dir    string
	curve  []zmq.SocketOption // a client's
	server zmq.SocketOption
	flows  []*flow
	spec   string // the peer's

	kills, events, sockets, peerPID atomic.Int64

	work   sync.WaitGroup
	failed chan error
}

// soak runs for a time and returns what was left after everything had been closed.
func soak(ctx context.Context, dir string, lasting, every, life time.Duration, rec *record) (leftovers, error) {
	n := &node{dir: dir, failed: make(chan error, 1)}
	before := runtime.NumGoroutine()
	work, stop := context.WithTimeout(ctx, lasting)
	defer stop()
	if err := n.begin(work); err != nil {
		return leftovers{}, err
	}
	n.goDo(work, func() error { return n.keepPeer(work, life) })
	err := n.watch(work, every, rec)
	stop()
	n.work.Wait()
	if cerr := n.zc.Close(); cerr != nil {
		err = errors.Join(err, cerr)
	}
	left := leftovers{handles: len(zmq.OpenHandles())}
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if left.goroutines = runtime.NumGoroutine() - before; left.goroutines <= 0 {
			break
		}
	}
	for _, f := range n.flows {
		err = errors.Join(err, f.first)
	}
	return left, err
}

// leftovers is what is there after the end and should not be.
type leftovers struct{ handles, goroutines int }

// watch takes samples until the time is over or something has failed.
func (n *node) watch(ctx context.Context, every time.Duration, rec *record) error {
	begun := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := rec.take(time.Since(begun), n); err != nil {
				return err
			}
		case err := <-n.failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// goDo runs a part of the node; what it ends with counts only while the time is not over.
func (n *node) goDo(ctx context.Context, f func() error) {
	n.work.Add(1)
	go func() {
		defer n.work.Done()
		if err := f(); err != nil && ctx.Err() == nil {
			select {
			case n.failed <- err:
			default:
			}
		}
	}()
}

func (n *node) flow(name string) *flow {
	f := &flow{name: name}
	n.flows = append(n.flows, f)
	return f
}

// open opens a socket and binds or connects it. A socket lingers long enough to finish what it is at.
func (n *node) open(t zmq.SocketType, bind bool, endpoint string, opts ...zmq.SocketOption) (*zmq.Socket, string, error) {
	s, err := n.zc.NewSocket(t, append([]zmq.SocketOption{zmq.Linger(2 * time.Second)}, opts...)...)
	if err != nil {
		return nil, "", err
	}
	n.sockets.Add(1)
	if !bind {
		return s, endpoint, s.Connect(endpoint)
	}
	if err := s.Bind(endpoint); err != nil {
		return nil, "", err
	}
	at, err := s.LastEndpoint()
	return s, at, err
}

func (n *node) ipc(name string) string { return "ipc://" + filepath.Join(n.dir, name) }

// begin opens everything that lives as long as the node.
func (n *node) begin(ctx context.Context) error {
	var err error
	if n.zc, err = zmq.NewContext(zmq.IOThreads(2)); err != nil {
		return err
	}
	serverKey, serverSecret, err := zmq.NewCurveKeyPair()
	if err != nil {
		return err
	}
	public, secret, err := zmq.NewCurveKeyPair()
	if err != nil {
		return err
	}
	var allowed zmq.AllowList
	allowed.AllowKey(public, "peer")
	if err := n.zc.ServeAuth(ctx, &allowed); err != nil {
		return err
	}
	n.server = zmq.CurveServer(serverSecret)
	n.curve = []zmq.SocketOption{zmq.CurveClient(serverKey, public, secret)}

	queueAt, err := n.device(ctx, zmq.NewQueue, zmq.Router, zmq.Dealer, tcp, n.ipc("work"), true, false)
	if err != nil {
		return err
	}
	forwarderAt, err := n.device(ctx, zmq.NewForwarder, zmq.XSub, zmq.XPub, n.ipc("publish"), tcp, false, true)
	if err != nil {
		return err
	}
	streamerAt, err := n.device(ctx, zmq.NewStreamer, zmq.Pull, zmq.Push, tcp, n.ipc("push"), true, false)
	if err != nil {
		return err
	}
	n.requests(ctx, queueAt[0])
	n.manyRequests(ctx, queueAt[0])
	n.subscribers(ctx, forwarderAt[1])
	n.receive(ctx, "streamer", zmq.Pull, false, streamerAt[1])
	routeAt := n.receive(ctx, "router", zmq.Router, true, tcp, n.server)
	pairAt := n.receive(ctx, "pair", zmq.Pair, true, tcp)
	n.inproc(ctx)
	n.bursts(ctx)
	n.churn(ctx)
	n.spec = fmt.Sprintln(n.ipc("work"), n.ipc("publish"), streamerAt[0], routeAt, pairAt, serverKey, public, secret.Z85())
	select {
	case err := <-n.failed:
		return err
	default:
		return nil
	}
}

const tcp = "tcp://127.0.0.1:*"

type maker func(front, back *zmq.Socket, opts ...zmq.DeviceOption) (*zmq.Device, error)

// device binds two sockets, watches those that have security, and runs a device between them.
func (n *node) device(ctx context.Context, make maker, ft, bt zmq.SocketType, frontAt, backAt string, frontSafe, backSafe bool) (at [2]string, err error) {
	var sockets [2]*zmq.Socket
	for i, side := range []struct {
		t    zmq.SocketType
		at   string
		safe bool
	}{{ft, frontAt, frontSafe}, {bt, backAt, backSafe}} {
		var opts []zmq.SocketOption
		if side.safe {
			opts = append(opts, n.server)
		}
		if sockets[i], at[i], err = n.open(side.t, true, side.at, opts...); err != nil {
			return at, err
		}
		m, err := sockets[i].Monitor(zmq.EventAll)
		if err != nil {
			return at, err
		}
		n.goDo(ctx, func() error {
			defer m.Close()
			for _, err := range m.Events(ctx) {
				if err != nil {
					return err
				}
				n.events.Add(1)
			}
			return nil
		})
	}
	d, err := make(sockets[0], sockets[1])
	if err != nil {
		return at, err
	}
	n.goDo(ctx, func() error {
		err := d.Run(ctx)
		return errors.Join(err, sockets[0].Close(), sockets[1].Close())
	})
	return at, nil
}

// keepPeer starts the peer and kills it, again and again.
func (n *node) keepPeer(ctx context.Context, life time.Duration) error {
	for ctx.Err() == nil {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), peerVariable+"="+n.spec)
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		runtime.LockOSThread() // the death of the thread that started a child counts as the parent's
		if err := cmd.Start(); err != nil {
			return err
		}
		n.peerPID.Store(int64(cmd.Process.Pid))
		died := make(chan error, 1)
		go func() { died <- cmd.Wait() }()
		select {
		case err := <-died:
			return fmt.Errorf("the peer ended by itself: %w", err)
		case <-time.After(life):
		case <-ctx.Done():
		}
		cmd.Process.Kill()
		<-died
		runtime.UnlockOSThread()
		n.kills.Add(1)
	}
	return nil
}
