// A program linked at 0x555555554000, where a translator's own image often lies.
// compiler: clang-19 -fuse-ld=lld-19
// flags: -O1 -pie -fPIE -Wl,-no-pie -Wl,--image-base=0x555555554000
#include <stdio.h>
#include <stdlib.h>

static int initialised = 5, zeroed[100000];

int main(void) {
    printf("%p\n", (void*)&initialised);
    for (int i = 0; i < 100000; ++i) zeroed[i] = i;
    void* heap = malloc(1000000);
    printf("%d %d\n", zeroed[99999], heap != NULL);
    free(heap);
    return initialised;
}
