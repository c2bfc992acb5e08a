package zmqd

var shorts = map[string]string{
	"queue":     "Stand between clients and services: requests forth, replies back",
	"forwarder": "Stand between publishers and subscribers",
	"streamer":  "Stand between producers and workers",
	"proxy":     "Stand between any two sockets",
}

const longRoot = `zmqd runs a ØMQ device: a process that stands between many peers and many others, so that
neither need know where the others are, or how many.

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
	"forwarder": `The forwarder passes on what publishers send to those who subscribed to it. The frontend is an XSUB, or
with --frontend-type sub the classic one that takes in everything; the backend is an XPUB or PUB. With XSUB and XPUB
the subscriptions go on to the publishers, and only what is subscribed to comes across.
`,
	"streamer": `The streamer hands the jobs of many producers to many workers in turn. The frontend is a PULL, the backend a PUSH.
`,
	"proxy": `The proxy passes messages between any two sockets, both ways where the types allow. Both types have to be given.
`,
}

const longDevice = `
Each side binds or connects, several times if need be. Settings come from flags, from a YAML file (--config), or
from both, where flags win; a key that the file should not have is an error. FILE.xml is a configuration file of the
programs of ØMQ 2.x, which sets endpoints only.

UNTRUSTED PEERS
  Unless told otherwise a side that binds takes parts of at most 16 MiB, or if it publishes, and so takes little but
  subscriptions, 4 KiB (four times --max-topic), and drops peers that send larger ones; queues at most 1000
  messages for each peer each way, then holds producers up (publishers: drops); gives a handshake 30 seconds; finds
  dead TCP peers by keepalive (after 1 minute, 4 probes 15 seconds apart); and passes on subscriptions of at most 1024
  bytes. Every peer is accepted unless --SIDE-curve-allow or --SIDE-allow-addresses restricts them.
  None of this holds for FILE.xml, which gets the engine's defaults, as in 2.x.

  These limits do not make it safe to accept everybody. A peer can send a message of parts without end, which is held in
  memory until the last part is there: run zmqd under a limit of memory. And with an engine that is not hardened
  (zmqd --version says "hardened" of one that is) a peer can end the process: it sends a ping of ZMTP while the queue
  that it fills is full, and breaks off. Accept only peers that you know, or run something that starts zmqd again.

HEARTBEATS
  A queue that is full is not read, and neither are the answers to pings that come behind its messages: with --SIDE-heartbeat
  peers that are well are cut off then, their messages lost, as often as the queue stays full for longer than the
  interval. Both ends count: a worker whose own queue is full does not answer either. With an engine that is not
  hardened the process can end by it. Use heartbeats only where no queue fills up, neither here nor at the peers;
  elsewhere TCP keepalive finds dead peers.

SECURITY
  A side with --SIDE-curve-cert and --SIDE-curve-allow is a CURVE server: only clients whose public keys are in that
  folder or file come in (the word any: whoever knows the server's key). A side with --SIDE-curve-cert and
  --SIDE-curve-server-key is a CURVE client. zmqkeys makes the certificates.

HTTP
  With --http, /metrics is for Prometheus; /healthz says that the device runs; /readyz that it takes messages, which it
  does not while paused or draining, or while a side that connects has no peer (--ready-without-peers); and / is a page
  that shows the topology, the traffic, the peers, and which clients were let in and denied. The page pauses and resumes
  the device for those who know the token of --token-file. It shows addresses of peers, and keys and names of clients:
  give it an address that only those reach who may see them. It is asked for by its address, as localhost, or by a name
  that --http-host gives; all else is answered by 421, since the page of another site could read along (DNS rebinding).

CONTROL
  The control socket takes PAUSE, RESUME, TERMINATE and STATISTICS, as zmq_proxy_steerable does. Whoever reaches it rules
  the device: bind it to ipc:// or loopback, or use CURVE.

SIGNALS
  SIGTERM, SIGINT  stop taking messages, deliver for at most --drain what was taken, say what went through in all, end.
                   A one-way device takes in what has come, for at most a second, and cuts its input off; a queue
                   stops reading requests and waits for the replies to those that it took.
  SIGHUP           read the file, keys and allow lists again; open endpoints that are new, leave those that are gone. If
                   anything is wrong nothing is changed. The log says what was done, and which settings take a restart.
                   New keys of a side that sends take a hardened engine; with others they hold after a restart.

EXIT CODES
  0  ended by a signal or TERMINATE; all that was taken was delivered, and requests have had their replies
  1  wrong flags, files, keys or settings; nothing was opened
  2  an endpoint or address could not be had
  3  the device failed while it ran
  4  when the time for draining was over messages were left, or requests that had no reply or were not read; with
     --drain 0s only the requests are looked at

ENVIRONMENT
  NOTIFY_SOCKET, WATCHDOG_USEC: set by systemd, which is told when the device is ready, reloads, and stops.
  LISTEN_FDS, LISTEN_FDNAMES: sockets that systemd holds; their names are frontend, backend, capture, control and http.
  CREDENTIALS_DIRECTORY: where files are whose path begins with credential:.
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
