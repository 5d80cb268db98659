// A program linked at 0x10000, where a translator's own image often lies.
// flags: -O1 -static -no-pie -Wl,-Ttext-segment=0x10000
// flags: -O1 -no-pie -Wl,-Ttext-segment=0x10000
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
