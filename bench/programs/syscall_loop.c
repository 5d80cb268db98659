// getppid(2) in a loop: the price of entering the kernel.
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/programs/workload.h"

int main(int argc, char **argv) {
    const long count = scaled(argc, argv, 3000000);
    long parent_changes = 0;
    for (long n = count, parent = getppid(); n > 0; --n) parent_changes += syscall(SYS_getppid) != parent;
    return print_checksum((uint64_t)(count + parent_changes));
}
