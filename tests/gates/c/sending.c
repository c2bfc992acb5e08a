#include "peer.h"
#include "sandbox.h"
#include <signal.h>
#include <sys/wait.h>

/* sending FOLDER: the system's rules let nobody send. A client that comes over ipc is let go again. */
int main(int argc, char **argv) {
    refuse(SYS_sendto, -1, EACCES); /* before there are other threads, which would not be bound by it */
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_PULL), *monitor = zmq_socket(context, ZMQ_PAIR);
    char at[256], b[256];
    set(monitor, ZMQ_RCVTIMEO, PATIENCE);
    MUST(zmq_socket_monitor(s, "inproc://monitor", ZMQ_EVENT_DISCONNECTED) == 0);
    MUST(zmq_connect(monitor, "inproc://monitor") == 0);
    snprintf(at, sizeof at, "ipc://%s/send", argc > 1 ? argv[1] : ".");
    MUST(zmq_bind(s, at) == 0);
    int pid = fork();
    MUST(pid != -1);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dial_ipc(at + strlen("ipc://"));
        pause();
    }
    int told = zmq_recv(monitor, b, sizeof b, 0) >= 0;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    printf("%s\n", told ? "the connection was ended" : "nobody was told");
    fflush(stdout);
    _exit(told ? 0 : LOST);
}
