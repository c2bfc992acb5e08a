package zmq

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
)

// The engine's threads. libzmq starts a context's threads with its first socket, gives them the priority, the policy and
// the processors that the context was asked for, and aborts the process where the system refuses any of it. So all of
// that is tried here, on threads that are made for it and end at once, before libzmq begins.

// manner is what was asked of a context's threads; -1 is as the system has it.
type manner struct {
	priority, policy int
	cpus             []int32
}

var anyManner = manner{priority: -1, policy: -1}

func (m manner) plain() bool { return m.priority == -1 && m.policy == -1 && len(m.cpus) == 0 }

// with returns the manner after an option of a context was set.
func (m manner) with(id, v int) manner {
	switch id {
	case ctxThreadPriority:
		m.priority = v
	case ctxThreadSchedPolicy:
		m.policy = v
	case ctxThreadAffinityAdd:
		m.cpus = append(slices.Clone(m.cpus), int32(v))
	case ctxThreadAffinityRemove:
		m.cpus = slices.DeleteFunc(slices.Clone(m.cpus), func(cpu int32) bool { return int(cpu) == v })
	}
	return m
}

// asked returns what was asked of the context's threads so far.
func (z *contextState) asked() manner {
	if m := z.manner.Load(); m != nil {
		return *m
	}
	return anyManner
}

// try starts n threads in this manner, all at once, and ends them. The error comes with the option that stands in the
// way, if it is one.
func (m manner) try(n int) (option string, err error) {
	step, errno := cTryThreads(n, m.policy, m.priority, !engineFrom(4, 2, 3), m.cpus)
	if errno == 0 {
		return "", nil
	}
	option = "ThreadSchedPolicy"
	if m.policy == -1 {
		option = "ThreadPriority"
	}
	switch step {
	case threadStart:
		return "", ErrTooManyThreads
	case threadCPU:
		return "ThreadAffinityAdd", withReason(errno, fmt.Sprintf("the system does not let threads run on the processors %v: %v; they are numbered from 0, and a container may keep some of them away", m.cpus, errno))
	case threadNice:
		return "ThreadPriority", withReason(errno, fmt.Sprintf("the system does not let threads have a niceness of -20, which any priority is outside of SCHED_FIFO and SCHED_RR: %v; that takes the capability CAP_SYS_NICE, or a limit (ulimit -e, LimitNICE)", errno))
	}
	if errno == EPERM {
		return option, withReason(errno, "the system does not let this process do that: it takes the capability CAP_SYS_NICE, or a limit on real-time priority (ulimit -r, LimitRTPRIO)")
	}
	policy := fmt.Sprintf("policy %d", m.policy)
	if m.policy == -1 {
		policy = "a thread's ordinary policy"
	}
	return option, withReason(errno, fmt.Sprintf("the system does not take %s with priority %d: %v; SCHED_FIFO (1) and SCHED_RR (2) go with a ThreadPriority from 1 to 99, to be set before or together with them", policy, m.priority, errno))
}

// plan returns how the context's threads will be when the options are set, and tries it on one thread. z.mu is held, or
// no other goroutine knows z yet; descriptors is locked.
func (z *contextState) plan(opts []ContextOption) (option string, err error) {
	next := z.asked()
	for _, o := range opts {
		if o.manner != nil {
			next = o.manner(next)
		}
	}
	if next.plain() || z.started.Load() {
		return "", nil
	}
	return next.try(1)
}

// tryThreads asks, before the context's first socket, whether its threads can be started: one that fetches what is
// closed, and those that do the network work. Other processes may take the last ones in between. descriptors is locked.
func (z *contextState) tryThreads() error {
	if z.started.Load() {
		return nil
	}
	option, err := z.asked().try(z.ioThreads + 1)
	if err != nil && option != "" {
		return withReason(err, option+": "+err.Error())
	}
	return err
}

// seedRand gives C's rand() a state from the system's randomness, once, before the first socket. libzmq takes the ids of
// a Router's nameless peers from it and never seeds it: they would be the same in every process.
var seedRand = sync.OnceFunc(func() {
	var p [seedSize]byte
	rand.Read(p[:])
	cSeed(&p)
})
