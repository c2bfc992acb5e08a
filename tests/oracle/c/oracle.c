/* The oracle: it does what a scenario says with libzmq itself, and prints what came of each line. Package script has the
 * words of the language, and does the same for the programs in Go.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum { NAMES = 64, WORDS = 32, RESULT = 4096, MOST = 1 << 20 };

/* A name of the scenario: a context, a socket, a message, a thread or some bytes. */
typedef struct {
    char name[16];
    void *handle;
    zmq_msg_t msg;
    char endpoint[256];
    unsigned char *data;
    size_t size;
    pthread_t thread;
    int done, n;
    char *words[WORDS];
    char result[RESULT];
} thing;

static thing things[NAMES];
static pthread_mutex_t naming = PTHREAD_MUTEX_INITIALIZER;

/* The null socket, context and message are names, too. The threads of "go" look for theirs as well. */
static thing *find(const char *name) {
    int i = 0;
    pthread_mutex_lock(&naming);
    while (i < NAMES - 1 && things[i].name[0] && strcmp(things[i].name, name))
        i++;
    if (!things[i].name[0])
        snprintf(things[i].name, sizeof things[i].name, "%s", name);
    pthread_mutex_unlock(&naming);
    return &things[i];
}

static const struct { const char *name; int number; } numbers[] = {
    {"PAIR", ZMQ_PAIR}, {"PUB", ZMQ_PUB}, {"SUB", ZMQ_SUB}, {"REQ", ZMQ_REQ}, {"REP", ZMQ_REP}, {"DEALER", ZMQ_DEALER},
    {"ROUTER", ZMQ_ROUTER}, {"PULL", ZMQ_PULL}, {"PUSH", ZMQ_PUSH}, {"XPUB", ZMQ_XPUB}, {"XSUB", ZMQ_XSUB},
    {"AFFINITY", ZMQ_AFFINITY}, {"IDENTITY", ZMQ_IDENTITY}, {"SUBSCRIBE", ZMQ_SUBSCRIBE}, {"UNSUBSCRIBE", ZMQ_UNSUBSCRIBE},
    {"RATE", ZMQ_RATE}, {"RECOVERY_IVL", ZMQ_RECOVERY_IVL}, {"SNDBUF", ZMQ_SNDBUF}, {"RCVBUF", ZMQ_RCVBUF},
    {"RCVMORE", ZMQ_RCVMORE}, {"FD", ZMQ_FD}, {"EVENTS", ZMQ_EVENTS}, {"TYPE", ZMQ_TYPE}, {"LINGER", ZMQ_LINGER},
    {"RECONNECT_IVL", ZMQ_RECONNECT_IVL}, {"BACKLOG", ZMQ_BACKLOG}, {"RECONNECT_IVL_MAX", ZMQ_RECONNECT_IVL_MAX},
    {"MAXMSGSIZE", ZMQ_MAXMSGSIZE}, {"SNDHWM", ZMQ_SNDHWM}, {"RCVHWM", ZMQ_RCVHWM}, {"MULTICAST_HOPS", ZMQ_MULTICAST_HOPS},
    {"RCVTIMEO", ZMQ_RCVTIMEO}, {"SNDTIMEO", ZMQ_SNDTIMEO}, {"IPV4ONLY", ZMQ_IPV4ONLY},
    {"ROUTER_MANDATORY", ZMQ_ROUTER_MANDATORY},
};

static int number(const char *word) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(numbers[i].name, word))
            return numbers[i].number;
    return (int)strtol(word, NULL, 0);
}

static const char *errno_name(int e) {
    static const struct { int e; const char *name; } names[] = {
#define E(x) {x, #x}
        E(EFSM), E(ENOCOMPATPROTO), E(ETERM), E(EMTHREAD), E(EAGAIN), E(EACCES), E(EADDRINUSE), E(EADDRNOTAVAIL), E(EAFNOSUPPORT),
        E(ECONNREFUSED), E(EEXIST), E(EFAULT), E(EHOSTUNREACH), E(EINTR), E(EINVAL), E(EMFILE), E(EMSGSIZE), E(ENAMETOOLONG),
        E(ENODEV), E(ENOENT), E(ENOMEM), E(ENOTSOCK), E(ENOTSUP), E(EPROTONOSUPPORT), E(EISDIR), E(ENOTDIR),
#undef E
    };
    static char other[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].e == e)
            return names[i].name;
    snprintf(other, sizeof other, "errno %d", e);
    return other;
}

