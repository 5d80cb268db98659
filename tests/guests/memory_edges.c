// Edges of the address space calls: errors, in-place and moved mremap, low memory, growth of stack and heap, shared segments,
// many mappings, files shorter than their mapping, and the codes of the faults.
// flags: -O1
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { page = 4096 };
static sigjmp_buf escape;
static siginfo_t seen;
static void leave(int signal, siginfo_t* info, void* context) {
    (void)context;
    seen = *info;
    siglongjmp(escape, signal);
}

static void touch(const char* what, volatile char* at, int write) {
    if (sigsetjmp(escape, 1) == 0) {
        if (write) *at = 1;
        printf("%s: %d\n", what, write ? 0 : *at);
    } else {
        printf("%s: signal %d code %d at it %d\n", what, seen.si_signo, seen.si_code, seen.si_addr == at);
    }
}

static void call(const char* what, void* at) {
    if (sigsetjmp(escape, 1) == 0) {
        ((void (*)(void))at)();
        printf("%s: returned\n", what);
    } else {
        printf("%s: signal %d code %d at it %d\n", what, seen.si_signo, seen.si_code, seen.si_addr == at);
    }
}

static void* map(size_t size, int protection, int flags, void* at) {
    return mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void show(const char* what, void* result) {
    printf("%s: %s\n", what, result == MAP_FAILED ? strerror(errno) : "granted");
}

static void show_int(const char* what, int result) {
    printf("%s: %s\n", what, result != 0 ? strerror(errno) : "done");
}

static void errors(void) {
    show("size 0", map(0, PROT_READ, 0, NULL));
    show("whole address space", map(~0UL, PROT_READ, 0, NULL));
    show("above 47 bits", map(page, PROT_READ, MAP_FIXED, (void*)0x800000000000));
    show("not aligned", map(page, PROT_READ, MAP_FIXED, (void*)0x100000000001));
    show("no type", mmap(NULL, page, PROT_READ, MAP_ANONYMOUS, -1, 0));
    show("bad descriptor", mmap(NULL, page, PROT_READ, MAP_PRIVATE, 999, 0));
    show("odd offset", mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1));
    show("hint above 47 bits", map(page, PROT_READ, 0, (void*)0x7fff00000000000));
    show_int("munmap unaligned", munmap((void*)1, page));
    show_int("munmap size 0", munmap((void*)page, 0));
    show_int("munmap of nothing", munmap((void*)0x200000000000, page));
    show_int("mprotect unaligned", mprotect((void*)1, page, PROT_READ));
    show_int("mprotect of nothing", mprotect((void*)0x200000000000, page, PROT_READ));
    show_int("mprotect size 0", mprotect((void*)0x200000000000, 0, PROT_READ));
    show("mremap of nothing", mremap((void*)0x200000000000, page, 2 * page, MREMAP_MAYMOVE));
    show("mremap fixed alone", mremap((void*)0x200000000000, page, page, MREMAP_FIXED, (void*)0x300000000000));
    show_int("madvise of nothing", madvise((void*)0x200000000000, page, MADV_DONTNEED));
    show_int("msync of nothing", msync((void*)0x200000000000, page, MS_SYNC));
    show_int("shmdt of nothing", shmdt((void*)0x200000000000));
}

