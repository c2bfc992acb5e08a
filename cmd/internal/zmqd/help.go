package zmqd

var shorts = map[string]string{
	"queue":     "Stand between clients and services: requests forth, replies back",
	"forwarder": "Stand between publishers and subscribers",
	"streamer":  "Stand between producers and workers",
	"proxy":     "Stand between any two sockets",
}

const longRoot = `zmqd runs a ØMQ device: a process between two groups of peers, of which neither has to know where the
peers of the other one are, or how many.

    queue      clients (REQ, DEALER) -> frontend ROUTER, backend DEALER -> services (REP, ROUTER)
    forwarder  publishers (PUB)      -> frontend XSUB,   backend XPUB   -> subscribers (SUB)
    streamer   producers (PUSH)      -> frontend PULL,   backend PUSH   -> workers (PULL)
    proxy      any two types that can talk through each other

Called by the name zmq_queue, zmq_forwarder or zmq_streamer, with one XML file, it is the program of that name
that came with ØMQ 2.x.`

const exampleRoot = `  zmqd queue --frontend-bind tcp://*:5559 --backend-bind tcp://*:5560
  zmqd forwarder --config /etc/zmqd/feed.yaml
  zmqd streamer old.xml
  zmqd ctl ipc:///run/zmqd/control stats
  zmqd completion bash >/etc/bash_completion.d/zmqd
  zmqd man /usr/local/share/man/man1`

var longs = map[string]string{
	"queue": `The queue hands requests of many clients to many services in turn, and each reply back to the client that asked.
The frontend is a ROUTER, the backend a DEALER.
`,
	"forwarder": `The forwarder passes messages of publishers on to the subscribers. The frontend is an XSUB, or with --frontend-type sub
a SUB that subscribes to everything; the backend is an XPUB or PUB. With XSUB and XPUB the forwarder passes subscriptions
on to the publishers, which then send it only what has a subscriber.
`,
	"streamer": `The streamer hands the jobs of many producers to many workers in turn. The frontend is a PULL, the backend a PUSH.
`,
	"proxy": `The proxy passes messages between two sockets of any types, both ways where the types allow it. Give both types.
`,
}

const longDevice = `
Each side binds or connects, to several endpoints if need be. Settings come from flags, from a YAML file (--config), or
from both; a flag overrides the file, and an unknown key in the file is an error. FILE.xml is a configuration file of
the programs of ØMQ 2.x, which sets endpoints only.

UNTRUSTED PEERS
  Unless set otherwise a side that binds accepts parts of at most 16 MiB, or 4 KiB (four times --max-topic) if it is a
  PUB or XPUB, and drops peers that send larger ones. It queues at most 1000 messages for each peer in each direction,
  and then holds producers up (a PUB or XPUB drops messages). A handshake may take 30 seconds. TCP keepalive finds dead
  peers (after 1 minute, 4 probes 15 seconds apart). Subscriptions of more than 1024 bytes are not passed on.
  Every peer is accepted unless --SIDE-curve-allow or --SIDE-allow-addresses restricts them.
  None of this holds for FILE.xml, which gets the engine's defaults, as in 2.x.

  These limits do not make it safe to accept every peer. A peer can send a message whose parts do not end, which the
  engine keeps in memory until the last part comes: run zmqd under a memory limit. If the engine is not hardened (zmqd
  --version says whether it is), a peer can end the process: it fills the queue, sends a ZMTP ping behind its messages,
  and disconnects. Accept only peers that you know, or let a supervisor start zmqd again.

HEARTBEATS
  libzmq does not read from a connection whose queue is full, so it does not see the answers to its pings, which come
  behind the messages. When a queue stays full for longer than the interval, --SIDE-heartbeat therefore cuts off peers
  that are well, and their messages are lost. This holds for both ends: a worker whose own queue is full does not answer
  pings either. If the engine is not hardened the process can end by it. Use heartbeats only where no queue fills up,
  neither here nor at the peers; elsewhere TCP keepalive finds dead peers.

SECURITY
  A side with --SIDE-curve-cert and --SIDE-curve-allow is a CURVE server: it accepts only clients whose public keys are
  in that folder or file (the word any: every client that knows the server's key). A side with --SIDE-curve-cert and
  --SIDE-curve-server-key is a CURVE client. zmqkeys makes the certificates.

HTTP
  --http serves these paths. /metrics is for Prometheus. /healthz says whether the device runs. /readyz says whether it
  takes messages: it does not while it is paused or draining, or, unless --ready-without-peers is given, while a side
  that connects has no peer. / is a page that shows the topology, the traffic, the peers, and which clients were let in
  and denied. With the token of --token-file the page pauses and resumes the device. It shows addresses of peers, and
  keys and names of clients: serve it at an address that only those can reach who may see them. Ask for it by its
  address, as localhost, or by a name that --http-host gives. Any other Host is answered with 421, since a page of
  another site could otherwise read it (DNS rebinding).

CONTROL
  The control socket takes PAUSE, RESUME, TERMINATE and STATISTICS, as zmq_proxy_steerable does. Everyone who reaches it
  controls the device: bind it to ipc:// or loopback, or use CURVE.

SIGNALS
  SIGTERM, SIGINT  stop taking messages, deliver for at most --drain what was taken, log the totals, end.
                   A one-way device receives what has arrived, for at most a second, and closes its input; a queue
                   stops reading requests and waits for the replies to those that it took.
  SIGHUP           read the file, keys and allow lists again; open endpoints that are new, leave those that are gone. If
                   anything is wrong nothing is changed. The log says what was done, and which settings need a restart.
                   A new key of a side that sends needs a hardened engine; with others it holds after a restart.

EXIT CODES
  0  ended by a signal or TERMINATE; all that was taken was delivered, and requests have had their replies
  1  wrong flags, files, keys or settings; nothing was opened
  2  an endpoint or address cannot be used
  3  the device failed while it ran
  4  when the time for draining was over messages were left, or requests without a reply, or requests that were not
     read; with --drain 0s zmqd looks at the requests only

ENVIRONMENT
  NOTIFY_SOCKET, WATCHDOG_USEC: set by systemd, which is told when the device is ready, reloads, and stops.
  LISTEN_FDS, LISTEN_FDNAMES: sockets that systemd holds; their names are frontend, backend, capture, control and http.
  CREDENTIALS_DIRECTORY: set by systemd: the folder of the files whose path begins with credential:.
`

var examples = map[string]string{
	"queue": `  zmqd queue --frontend-bind tcp://*:5559 --backend-bind tcp://*:5560 --http 127.0.0.1:9600
  zmqd queue --frontend-bind tcp://*:5559 --frontend-curve-cert queue.key_secret --frontend-curve-allow clients/ \
             --backend-connect tcp://10.0.0.7:5560 --backend-connect tcp://10.0.0.8:5560
  zmqd queue --config queue.yaml --check`,
	"forwarder": `  zmqd forwarder --frontend-connect tcp://feed:5556 --backend-bind tcp://*:5557
  zmqd forwarder --frontend-type sub --frontend-subscribe weather. --frontend-connect tcp://feed:5556 --backend-bind tcp://*:5557`,
	"streamer": `  zmqd streamer --frontend-bind tcp://*:5557 --backend-bind tcp://*:5558 --backend-send-hwm 10
  zmqd streamer --frontend-bind tcp://*:5557 --backend-bind tcp://*:5558 --capture-bind tcp://127.0.0.1:5590 --capture-lossy`,
	"proxy": `  zmqd proxy --frontend-type dealer --frontend-bind tcp://*:5561 --backend-type dealer --backend-connect tcp://hub:5562`,
}
