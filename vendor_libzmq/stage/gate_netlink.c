//go:build ignore

/*
 * A gate between libzmq's resolver of addresses (ip_resolver.cpp) and getifaddrs.
 *
 * What the engine does: before it takes the host of a bind for an address, it looks whether there is an interface of that
 * name, by getifaddrs, which asks the kernel over a netlink socket. It asserts that this works.
 *
 * Why that is wrong: a process may not be allowed netlink sockets (systemd's RestrictAddressFamilies, seccomp), or have
 * no descriptor left: the process ends, although an address needs no list of interfaces.
 *
 * What the gate answers instead: EOPNOTSUPP for every failure, and for an empty list. The engine takes that for "no such
 * interface" and goes on with addresses; a bind to the name of an interface fails with ENODEV. A refusal, which passes when
 * the kernel is busy, is tried again as the engine would.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <unistd.h>

int zgate_getifaddrs(struct ifaddrs **list);

int zgate_getifaddrs(struct ifaddrs **list) {
    int rc = getifaddrs(list);
    for (unsigned ms = 1; rc == -1 && errno == ECONNREFUSED && ms < 1024; ms *= 2) {
        usleep(ms * 1000);
        rc = getifaddrs(list);
    }
    if (rc == 0 && *list)
        return 0;
    errno = EOPNOTSUPP;
    return -1;
}
