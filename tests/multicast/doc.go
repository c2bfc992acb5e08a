// Package multicast sends over epgm and pgm between hosts: processes in network namespaces of their own, joined by a
// bridge. Each host's line to the bridge goes by way of the test, which loses, delays and reorders frames on it. (The
// kernel's own way, tc netem, is not in every kernel.) It needs Linux, namespaces, /dev/net/tun and ip; the script
// install gets the last.
package multicast
