// flags: -O1 -static
// flags: -O1
// The functions of the vDSO, through the C library and by themselves: results, null and bad pointers, clocks that do not exist.
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static sigjmp_buf back;
static void *fault_address;

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

// The address of a function of the vDSO by its name.
static void *find(const char *name) {
    const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(image + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    const char *base = image;
    for (int i = 0; i < header->e_phnum; ++i) {
        if (segments[i].p_type == PT_LOAD) base = image - segments[i].p_vaddr + segments[i].p_offset;
        if (segments[i].p_type == PT_DYNAMIC) dynamic = (const Elf64_Dyn *)(image + segments[i].p_offset);
    }
    const Elf64_Sym *symbols = NULL;
    const char *names = NULL;
    const Elf64_Word *hash = NULL;
    for (; dynamic->d_tag != DT_NULL; ++dynamic) {
        if (dynamic->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym *)(base + dynamic->d_un.d_ptr);
        if (dynamic->d_tag == DT_STRTAB) names = base + dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_HASH) hash = (const Elf64_Word *)(base + dynamic->d_un.d_ptr);
    }
    for (Elf64_Word i = 0; i < hash[1]; ++i) {
        if (symbols[i].st_shndx != SHN_UNDEF && strcmp(names + symbols[i].st_name, name) == 0) {
            return (void *)(uintptr_t)(base + symbols[i].st_value);
        }
    }
    return NULL;
}

#define TRY(call)                                                                     \
    do {                                                                              \
        errno = 0;                                                                    \
        if (sigsetjmp(back, 1) == 0) printf("%s: %ld %d\n", #call, (long)(call), errno); \
        else printf("%s: fault at %p\n", #call, fault_address);                       \
    } while (0)

int main(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    int (*get_time)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
    int (*get_resolution)(clockid_t, struct timespec *) = find("clock_getres");
    int (*get_time_of_day)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    time_t (*get_seconds)(time_t *) = find("__vdso_time");
    int (*get_cpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    struct timespec value = {-1, -1};
    struct timezone zone = {-1, -1};
    struct timeval now;

    for (clockid_t clock = 0; clock < 12; ++clock) {
        struct timespec kernels;
        const int status = get_time(clock, &value);
        const long kernels_status = syscall(SYS_clock_gettime, clock, &kernels);
        printf("clock %d: %d, kernel's %d, close %d\n", clock, status, kernels_status == 0 ? 0 : -errno,
               status != 0 || labs(kernels.tv_sec - value.tv_sec) <= 1);
        const int resolution = get_resolution(clock, &value);
        printf("resolution %d: %ld\n", resolution, resolution == 0 ? value.tv_nsec : 0);
    }
    TRY(get_time(-100, &value));
    TRY(get_time(CLOCK_MONOTONIC, (struct timespec *)16));
    TRY(get_time(CLOCK_REALTIME, NULL));
    TRY(clock_gettime(CLOCK_REALTIME, (struct timespec *)4096));
    TRY(syscall(SYS_clock_gettime, CLOCK_REALTIME, 16));
    TRY(get_resolution(CLOCK_MONOTONIC, NULL));
    TRY(get_resolution(CLOCK_MONOTONIC, (struct timespec *)32));
    TRY(get_time_of_day(NULL, NULL));
    TRY(get_time_of_day(&now, &zone));
    printf("zone %d %d, close %d\n", zone.tz_minuteswest, zone.tz_dsttime, labs(now.tv_sec - get_seconds(NULL)) <= 1);
    TRY(get_time_of_day((struct timeval *)48, NULL));
    TRY(get_time_of_day(NULL, (struct timezone *)64));
    time_t stored = 0;
    const time_t returned = get_seconds(&stored);
    printf("stored %d\n", returned == stored);
    TRY((get_seconds((time_t *)80), 0));
    unsigned cpu = 12345, node = 12345;
    TRY(get_cpu(&cpu, &node, NULL));
    printf("cpu %d node %u\n", cpu < 1024, node);
    TRY(get_cpu(NULL, NULL, NULL));
    TRY(get_cpu((unsigned *)96, NULL, NULL));

    struct timespec last = {0, 0};
    int backwards = 0;
    for (int i = 0; i < 100000; ++i) {
        clock_gettime(CLOCK_MONOTONIC, &value);
        backwards += value.tv_sec < last.tv_sec || (value.tv_sec == last.tv_sec && value.tv_nsec < last.tv_nsec);
        last = value;
    }
    printf("backwards %d\n", backwards);
    return 0;
}
