// The first program: prints, reads its arguments and environment, exits with a code of its own.
// args: one "two words" ''
#include <stdio.h>
#include <stdlib.h>

extern char** environ;

int main(int argc, char** argv) {
    printf("hello, world\n");
    for (int i = 1; i < argc; ++i) printf("argument %d is \"%s\"\n", i, argv[i]);
    for (char** entry = environ; *entry; ++entry) puts(*entry);
    fprintf(stderr, "this goes to stderr\n");
    return 42;
}
