// The C library's string functions, which choose vector code by CPUID: all alignments, all short lengths.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static unsigned long digest = 5381;
static void note(long value) { digest = digest * 33 + (unsigned long)value; }

static void exercise(char* a, char* b, size_t offset, size_t length) {
    memset(a, 'x', 512);
    for (size_t i = 0; i < length; ++i) a[offset + i] = (char)('a' + (i * 7 + offset) % 25);
    a[offset + length] = 0;
    note((long)strlen(a + offset));
    strcpy(b + 3, a + offset);
    note(strcmp(a + offset, b + 3));
    note(memcmp(a + offset, b + 3, length + 1));
    memmove(b + 5, b + 3, length);
    note(b[5 + length / 2]);
    memcpy(b + 200, a + offset, length);
    note(strncmp(a + offset, b + 4, length) < 0);
    char* found = memchr(a + offset, 'm', length);
    note(found ? found - a : -1);
    found = strchr(a + offset, 'z');
    note(found ? found - a : -1);
    found = strrchr(a + offset, 'c');
    note(found ? found - a : -1);
    found = strstr(a + offset, "ho");
    note(found ? found - a : -1);
    note((long)strspn(a + offset, "abcdefgh"));
    note((long)strcspn(a + offset, "vwxy"));
    note((long)strnlen(a + offset, 9));
    note(strcasecmp(a + offset, b + 3) == 0);
}

int main(void) {
    char* a = malloc(1024);
    char* b = malloc(1024);
    memset(b, 0, 1024);
    for (size_t offset = 0; offset < 33; ++offset) {
        for (size_t length = 0; length < 140; ++length) exercise(a, b, offset, length);
        printf("%zu %016lx\n", offset, digest);
    }
    wchar_t wide[50];
    wmemset(wide, L'w', 50);
    wide[33] = 0;
    printf("%zu %d\n", wcslen(wide), wcscmp(wide, L"www") > 0);
    char* big = malloc(3 << 20);
    memset(big, 7, 3 << 20);
    memmove(big + 1, big, (3 << 20) - 1);
    memcpy(big + (2 << 20), big, 1 << 20);
    printf("%d %d\n", big[(3 << 20) - 1], big[1]);
    return 0;
}