/* put appends to a result. */
static void put(char *result, const char *format, ...) {
    size_t n = strlen(result);
    va_list args;
    va_start(args, format);
    vsnprintf(result + n, RESULT - n, format, args);
    va_end(args);
}

static int outcome(char *result, int rc) {
    if (rc == -1)
        put(result, "-1 %s", errno_name(zmq_errno()));
    else
        put(result, "%d", rc);
    return rc;
}

/* bytes returns what a word stands for: text, %hex, *count, - for nothing, $name for what was received. */
static unsigned char *bytes(const char *word, size_t *n) {
    unsigned char *p;
    unsigned byte;
    *n = 0;
    if (*word == '$') {
        thing *v = find(word + 1);
        p = malloc(v->size + 1);
        memcpy(p, v->data, *n = v->size);
    } else if (*word == '*') {
        *n = (size_t)strtoul(word + 1, NULL, 10);
        p = malloc(*n + 1);
        for (size_t i = 0; i < *n; i++)
            p[i] = (unsigned char)(i % 251);
    } else if (*word == '%') {
        p = malloc(strlen(word));
        for (word++; sscanf(word, "%2x", &byte) == 1; word += 2)
            p[(*n)++] = (unsigned char)byte;
    } else {
        p = (unsigned char *)strdup(word);
        *n = strcmp(word, "-") ? strlen(word) : 0;
    }
    return p;
}

/* show is the other way round; what is long is shown by its size and FNV-1a. */
static void show(char *result, const unsigned char *p, size_t n) {
    int text = n > 0;
    for (size_t i = 0; i < n; i++)
        text = text && p[i] > ' ' && p[i] < 127 && !strchr("%*$-#", p[i]);
    if (!n)
        put(result, "-");
    else if (n > 64) {
        uint32_t h = 2166136261u;
        for (size_t i = 0; i < n; i++)
            h = (h ^ p[i]) * 16777619u;
        put(result, "#%zu:%08x", n, h);
    } else if (text)
        put(result, "%.*s", (int)n, p);
    else {
        put(result, "%%");
        for (size_t i = 0; i < n; i++)
            put(result, "%02x", p[i]);
    }
}

static int has(char **words, int n, const char *word) {
    for (int i = 1; i < n; i++)
        if (!strcmp(words[i], word))
            return 1;
    return 0;
}

static int flags(char **words, int n) {
    return (has(words, n, "more") ? ZMQ_SNDMORE : 0) | (has(words, n, "dontwait") ? ZMQ_DONTWAIT : 0);
}

static int send_word(void *s, const char *word, int flag) {
    size_t n;
    unsigned char *p = bytes(word, &n);
    int rc = zmq_send(s, p, n, flag), e = errno;
    free(p);
    errno = e;
    return rc;
}

static int more(void *s) {
    int v = 0;
    size_t n = sizeof v;
    return zmq_getsockopt(s, ZMQ_RCVMORE, &v, &n) == 0 && v;
}

/* recv NAME [SIZE] [dontwait] [>NAME] */
static void receive(char *result, char **words, int n) {
    void *s = find(words[1])->handle;
    size_t room = MOST, got;
    thing *keep = NULL;
    for (int i = 2; i < n; i++) {
        if (*words[i] == '>')
            keep = find(words[i] + 1);
        else if (*words[i] >= '0' && *words[i] <= '9')
            room = (size_t)atol(words[i]);
    }
    unsigned char *buf = malloc(room + 1);
    int rc = outcome(result, zmq_recv(s, buf, room, flags(words, n)));
    if (rc != -1) {
        got = (size_t)rc < room ? (size_t)rc : room;
        put(result, " ");
        if (keep) {
            keep->data = buf;
            keep->size = got;
            put(result, "$%s", keep->name);
        } else
            show(result, buf, got);
        if (more(s))
            put(result, " more");
    }
    if (!keep)
        free(buf);
}

