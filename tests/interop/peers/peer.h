/* What the peers in C have in common. peer/peer.go says what they obey. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE = 20000 };

static char type[16], line[4096];

static const char *const names[] = {"pair", "pub", "sub", "req", "rep", "dealer", "router", "pull", "push", "xpub", "xsub"};

/* The CRC-32 that zip, PNG and Go's hash/crc32 use. */
static uint32_t crc(const unsigned char *p, size_t n) {
    static uint32_t table[256];
    uint32_t c;
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            c = i;
            for (int k = 0; k < 8; k++)
                c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
            table[i] = c;
        }
    c = 0xffffffffu;
    while (n--)
        c = table[(c ^ *p++) & 255] ^ (c >> 8);
    return c ^ 0xffffffffu;
}

/* The number of a socket type, which must be one of these. */
static int type_of(const char *kind) {
    int t = 0;
    while (t < 10 && strcmp(names[t], kind))
        t++;
    return t;
}

/* What each of them does in its own way. */
static void open_socket(const char *kind, const char *how, const char *endpoint);
static void subscribe(const char *hex);
static void send_message(char *args);
static void receive(int ms);
static void close_socket(void);

static void obey(void) {
    while (fgets(line, sizeof line, stdin)) {
        char a[16], b[16], c[512];
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "open %15s %15s %511s", a, b, c) == 3)
            open_socket(a, b, c);
        else if (sscanf(line, "sub %511s", c) == 1)
            subscribe(c);
        else if (!strncmp(line, "send ", 5))
            send_message(line + 5);
        else if (!strncmp(line, "recv ", 5))
            receive(atoi(line + 5));
        else if (!strcmp(line, "close"))
            close_socket();
        else
            printf("error no such command\n");
        fflush(stdout);
    }
}
