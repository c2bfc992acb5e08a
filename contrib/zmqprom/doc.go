// Package zmqprom exports the counters of a zmq.Context's sockets as Prometheus metrics.
//
//	prometheus.MustRegister(zmqprom.NewCollector(zc, "orders"))
//	http.Handle("/metrics", promhttp.Handler())
//
// A collector is for one context; its name is the label "context", which tells several contexts apart. A counter is for all
// sockets of a type, label "type", including those that are closed, so that it only grows while the context lives. There is one
// time series for each metric below and each socket type in use, whatever the number of sockets, endpoints and peers:
//
//	zmq_sockets                     gauge    sockets that are open
//	zmq_sockets_opened_total        counter  sockets that were opened
//	zmq_sent_messages_total         counter  messages that libzmq took; so zmq_sent_parts_total, zmq_sent_bytes_total
//	zmq_received_messages_total     counter  messages that were received; so zmq_received_parts_total, zmq_received_bytes_total
//	zmq_would_block_total           counter  sends and receives that were refused because they would have had to wait
//	zmq_waited_total                counter  sends and receives that had to wait
//	zmq_c_calls_total               counter  calls into C for sending and receiving
//	zmq_watched_sockets             gauge    open sockets whose connections are counted, see zmq.Stats
//	zmq_peers                       gauge    their peers
//	zmq_connections_total           counter  connections made and accepted; so zmq_disconnects_total, zmq_reconnects_total,
//	                                         zmq_handshake_failures_total, zmq_protocol_errors_total
//	zmq_engine_info                 gauge    1, with the libzmq in the labels "version" and "link"
//
// A scrape takes the lock of each open socket for a moment; between scrapes a collector costs nothing.
//
// It is a module of its own: package zmq itself does not depend on Prometheus.
package zmqprom