/* A whole message: its parts, or how many there are. */
static int receive_all(char *result, void *s, int flag) {
    int n = 0;
    do {
        zmq_msg_t m;
        zmq_msg_init(&m);
        if (zmq_recvmsg(s, &m, flag) == -1) {
            int e = errno;
            zmq_msg_close(&m);
            errno = e;
            return -1;
        }
        if (result) {
            put(result, n ? " " : "");
            show(result, zmq_msg_data(&m), zmq_msg_size(&m));
        }
        zmq_msg_close(&m);
        n++;
    } while (more(s));
    return n;
}

static int same(const unsigned char *p, size_t n, const char *word) { return n == strlen(word) && !memcmp(p, word, n); }

/* sync FROM TO PROBE: publishes until it arrives, and takes out what it published. */
static void synchronise(char *result, char **words) {
    void *from = find(words[1])->handle, *to = find(words[2])->handle;
    unsigned char buf[64];
    char end[64];
    int patience = 10, got;
    snprintf(end, sizeof end, "%sEnd", words[3]);
    zmq_setsockopt(to, ZMQ_RCVTIMEO, &patience, sizeof patience);
    do {
        zmq_send(from, words[3], strlen(words[3]), ZMQ_DONTWAIT);
        got = zmq_recv(to, buf, sizeof buf, 0);
    } while (got == -1);
    patience = -1;
    zmq_setsockopt(to, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_send(from, end, strlen(end), 0);
    for (; !same(buf, (size_t)got, end); got = zmq_recv(to, buf, sizeof buf, 0))
        if (!same(buf, (size_t)got, words[3])) {
            put(result, "among probes: ");
            show(result, buf, (size_t)got);
            return;
        }
    put(result, "ok");
}

static void set_option(char *result, char **words) {
    void *s = find(words[1])->handle;
    int option = number(words[2]), i = (int)strtoll(words[4], NULL, 0);
    int64_t l = strtoll(words[4], NULL, 0);
    if (!strcmp(words[3], "int"))
        outcome(result, zmq_setsockopt(s, option, &i, sizeof i));
    else if (!strcmp(words[3], "int64"))
        outcome(result, zmq_setsockopt(s, option, &l, sizeof l));
    else {
        size_t n;
        unsigned char *p = bytes(words[4], &n);
        outcome(result, zmq_setsockopt(s, option, p, n));
        free(p);
    }
}

static void get_option(char *result, char **words) {
    void *s = find(words[1])->handle;
    int option = number(words[2]), i;
    int64_t l;
    unsigned char buf[256];
    size_t n = !strcmp(words[3], "int") ? sizeof i : !strcmp(words[3], "int64") ? sizeof l : sizeof buf;
    void *at = n == sizeof i ? (void *)&i : n == sizeof l ? (void *)&l : buf;
    if (zmq_getsockopt(s, option, at, &n) == -1)
        outcome(result, -1);
    else if (option == ZMQ_FD)
        put(result, i >= 0 ? "fd" : "no fd");
    else if (at == &i)
        put(result, "%d", i);
    else if (at == &l)
        put(result, "%" PRId64, l);
    else
        show(result, buf, n);
}

static void until(char *result, char **words) {
    int v = -1;
    size_t n = sizeof v;
    while (v != atoi(words[3])) {
        usleep(1000);
        zmq_getsockopt(find(words[1])->handle, number(words[2]), &v, &n);
    }
    put(result, "ok");
}

/* poll MILLISECONDS NAME:EVENTS... */
static void poll_items(char *result, char **words, int n) {
    zmq_pollitem_t items[WORDS];
    const char *names[WORDS];
    int count = 0, rc;
    for (int i = 2; i < n; i++, count++) {
        char *colon = strchr(words[i], ':');
        *colon = 0;
        names[count] = words[i];
        items[count] = (zmq_pollitem_t){find(words[i])->handle, 0, 0, 0};
        if (strstr(colon + 1, "in"))
            items[count].events |= ZMQ_POLLIN;
        if (strstr(colon + 1, "out"))
            items[count].events |= ZMQ_POLLOUT;
    }
    rc = outcome(result, zmq_poll(items, count, atol(words[1])));
    for (int i = 0; rc > 0 && i < count; i++)
        if (items[i].revents)
            put(result, " %s:%s%s", names[i], items[i].revents & ZMQ_POLLIN ? "in" : "", items[i].revents & ZMQ_POLLOUT ? "out" : "");
}

static int message(char *result, char **words, int n) {
    const char *op = words[0];
    thing *m = find(words[1]);
    if (!strcmp(op, "msginit"))
        outcome(result, n > 2 ? zmq_msg_init_size(&m->msg, strtoull(words[2], NULL, 10)) : zmq_msg_init(&m->msg));
    else if (!strcmp(op, "msgdata")) {
        size_t size;
        unsigned char *p = bytes(words[2], &size);
        outcome(result, zmq_msg_init_size(&m->msg, size));
        memcpy(zmq_msg_data(&m->msg), p, size);
        free(p);
    } else if (!strcmp(op, "msgclose"))
        outcome(result, zmq_msg_close(&m->msg));
    else if (!strcmp(op, "msgcopy"))
        outcome(result, zmq_msg_copy(&m->msg, &find(words[2])->msg));
    else if (!strcmp(op, "msgmove"))
        outcome(result, zmq_msg_move(&m->msg, &find(words[2])->msg));
    else if (!strcmp(op, "msgshow")) {
        show(result, zmq_msg_data(&m->msg), zmq_msg_size(&m->msg));
        put(result, zmq_msg_more(&m->msg) ? " more" : "");
    } else if (!strcmp(op, "sendmsg"))
        outcome(result, zmq_sendmsg(find(words[1])->handle, &find(words[2])->msg, flags(words, n)));
    else if (!strcmp(op, "recvmsg"))
        outcome(result, zmq_recvmsg(find(words[1])->handle, &find(words[2])->msg, flags(words, n)));
    else
        return 0;
    return 1;
}

static void attach(char *result, char **words, int (*f)(void *, const char *)) {
    thing *t = find(words[1]);
    const char *endpoint = *words[2] == '@' ? find(words[2] + 1)->endpoint : words[2];
    size_t n = sizeof t->endpoint;
    if (outcome(result, f(t->handle, endpoint)) == 0 && (f == zmq_bind || f == zmq_connect))
        zmq_getsockopt(t->handle, ZMQ_LAST_ENDPOINT, t->endpoint, &n);
}

static void create(char *result, void *handle, thing *t) {
    t->handle = handle;
    if (handle)
        put(result, "ok");
    else
        outcome(result, -1);
}

static void endpoints(char *result, char **words) {
    if (!strcmp(words[0], "bind"))
        attach(result, words, zmq_bind);
    else if (!strcmp(words[0], "connect"))
        attach(result, words, zmq_connect);
    else if (!strcmp(words[0], "unbind"))
        attach(result, words, zmq_unbind);
    else if (!strcmp(words[0], "disconnect"))
        attach(result, words, zmq_disconnect);
    else /* rebind: the name is given back by another thread */
        for (*result = 0; strcmp(result, "0"); usleep(1000)) {
            *result = 0;
            attach(result, words, zmq_bind);
        }
}

static void file(char *result, char **words) {
    struct stat st;
    if (!strcmp(words[0], "mkdir"))
        put(result, mkdir(words[1], 0700) ? "failed" : "ok");
    else if (!strcmp(words[0], "mkfile"))
        put(result, close(creat(words[1], 0600)) ? "failed" : "ok");
    else
        put(result, stat(words[1], &st) ? "no" : S_ISSOCK(st.st_mode) ? "socket" : S_ISDIR(st.st_mode) ? "directory" : "file");
}

static void count(char *result, char **words) {
    void *s = find(words[1])->handle;
    int n = 0;
    if (!strcmp(words[0], "fill")) {
        while (n < atoi(words[3]) && send_word(s, words[2], ZMQ_DONTWAIT) != -1)
            n++;
        put(result, "%d", n);
        return;
    }
    while (receive_all(NULL, s, ZMQ_DONTWAIT) != -1)
        n++;
    put(result, "%d", n);
}

static void device(char *result, char **words, int n) {
    void *f = find(words[2])->handle, *b = find(words[3])->handle;
    outcome(result, zmq_proxy(f, b, n > 4 ? find(words[4])->handle : NULL));
}

static void perform(char *result, char **words, int n);

static void *run(void *arg) {
    thing *t = arg;
    perform(t->result, t->words, t->n);
    __atomic_store_n(&t->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static void on_signal(int s) { (void)s; }

static void threads(char *result, char **words, int n) {
    thing *t = find(words[1]);
    if (!strcmp(words[0], "go")) {
        t->done = 0;
        t->result[0] = 0;
        t->n = n - 2;
        for (int i = 2; i < n; i++)
            t->words[i - 2] = strdup(words[i]);
        pthread_create(&t->thread, NULL, run, t);
        put(result, "started");
    } else if (!strcmp(words[0], "join")) {
        pthread_join(t->thread, NULL);
        put(result, "%s", t->result);
    } else { /* kick: signals until it returns */
        while (!__atomic_load_n(&t->done, __ATOMIC_ACQUIRE)) {
            pthread_kill(t->thread, SIGUSR1);
            usleep(1000);
        }
        put(result, "kicked");
    }
}

static void perform(char *result, char **words, int n) {
    const char *op = words[0];
    thing *t = n > 1 ? find(words[1]) : NULL;
    if (!strcmp(op, "ctx")) {
        create(result, zmq_init(n > 2 ? atoi(words[2]) : 1), t);
        if (n > 3)
            zmq_ctx_set(t->handle, ZMQ_MAX_SOCKETS, atoi(words[3]));
    } else if (!strcmp(op, "term")) {
        if (outcome(result, zmq_term(t->handle)) == 0)
            t->handle = NULL;
    } else if (!strcmp(op, "shutdown"))
        outcome(result, zmq_ctx_shutdown(t->handle));
    else if (!strcmp(op, "socket"))
        create(result, zmq_socket(find(words[2])->handle, number(words[3])), t);
    else if (!strcmp(op, "close")) {
        if (outcome(result, zmq_close(t->handle)) == 0)
            t->handle = NULL;
    } else if (strstr("bind connect unbind disconnect rebind", op))
        endpoints(result, words);
    else if (!strcmp(op, "send"))
        outcome(result, send_word(t->handle, words[2], flags(words + 2, n - 2)));
    else if (!strcmp(op, "sendall")) {
        int rc = 0;
        for (int i = 2; rc != -1 && i < n; i++)
            rc = send_word(t->handle, words[i], i < n - 1 ? ZMQ_SNDMORE : 0);
        outcome(result, rc == -1 ? -1 : 0);
    } else if (!strcmp(op, "recv"))
        receive(result, words, n);
    else if (!strcmp(op, "recvall")) {
        if (receive_all(result, t->handle, 0) == -1)
            outcome(result, -1);
    } else if (!strcmp(op, "fill") || !strcmp(op, "count"))
        count(result, words);
    else if (!strcmp(op, "sync"))
        synchronise(result, words);
    else if (!strcmp(op, "set") || !strcmp(op, "rawset"))
        set_option(result, words);
    else if (!strcmp(op, "get") || !strcmp(op, "rawget"))
        get_option(result, words);
    else if (!strcmp(op, "until"))
        until(result, words);
    else if (!strcmp(op, "poll"))
        poll_items(result, words, n);
    else if (!strcmp(op, "go") || !strcmp(op, "join") || !strcmp(op, "kick"))
        threads(result, words, n);
    else if (!strcmp(op, "device"))
        device(result, words, n);
    else if (!strcmp(op, "mkdir") || !strcmp(op, "mkfile") || !strcmp(op, "stat"))
        file(result, words);
    else if (!strcmp(op, "strerror"))
        put(result, "%s", zmq_strerror(atoi(words[1])));
    else if (!message(result, words, n))
        put(result, "no such word");
}

int main(void) {
    static char line[4096];
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    while (fgets(line, sizeof line, stdin)) {
        char *words[WORDS], *rest, result[RESULT] = "";
        int n = 0;
        for (char *w = strtok_r(line, " \n", &rest); w && n < WORDS; w = strtok_r(NULL, " \n", &rest))
            words[n++] = w;
        if (!n)
            continue;
        perform(result, words, n);
        puts(result);
        fflush(stdout);
    }
    return 0;
}