static void moves(void) {
    char* two = map(2 * page, PROT_READ | PROT_WRITE, 0, NULL);
    strcpy(two + page, "second");
    show("grow against a neighbour", mremap(two, page, 3 * page, 0));
    char* moved = mremap(two + page, page, 16 * page, MREMAP_MAYMOVE);
    show("grow and move", moved);
    printf("%s %d\n", moved, moved[16 * page - 1]);
    touch("where it was", two + page, 0);
    char* kept = mremap(moved, page, page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    show("move and keep", kept);
    printf("%s '%s'\n", kept, moved);
    char* target = map(4 * page, PROT_READ, 0, NULL);
    printf("fixed: %d\n", mremap(kept, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, target + page) == target + page);
    printf("%s\n", target + page);
    touch("write below", target, 1);
    touch("write into", target + page, 1);
    show("overlap", mremap(target, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, target + page));
    char* shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(shared, "shared");
    char* twin = mremap(shared, 0, page, MREMAP_MAYMOVE);
    show("duplicate", twin);
    printf("%s\n", twin);
    touch("original still there", shared, 0);
}

static void low_memory(void) {
    char* low = map(page, PROT_READ | PROT_WRITE, MAP_32BIT, NULL);
    printf("below 2 GB: %d\n", (uintptr_t)low < 0x80000000);
    char* hinted = map(page, PROT_READ, 0, (void*)0x123456789000);
    printf("hint taken: %d\n", hinted == (void*)0x123456789000);
    printf("taken hint not taken again: %d\n", map(page, PROT_READ, 0, hinted) != hinted);
}

static __attribute__((noinline)) int deep(int levels) {
    volatile char frame[4000];
    memset((char*)frame, levels, sizeof frame);
    return levels == 0 ? frame[1] : deep(levels - 1) + frame[2] - frame[3];
}

static void growth(void) {
    char* before = sbrk(0);
    printf("heap by 100 MB: %d\n", sbrk(100 << 20) == before);
    touch("its last byte", before + (100 << 20) - 1, 1);
    sbrk(-(100 << 20));
    touch("given back", before + (100 << 20) - 1, 0);
    printf("brk below the start: %d\n", (char*)syscall(SYS_brk, 0x1000) == before);
    printf("stack of 6 MB: %d\n", deep(1500));
    char* growing = map(4 * page, PROT_READ | PROT_WRITE, MAP_GROWSDOWN | MAP_FIXED, (void*)0x300000100000);
    touch("below a growing mapping", growing - 3 * page, 1);
    show_int("protect what has grown", mprotect(growing - 3 * page, page, PROT_READ));
    touch("protected", growing - 3 * page, 1);
    show_int("grows down", mprotect(growing, page, PROT_NONE | PROT_GROWSDOWN));
    show_int("unmap all of it", munmap(growing - 64 * page, 68 * page));
}

static void files(void) {
    int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    if (file < 0) return;
    if (write(file, "\xc3", 1) != 1) return;
    char* longer = mmap(NULL, 3 * page, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    touch("in the first page", longer + 5, 0);
    touch("behind the end", longer + page, 0);
    call("code", longer);
    call("code behind the end", longer + page);
    show("write to a file opened for reading", mmap(NULL, page, PROT_WRITE, MAP_SHARED, open("/proc/self/exe", O_RDONLY), 0));
}

static void code(void) {
    char* at = map(2 * page, PROT_READ | PROT_WRITE, 0, NULL);
    at[0] = at[page] = (char)0xc3;
    call("writable", at);
    mprotect(at, page, PROT_EXEC);
    call("executable", at);
    mprotect(at, page, PROT_NONE);
    call("no access", at);
    munmap(at, page);
    call("unmapped", at);
    call("null", NULL);
    mprotect(at + page, page, PROT_READ | PROT_WRITE | PROT_EXEC);
    call("all rights", at + page);
    madvise(at + page, page, MADV_DONTNEED);
    at[page] = (char)0xc3;
    call("after DONTNEED", at + page);
    struct timeval now = {0};
    ((int (*)(struct timeval*, void*))0xffffffffff600000)(&now, NULL);
    printf("vsyscall: %d\n", now.tv_sec > 1000000000);
    touch("vDSO", (char*)getauxval(AT_SYSINFO_EHDR) + 1, 0);
}

static void many(void) {
    enum { count = 6000 };
    static char* all[count];
    unsigned seed = 1;
    for (int i = 0; i < count; ++i) {
        all[i] = map(page * (1 + i % 3), i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, 0, NULL);
        if (all[i] == MAP_FAILED) printf("mapping %d: %s\n", i, strerror(errno));
    }
    for (int i = 0; i < 20000; ++i) {
        seed = seed * 1103515245 + 12345;
        int victim = (seed >> 8) % count;
        munmap(all[victim], page * (1 + victim % 3));
        all[victim] = map(page * (1 + victim % 3), PROT_READ, 0, NULL);
    }
    int unmapped = 0;
    for (int i = 0; i < count; ++i) unmapped += munmap(all[i], page * (1 + i % 3)) == 0;
    printf("many: %d\n", unmapped);
}

static void segments(void) {
    int id = shmget(IPC_PRIVATE, 3 * page, IPC_CREAT | 0600);
    char* first = shmat(id, NULL, 0);
    char* second = shmat(id, NULL, SHM_RDONLY);
    shmctl(id, IPC_RMID, NULL);
    strcpy(first, "segment");
    printf("%s\n", second);
    touch("read-only", second, 1);
    show("over a mapping", shmat(id, first, 0));
    show_int("detach", shmdt(first));
    show_int("detach again", shmdt(first));
    touch("detached", first, 0);
    touch("the other", second, 0);
}

static void limits(void) {
    struct rlimit limit = {400 << 20, 400 << 20};
    setrlimit(RLIMIT_AS, &limit);
    show("300 MB of 400", map(300 << 20, PROT_READ, 0, NULL));
    show("300 MB more", map(300 << 20, PROT_READ, 0, NULL));
}

int main(void) {
    struct sigaction action = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    errors();
    moves();
    low_memory();
    growth();
    files();
    code();
    many();
    segments();
    limits();
    return 0;
}
