// A program of another C library: musl starts, allocates and prints in its own way.
// compiler: musl-gcc
// flags: -O2 -static
// flags: -O2
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void* work(void* argument) { return (char*)argument + 1; }

int main(int argc, char** argv) {
    pthread_t thread;
    void* result;
    pthread_create(&thread, NULL, work, (void*)41);
    pthread_join(thread, &result);
    char* text = strdup("a string of musl");
    printf("%s %ld %.10f %d\n", text, (long)result, exp(1.5), argc);
    free(text);
    return 0;
}
