// mmap, mprotect, munmap, mremap, brk, madvise: what is granted, what is refused, and what the pages hold afterwards.
// flags: -O1 -static
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { page = 4096 };
static sigjmp_buf escape;
static void leave(int signal) { siglongjmp(escape, signal); }
static int can_read(volatile char* at) { return sigsetjmp(escape, 1) == 0 ? ((void)*at, 1) : 0; }
static int can_write(volatile char* at) { return sigsetjmp(escape, 1) == 0 ? (*at = 1, 1) : 0; }
static void show(const char* what, void* result) {
    if (result == MAP_FAILED) {
        printf("%s: %s\n", what, strerror(errno));
    } else {
        printf("%s: granted\n", what);
    }
}

int main(void) {
    signal(SIGSEGV, leave);
    signal(SIGBUS, leave);
    char* area = mmap(NULL, 8 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show("anonymous", area);
    memset(area, 5, 8 * page);
    mprotect(area + page, page, PROT_READ);
    mprotect(area + 2 * page, page, PROT_NONE);
    munmap(area + 3 * page, page);
    for (int i = 0; i < 5; ++i) printf("page %d: read %d write %d\n", i, can_read(area + i * page), can_write(area + i * page));
    show("no replace", mmap(area, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    show("no replace in the hole", mmap(area + 3 * page, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    show("fixed", mmap(area, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    printf("fresh: %d\n", area[0]);
    show("no size", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    show("bad descriptor", mmap(NULL, page, PROT_READ, MAP_PRIVATE, 99, 0));
    show("bad offset", mmap(NULL, page, PROT_READ, MAP_PRIVATE, 0, 100));
    show("unaligned fixed", mmap(area + 1, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    show("too big", mmap(NULL, 1UL << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    char* low = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    printf("32 bit: %d\n", (unsigned long)low < 1UL << 31);
    munmap(low, page);  // it may lie in the way of brk, which begins anywhere in the first gigabyte above the program
    char* hinted = mmap((void*)0x123450000, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("hint: %p\n", (void*)hinted);
    printf("mprotect of nothing: %d\n", mprotect((void*)0x200000000, page, PROT_READ) == -1 ? errno : 0);
    printf("munmap unaligned: %d\n", munmap(area + 1, page) == -1 ? errno : 0);

    char* small = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(small + page, "moved along");
    char* grown = mremap(small, 2 * page, 600 * page, MREMAP_MAYMOVE);
    printf("mremap: %s %d\n", grown + page, grown[599 * page]);
    grown = mremap(grown, 600 * page, page, 0);
    printf("shrunk: %d %d\n", can_read(grown), can_read(grown + page));

    int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    (void)!write(file, "content of the file", 19);
    char* shared = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char* private = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    memcpy(shared, "CONTENT", 7);
    memcpy(private + 8, "xx", 2);
    char text[20] = {0};
    (void)!pread(file, text, 19, 0);
    printf("%s | %.19s | beyond the end: %d\n", text, private, can_read(shared + page));
    printf("madvise: %d\n", madvise(private, page, MADV_DONTNEED));
    printf("%.19s\n", private);

    char* start = sbrk(0);
    printf("brk: %d", sbrk(64 << 20) == start);
    memset(start, 3, 64 << 20);
    printf(" %d", start[(64 << 20) - 1]);
    printf(" %d %d\n", sbrk(-(32 << 20)) != (void*)-1, can_read(start + (40 << 20)));
    unsigned char resident[2];
    printf("mincore: %d\n", mincore(area, page, resident));
    struct rlimit limit = {200 << 20, 200 << 20};
    setrlimit(RLIMIT_AS, &limit);
    show("beyond the limit", mmap(NULL, 300 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    return 0;
}
