// raise(3) with a handler, in a loop: frames built and sigreturn(2).
#include <signal.h>

#include "bench/programs/workload.h"

static volatile sig_atomic_t caught;

static void catch_signal(int number) {
    caught += number == SIGUSR1;
}

int main(int argc, char **argv) {
    const struct sigaction action = {.sa_handler = catch_signal};
    sigaction(SIGUSR1, &action, NULL);
    for (long n = scaled(argc, argv, 200000); n > 0; --n) raise(SIGUSR1);
    return print_checksum((uint64_t)caught);
}
