// Package zmqprom exports what the sockets of a zmq.Context do as metrics of Prometheus.
//
//	prometheus.MustRegister(zmqprom.NewCollector(zc, "orders"))
//	http.Handle("/metrics", promhttp.Handler())
//
// One collector is for one context; the name tells several of them apart, as the label "context". Counters are those of all
// sockets of a type, label "type", those that are closed included, so that they only grow while the context lives. There are
// as many time series as socket types in use times the metrics below, whatever the number of sockets, endpoints and peers:
//
//	zmq_sockets                     gauge    sockets that are open
//	zmq_sockets_opened_total        counter  sockets that were opened
//	zmq_sent_messages_total         counter  messages that libzmq took; so zmq_sent_parts_total, zmq_sent_bytes_total
//	zmq_received_messages_total     counter  messages that were received; so zmq_received_parts_total, zmq_received_bytes_total
//	zmq_would_block_total           counter  tries that were refused because they would have blocked
//	zmq_waited_total                counter  sends and receives that were waited for
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
