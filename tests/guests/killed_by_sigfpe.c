// Ends by SIGFPE: buffered output is lost, written output stays, the parent sees the same wait status.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char** argv) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    (void)!write(1, "written\n", 8);
    printf("buffered");
    printf("%d", argc / (argc - 1));
    return 0;
}
