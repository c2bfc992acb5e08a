/* What the peers in C have in common. peer/peer.go says what they obey. */
#include <stdint.h>
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
