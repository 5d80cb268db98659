// The guest sees the limit that it was given, not the one that lxr needs for itself.
// under: ulimit -s unlimited
#include <alloca.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

int main(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    printf("%d %d\n", limit.rlim_cur == RLIM_INFINITY, limit.rlim_max == RLIM_INFINITY);
    char* deep = alloca(16 << 20);
    memset(deep, 1, 16 << 20);
    printf("%d\n", deep[12345]);
    return 0;
}
