// Files in memory: memfd with seals, shared mappings, getrandom, and files that grow under a mapping.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static sigjmp_buf back;
static void on_bus(int signal, siginfo_t* info, void* context) {
    printf("signal %d code %d\n", signal, info->si_code);
    siglongjmp(back, 1);
}

int main(void) {
    int file = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    readlink(path, text, sizeof text - 1);
    puts(text);
    check("grow", ftruncate(file, 3 * 4096));
    char* memory = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    strcpy(memory + 4096, "shared");
    check("pread", pread(file, text, 6, 4096));
    puts(text);
    check("seal", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    check("seal size", fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    check("seals", fcntl(file, F_GET_SEALS));
    check("shrink", ftruncate(file, 10));
    munmap(memory, 3 * 4096);
    check("seal now", fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    check("write", write(file, "x", 1));
    printf("map for writing: %d\n", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED ? errno : 0);
    printf("map a copy: %d\n", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0) == MAP_FAILED);
    check("bad flags", memfd_create("name", 1 << 20));

    int disk = open("file", O_RDWR | O_CREAT, 0600);
    ftruncate(disk, 4096);
    memory = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, disk, 0);
    struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    if (sigsetjmp(back, 1) == 0) memory[4096] = 1;
    check("read into what is not there", pread(disk, memory + 4096, 1, 0));
    ftruncate(disk, 2 * 4096);
    memory[4096] = 'y';
    check("grown", pread(disk, text, 1, 4096));
    printf("%c\n", text[0]);
    if (fork() == 0) {
        memory[0] = 'c';
        _exit(0);
    }
    wait(NULL);
    printf("from the child %c\n", memory[0]);
    check("msync", msync(memory, 2 * 4096, MS_SYNC));
    check("offset not aligned", mmap(NULL, 4096, PROT_READ, MAP_SHARED, disk, 100) == MAP_FAILED ? -1 : 0);
    int reading = open("file", O_RDONLY);
    check("no right to write", mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, reading, 0) == MAP_FAILED ? -1 : 0);
    char* copy = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, reading, 0);
    copy[0] = 'p';
    printf("private %c shared %c\n", copy[0], memory[0]);
    check("mprotect beyond the right", mprotect(mmap(NULL, 4096, PROT_READ, MAP_SHARED, reading, 0), 4096, PROT_WRITE));

    unsigned char random[300] = {0};
    check("getrandom", getrandom(random, sizeof random, 0));
    int bits = 0;
    for (unsigned i = 0; i < sizeof random; ++i) bits |= random[i];
    printf("bits %x\n", bits);
    check("getrandom bad flags", getrandom(random, 1, 99));
    return 0;
}
