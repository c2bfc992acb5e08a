#include "peer.h"
#include "sandbox.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* accepting files FOLDER: clients come over ipc when the process has no descriptor left.
 * accepting firewall: accept is refused as a firewall refuses it. */
int main(int argc, char **argv) {
    int files = argc > 2 && strcmp(argv[1], "files") == 0;
    if (!files)
        refuse(SYS_accept4, -1, EPERM); /* before there are other threads, which would not be bound by it */
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL), *monitor = zmq_socket(context, ZMQ_PAIR);
    char at[256], b[256];
    int port = 0;
    set(monitor, ZMQ_RCVTIMEO, PATIENCE);
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_ACCEPT_FAILED) == 0);
    MUST(zmq_connect(monitor, "inproc://monitor") == 0);
    if (files) {
        snprintf(at, sizeof at, "ipc://%s/files", argv[2]);
        MUST(zmq_bind(s, at) == 0);
    } else {
        port = bind_tcp(s);
    }
    int pid = fork(); /* the clients' descriptors are another process's */
    MUST(pid != -1);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause_ms(200); /* until the other side is ready to fail */
        for (int i = 0; i < (files ? 100 : 1); i++)
            files ? dial_ipc(at + strlen("ipc://")) : dial_tcp(port);
        pause();
    }
    if (files) {
        struct rlimit few = {40, 40};
        MUST(setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    int told = zmq_recv(monitor, b, sizeof b, 0) >= 0;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    printf("%s\n", told ? "told that a client could not be accepted" : "not told");
    fflush(stdout);
    _exit(told ? 0 : LOST);
}
