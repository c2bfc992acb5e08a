package zmq

import "time"

// Heartbeat makes the socket ping its peers every interval and give up a connection that has not answered for timeout
// (HeartbeatInterval, HeartbeatTimeout, from 4.2). The peer is told to give this socket up after the same
// silence, if its engine knows how (HeartbeatTTL, as far as its range goes). Connections that ended so are made
// again; a Monitor reports them as EventDisconnected.
//
// Do not use it where the receive queue of either side may fill up for longer than timeout: a full queue is not read, nor
// are the answers behind it, so a peer that is well is abandoned, and what was on its way is lost. On an engine that is not
// hardened (LinkInfo) that, or a connection that breaks while the queue is full, can end the process (docs/limits.md has
// the ways out, RecvHWM(0) among them); for the same reason, do not use it there on a Pair that others than its one peer can
// reach, nor together with RouterHandover.
func Heartbeat(interval, timeout time.Duration) SocketOption {
	ttl := min(interval+timeout, 6553*time.Second)
	return several(optionRow{name: "Heartbeat", since: from42}, HeartbeatInterval(interval), HeartbeatTimeout(timeout), HeartbeatTTL(ttl))
}

// Keepalive makes the system probe a TCP connection that was silent for idle, every interval, and give it up after
// count probes without an answer (TCPKeepalive, TCPKeepaliveIdle, TCPKeepaliveInterval, TCPKeepaliveCount, whole
// seconds, from 3.2). SystemDefault leaves one of them as the system has it. Heartbeat finds a dead peer on
// every transport and through proxies.
func Keepalive(idle, interval time.Duration, count int) SocketOption {
	return several(optionRow{name: "Keepalive", since: from32}, TCPKeepalive(1), TCPKeepaliveIdle(idle), TCPKeepaliveInterval(interval), TCPKeepaliveCount(count))
}

// several makes one option of several, which are set in their order.
func several(r optionRow, parts ...SocketOption) SocketOption {
	return SocketOption{row: &r, parts: parts}
}
