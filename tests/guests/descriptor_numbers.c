// flags: -O1 -static
// flags: -O1
// The lowest free descriptor is always the guest's to get, whatever lxr opens meanwhile for itself.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    const int first = open("/dev/null", O_RDONLY);
    int others = 0;
    unsigned sum = 0;
    for (int round = 0; round < 20000; ++round) {
        const int next = open("/dev/null", O_RDONLY);
        others += next != first + 1;
        close(next);
        for (int i = 0; i < 100; ++i) sum = sum * 31 + i;
    }
    printf("%d others, %u\n", others, sum);
    return 0;
}
