# glibc's string functions in each of their versions: as the processor is, without AVX2 and its kin, without what came after SSE2.
cat >strings.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
static unsigned seed = 7;
static unsigned next(void) { return seed = seed * 1103515245 + 12345; }
static unsigned long sum;
static void add(unsigned long value) { sum = (sum ^ value) * 1099511628211u; }
int main(void) {
    static char a[9000], b[9000];
    static wchar_t w[600];
    for (int i = 0; i < 4000; ++i) {
        size_t at = next() % 97, other = next() % 89, length = i % 4 == 0 ? next() % 8000 : next() % 160;
        memset(a + at, 'a' + i % 20, length);
        a[at + length] = 0;
        if (length > 3) a[at + next() % length] = 'Z';
        memcpy(b + other, a + at, length + 1);
        memmove(b + other + 1, b + other, length);
        b[other + length + 1] = 0;
        add(strlen(a + at)); add(strnlen(b + other, 77)); add(strcmp(a + at, b + other + 1) != 0);
        add((unsigned long)(memchr(a + at, 'Z', length) ? (char*)memchr(a + at, 'Z', length) - a : 0));
        add((unsigned long)(strchr(a + at, 'Z') ? strchr(a + at, 'Z') - a : 0));
        add((unsigned long)(strrchr(b + other, 'b') ? strrchr(b + other, 'b') - b : 0));
        add((unsigned long)(memrchr(a + at, 'Z', length) ? 1 : 0)); add(memcmp(a + at, b + other, length) < 0);
        add(strncmp(a + at, b + other, 50) < 0); add(strspn(a + at, "abcdefgh")); add(strcspn(a + at, "XYZ"));
        add(strcasecmp(a + at, b + other) < 0); add((unsigned long)(strstr(b + other, "Zb") != 0));
        add((unsigned long)(stpcpy(b + other, a + at) - b)); add((unsigned long)((char*)rawmemchr(a + at, 0) - a));
        size_t wide = length % 500;
        wmemset(w, L'q', wide); w[wide] = 0;
        add(wcslen(w)); add(wcsnlen(w, 99)); add((unsigned long)(wcschr(w, L'r') != 0)); add(wmemcmp(w, w + 1, wide / 2) == 0);
    }
    printf("%016lx\n", sum);
    return 0;
}
END
gcc -O1 -D_GNU_SOURCE -fno-builtin strings.c -o strings
for without in '' -AVX2_Usable,-AVX_Usable,-AVX2,-AVX,-ERMS -AVX2,-BMI2,-LZCNT,-MOVBE -AVX2,-SSE4_2,-SSE4_1,-SSSE3,-Fast_Unaligned_Load; do
    GLIBC_TUNABLES=glibc.cpu.hwcaps=$without ./strings
done
GLIBC_TUNABLES=glibc.cpu.x86_non_temporal_threshold=16448:glibc.cpu.x86_rep_movsb_threshold=2048 ./strings
