// Package gates shows what the gates around the staged engine are for. The programs in c make an engine end the process, lose
// messages or throw peers out. Each is run on a plain and on a hardened engine, which the tests stage for themselves: the plain one
// must do harm and the hardened one must not, so that a gate that stops working is noticed, and an engine that does not
// need it any more, too. The programs in unit include a gate's C and play its neighbours, under sanitizers and valgrind.
//
//	go test ./gates -v
//	go test ./gates -run Harm/epoll -times 100     the hardened engine again and again
//	go test ./gates -run Harm -for 1h -timeout 2h  all of them in turns
package gates
