#include "peer.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

/* unreachable: on its way to a server a PUSH gets the answer that the host does not know the protocol (ICMP), as some
 * firewalls give it. Needs CAP_NET_RAW: exits with FAILED without. The server's queue is full, so that it does not answer. */
static int sniffer, teller, port;

static void *firewall(void *none) {
    unsigned char b[2048];
    for (;;) {
        ssize_t n = recv(sniffer, b, sizeof b, 0);
        struct iphdr *ip = (struct iphdr *)b;
        if (n < 40 || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
            continue;
        struct tcphdr *tcp = (struct tcphdr *)(b + 20);
        if (ntohs(tcp->dest) != port || !tcp->syn || tcp->ack)
            continue;
        unsigned char said[8 + 28] = {ICMP_DEST_UNREACH, ICMP_PROT_UNREACH};
        memcpy(said + 8, b, 28);
        unsigned sum = 0;
        for (size_t i = 0; i < sizeof said; i += 2)
            sum += (unsigned)said[i] << 8 | said[i + 1];
        sum = (sum & 0xffff) + (sum >> 16);
        sum = ~(sum + (sum >> 16)) & 0xffff;
        said[2] = (unsigned char)(sum >> 8);
        said[3] = (unsigned char)sum;
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = ip->saddr};
        sendto(teller, said, sizeof said, 0, (struct sockaddr *)&to, sizeof to);
    }
    return none;
}

int main(void) {
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    MUST(bind(server, (struct sockaddr *)&a, n) == 0 && getsockname(server, (struct sockaddr *)&a, &n) == 0);
    MUST(listen(server, 0) == 0);
    port = ntohs(a.sin_port);
    for (int i = 0; i < 4; i++) { /* until it takes no more */
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fd, (struct sockaddr *)&a, n);
    }
    pause_ms(100);
    MUST((sniffer = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP))) >= 0);
    MUST((teller = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) >= 0);
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, firewall, NULL) == 0);
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PUSH), *monitor = zmq_socket(context, ZMQ_PAIR);
    char at[64], b[256];
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_CONNECT_RETRIED) == 0);
    MUST(zmq_connect(monitor, "inproc://monitor") == 0);
    set(monitor, ZMQ_RCVTIMEO, PATIENCE);
    snprintf(at, sizeof at, "tcp://127.0.0.1:%d", port);
    MUST(zmq_connect(s, at) == 0);
    int told = 0;
    for (int i = 0; i < 6; i++)
        told += zmq_recv(monitor, b, sizeof b, 0) >= 0;
    printf("tried again %d times\n", told / 2);
    fflush(stdout);
    _exit(told == 6 ? 0 : LOST);
}
