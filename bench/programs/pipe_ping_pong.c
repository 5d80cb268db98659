// One byte to and fro between two processes.
#include <sys/wait.h>
#include <unistd.h>

#include "bench/programs/workload.h"

static int echo(int from, int to) {
    char byte;
    while (read(from, &byte, 1) == 1) {
        ++byte;
        if (write(to, &byte, 1) != 1) return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    int there[2], back[2];
    if (pipe(there) != 0 || pipe(back) != 0) return 1;
    const pid_t child = fork();
    if (child == 0) {
        close(there[1]);
        _exit(echo(there[0], back[1]));
    }
    char byte = 0;
    for (long n = scaled(argc, argv, 60000); n > 0; --n)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return 1;
    close(there[1]);
    int status = 1;
    waitpid(child, &status, 0);
    return print_checksum((uint64_t)byte) | status;
}
