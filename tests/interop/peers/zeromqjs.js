// The program of the interoperability tests that has zeromq.js inside. peer/peer.go says what it obeys.
// Its argument is the folder in which the package zeromq is installed.
"use strict"

const { createRequire } = require("module")
const zmq = createRequire(process.argv[2] + "/")("zeromq")

const PATIENCE = 20000
const TYPES = {
  pair: zmq.Pair, pub: zmq.Publisher, sub: zmq.Subscriber, req: zmq.Request, rep: zmq.Reply, dealer: zmq.Dealer,
  router: zmq.Router, pull: zmq.Pull, push: zmq.Push, xpub: zmq.XPublisher, xsub: zmq.XSubscriber,
}

const TABLE = new Int32Array(256).map((_, i) => {
  for (let k = 0; k < 8; k++) i = i & 1 ? 0xedb88320 ^ (i >>> 1) : i >>> 1
  return i
})

function crc(p) {
  let c = -1
  for (let i = 0; i < p.length; i++) c = TABLE[(c ^ p[i]) & 255] ^ (c >>> 8)
  return ((c ^ -1) >>> 0).toString(16).padStart(8, "0")
}

function part(seed, n) {
  const p = Buffer.allocUnsafe(n)
  for (let i = 0; i < n; i++) p[i] = (seed + i) % 251
  return p
}

let socket, type, identity

const commands = {
  async open(kind, how, endpoint) {
    type = kind
    socket = new TYPES[kind]({ linger: 0 })
    if ("sendTimeout" in socket) socket.sendTimeout = PATIENCE
    if (how === "bind") await socket.bind(endpoint)
    else socket.connect(endpoint)
    return "at " + socket.lastEndpoint
  },
  async sub(hex) {
    const topic = Buffer.from(hex === "-" ? "" : hex, "hex")
    if (type === "xsub") await socket.send(Buffer.concat([Buffer.from([1]), topic]))
    else socket.subscribe(topic)
    return "ok"
  },
  async send(seed, ...sizes) {
    const parts = sizes.map((n, k) => part(Number(seed) + k, Number(n)))
    if (type === "router") parts.unshift(identity)
    await socket.send(parts)
    return "ok"
  },
  async recv(ms) {
    socket.receiveTimeout = Number(ms)
    const parts = await socket.receive()
    if (type === "router") identity = parts.shift()
    return "got " + parts.map((p) => p.length + ":" + crc(p)).join(" ")
  },
  async close() {
    socket.close()
    return "ok"
  },
}

async function main() {
  for await (const line of require("readline").createInterface({ input: process.stdin })) {
    const [command, ...args] = line.split(" ")
    let answer
    try {
      answer = await commands[command](...args)
    } catch (e) {
      answer = e.code === "EAGAIN" ? "none" : "error " + e
    }
    process.stdout.write(answer + "\n")
  }
  process.exit(0)
}

main()
