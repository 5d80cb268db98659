// A stack of 512 KB: deep recursion ends by SIGSEGV where it does natively, give or take nothing that can be seen.
// under: ulimit -s 512; ulimit -c 0
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int descend(int depth) {
    volatile char room[1000];
    memset((char*)room, depth, sizeof room);
    return depth == 0 ? room[5] : descend(depth - 1) + room[7];
}

int main(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    printf("%ld\n", (long)limit.rlim_cur);
    printf("%d\n", descend(300));
    fflush(stdout);
    return descend(1000);
}
