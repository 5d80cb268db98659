// rep movs, stos, scas, cmps, lods in all widths and both directions; across pages, and into a page that is not there.
// flags: -O1 -static
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static sigjmp_buf escape;
static unsigned long rcx, rdi, rsi;
static char* area;
static void leave(int signal, siginfo_t* info, void* context) {
    greg_t* registers = ((ucontext_t*)context)->uc_mcontext.gregs;
    rcx = (unsigned long)registers[REG_RCX];
    rdi = (unsigned long)(registers[REG_RDI] - (long)area);
    rsi = (unsigned long)(registers[REG_RSI] - (long)area);
    siglongjmp(escape, signal + 0 * info->si_code);
}

#define REPEAT(name, instruction)                                                                                     \
    static void name(char* from, char* to, long count, int backwards) {                                               \
        unsigned long flags, value = 0x6162636465666768;                                                              \
        if (backwards) __asm__ volatile("std");                                                                       \
        __asm__ volatile(instruction "; pushfq; popq %3; cld"                                                         \
                         : "+S"(from), "+D"(to), "+c"(count), "=r"(flags), "+a"(value) : : "memory", "cc");           \
        printf(#name " %d: from %ld to %ld left %ld value %lx flags %lx\n", backwards, from - area, to - area, count, value, flags & 0x8d5); \
    }
REPEAT(move_bytes, "rep movsb")
REPEAT(move_words, "rep movsw")
REPEAT(move_doublewords, "rep movsl")
REPEAT(move_quadwords, "rep movsq")
REPEAT(store_bytes, "rep stosb")
REPEAT(store_quadwords, "rep stosq")
REPEAT(scan_bytes, "repne scasb")
REPEAT(scan_words, "repe scasw")
REPEAT(compare_bytes, "repe cmpsb")
REPEAT(compare_quadwords, "repne cmpsq")
REPEAT(load_bytes, "rep lodsb")
REPEAT(load_doublewords, "rep lodsl")

int main(void) {
    area = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 4 * 4096; ++i) area[i] = (char)(i * 7 + i / 256);
    void (*all[])(char*, char*, long, int) = {move_bytes, move_words, move_doublewords, move_quadwords, store_bytes, store_quadwords,
                                              scan_bytes, scan_words, compare_bytes, compare_quadwords, load_bytes, load_doublewords};
    for (unsigned i = 0; i < sizeof all / sizeof *all; ++i) {
        for (int backwards = 0; backwards < 2; ++backwards) {
            all[i](area + 4090, area + 8185, 37, backwards);
            all[i](area + 4099, area + 4096, 20, backwards);  // overlapping
            all[i](area + 100, area + 200, 0, backwards);
        }
    }
    unsigned long digest = 0;
    for (int i = 0; i < 4 * 4096; ++i) digest = digest * 31 + (unsigned char)area[i];
    printf("digest %lx\n", digest);

    struct sigaction action = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    munmap(area + 4 * 4096, 4096);
    if (sigsetjmp(escape, 1) == 0) {
        char *from = area, *to = area + 4 * 4096 - 100;
        long count = 64;
        __asm__ volatile("rep movsq" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    }
    printf("fault after some of it: left %lu, to %lu, from %lu, stored %d\n", rcx, rdi, rsi, memcmp(area, area + 4 * 4096 - 100, 96) == 0);
    return 0;
}
