package zmq

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

var (
	volumeMiB = flag.Int("volume", 64, "how many MiB TestVolume sends in each way")
	flatFor   = flag.Duration("flat", time.Second, "how long TestVolumeBatchesLeaveNothing goes on")
)

const mib = 1 << 20

// volumeChild sends a volume over tcp in messages of 1 MiB, and some of 8 MiB, and looks what Go allocates meanwhile.
var volumeChild = child("volume", func(args []string) {
	total := mustGet(strconv.Atoi(args[0]))
	pinned := func(push *Socket, p []byte) error {
		m, err := PinMessage(p, nil)
		if err != nil {
			return err
		}
		defer m.Close()
		return push.SendMsg(m, 0)
	}
	copied := func(push *Socket, p []byte) error { _, err := push.Send(p, 0); return err }
	var msg Message
	buf := make([]byte, 8*mib)
	inC := func(pull *Socket) ([]byte, error) { err := pull.RecvMsg(&msg, 0); return msg.Bytes(), err }
	inGo := func(pull *Socket) ([]byte, error) { n, err := pull.Recv(buf, 0); return buf[:n], err }
	for _, way := range []struct {
		name string
		send func(*Socket, []byte) error
		recv func(*Socket) ([]byte, error)
	}{{"PinMessage and RecvMsg", pinned, inC}, {"Send and Recv", copied, inGo}} {
		for _, size := range []int{mib, 8 * mib} {
			c := mustGet(NewContext())
			pull, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
			must(pull.Bind("tcp://127.0.0.1:*"))
			must(push.Connect(mustGet(pull.LastEndpoint())))
			content := bytes.Repeat([]byte("volume.."), size/8)
			count := total * mib / size
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var sending sync.WaitGroup
			sending.Add(1)
			go func() {
				defer sending.Done()
				for range count {
					must(way.send(push, content))
				}
			}()
			for n := range count {
				if got := mustGet(way.recv(pull)); !bytes.Equal(got, content) {
					panic(fmt.Sprintf("message %d has %d bytes, or others than were sent", n, len(got)))
				}
			}
			sending.Wait()
			runtime.ReadMemStats(&after)
			allocated := int(after.TotalAlloc - before.TotalAlloc)
			fmt.Printf("%s: %d messages of %d MiB, Go allocated %d KiB; ", way.name, count, size/mib, allocated>>10)
			if allocated > 2*size {
				panic("Go's heap grows with what is sent")
			}
			must(c.Close())
		}
	}
	must(msg.Close())
})

// TestVolume: large messages cross tcp without a copy in Go's heap.
func TestVolume(t *testing.T) {
	if atFloor() {
		t.Skip("there is no LastEndpoint")
	}
	t.Log(runChild(t, 10*patience, volumeChild, *volumeMiB))
}

// flatChild moves batches at full rate and looks what that leaves behind.
var flatChild = child("flat", func(args []string) {
	length := mustGet(time.ParseDuration(args[0]))
	c := mustGet(NewContext())
	pull, push := mustGet(c.NewSocket(Pull)), mustGet(c.NewSocket(Push))
	must(pull.Bind("tcp://127.0.0.1:*"))
	must(push.Connect(mustGet(pull.LastEndpoint())))
	move := func(length time.Duration) (moved int) {
		ctx, cancel := context.WithTimeout(context.Background(), length)
		defer cancel()
		received := make(chan int)
		const size = 256
		go func() {
			in := mustGet(NewBatch(size))
			defer in.Close()
			n := 0
			for {
				must(in.Reset())
				n += mustGet(pull.RecvBatch(context.Background(), in))
				if last := in.Message(in.Len() - 1); len(last[0]) == 0 {
					received <- n - 1
					return
				}
			}
		}()
		out := mustGet(NewBatch(2 * size)) // room for parts
		defer out.Close()
		head, body := make([]byte, 64), make([]byte, size*8)
		sent := 0
		for ctx.Err() == nil {
			for i := range size {
				if i%4 == 0 {
					must(out.Add(head, body[:i*8]))
				} else {
					must(out.Add(head))
				}
			}
			sent += mustGet(push.SendBatch(context.Background(), out))
		}
		must(push.SendParts(context.Background(), nil))
		if n := <-received; n != sent {
			panic(fmt.Sprintf("%d messages were sent, %d came", sent, n))
		}
		return sent
	}
	move(max(length/10, 300*time.Millisecond))
	before := procStatus()
	n := move(length)
	after := procStatus()
	fmt.Printf("%d messages in %v; %d, then %d KiB; %d, then %d descriptors; %d, then %d threads", n, length,
		before.kib, after.kib, before.files, after.files, before.threads, after.threads)
	if after.kib > before.kib+16<<10 || after.files > before.files+2 || after.threads > before.threads+4 {
		panic("something grows")
	}
	must(c.Close())
})

// TestVolumeBatchesLeaveNothing: batches at full rate leave memory, descriptors and threads as they were.
func TestVolumeBatchesLeaveNothing(t *testing.T) {
	if atFloor() {
		t.Skip("there is no LastEndpoint")
	}
	t.Log(runChild(t, *flatFor*2+10*patience, flatChild, *flatFor))
}
