// lxr itself started with ADDR_NO_RANDOMIZE, which the guest inherits.
// under: set -- setarch -R "$@"
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>

int main(void) {
    printf("%d\n", personality(0xffffffff) & ADDR_NO_RANDOMIZE ? 1 : 0);
    void* memory = malloc(10 << 20);
    printf("%d\n", memory != NULL);
    return 0;
}
