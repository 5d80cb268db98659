// Pointers that point nowhere: every call must say EFAULT as the kernel does, and the program must go on.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int file, pipe_ends[2], pair[2];
static long bad[6];

static void check(const char* what, long result) {
    printf(" %s %ld%s%s\n", what, result, result < 0 ? " " : "", result < 0 ? strerrorname_np(errno) : "");
}

#define TRY(name, ...) check(#name, syscall(SYS_##name, __VA_ARGS__))

static void all(long p) {
    TRY(open, p, O_RDONLY);
    TRY(openat, AT_FDCWD, p, O_RDONLY);
    TRY(openat2, AT_FDCWD, "file", p, 24);
    TRY(stat, p, p);
    TRY(stat, "file", p);
    TRY(newfstatat, AT_FDCWD, "file", p, 0);
    TRY(statx, AT_FDCWD, "file", 0, 0xfff, p);
    TRY(readlink, "link", p, 100);
    TRY(access, p, 0);
    TRY(read, file, p, 10);
    TRY(pread64, file, p, 10, 0);
    TRY(write, pipe_ends[1], p, 10);
    TRY(readv, file, p, 1);
    TRY(writev, pipe_ends[1], p, 1);
    TRY(getcwd, p, 4096);
    TRY(pipe, p);
    TRY(poll, p, 1, 0);
    TRY(select, 5, p, 0L, 0L, 0L);
    TRY(ppoll, p, 1, 0L, 0L, 8);
    TRY(nanosleep, p, 0L);
    TRY(clock_gettime, 1, p);
    TRY(gettimeofday, p, 0L);
    TRY(time, p);
    TRY(uname, p);
    TRY(sysinfo, p);
    TRY(getrusage, 0, p);
    TRY(times, p);
    TRY(getrlimit, 7, p);
    TRY(prlimit64, 0, 3, p, 0L);
    TRY(prlimit64, 0, 3, 0L, p);
    TRY(getrandom, p, 16, 0);
    TRY(socketpair, AF_UNIX, SOCK_STREAM, 0, p);
    TRY(bind, pair[0], p, 16);
    TRY(sendto, pair[0], p, 10, 0, 0L, 0);
    TRY(recvfrom, pair[0], p, 10, MSG_DONTWAIT, 0L, 0L);
    TRY(sendmsg, pair[0], p, 0);
    TRY(getsockname, pair[0], p, p);
    TRY(setsockopt, pair[0], SOL_SOCKET, SO_RCVBUF, p, 4);
    TRY(rt_sigaction, 10, p, 0L, 8);
    TRY(rt_sigaction, 10, 0L, p, 8);
    TRY(rt_sigprocmask, 0, p, 0L, 8);
    TRY(rt_sigprocmask, 0, 0L, p, 8);
    TRY(rt_sigpending, p, 8);
    TRY(rt_sigtimedwait, p, 0L, 0L, 8);
    TRY(sigaltstack, p, 0L);
    TRY(sigaltstack, 0L, p);
    TRY(signalfd4, -1, p, 8, 0);
    TRY(epoll_pwait, -1, p, 1, 0, 0L, 8);
    TRY(execve, p, 0L, 0L);
    TRY(execve, "/bin/true", p, 0L);
    TRY(wait4, -1, p, 0, 0L);
    TRY(waitid, 0, 0, p, 4, 0L);
    TRY(futex, p, 0, 0, 0L, 0L, 0);
    TRY(clone3, p, 88);
    TRY(mkdir, p, 0700);
    TRY(unlink, p);
    TRY(rename, "file", p);
    TRY(symlink, p, "x");
    TRY(chdir, p);
    TRY(getdents64, file, p, 100);
    TRY(utimensat, AT_FDCWD, "file", p, 0);
    TRY(getxattr, "file", p, 0L, 0);
    TRY(memfd_create, p, 0);
    TRY(prctl, 15, p);
    TRY(prctl, 16, p);
    TRY(sched_getaffinity, 0, 128, p);
    TRY(sched_setaffinity, 0, 128, p);
    TRY(timer_create, 1, 0L, p);
    TRY(timerfd_gettime, file, p);
    TRY(arch_prctl, 0x1003, p);
    TRY(set_robust_list, p, 24);
    TRY(get_robust_list, 0, p, p);
    TRY(mq_open, p, 0, 0, 0L);
    TRY(capget, p, p);
    TRY(getgroups, 10, p);
    TRY(getresuid, p, p, p);
    TRY(mincore, &bad, 4096, p);
}

int main(void) {
    file = open("file", O_RDWR | O_CREAT, 0600);
    symlink("file", "link");
    write(file, "0123456789abcdef", 16);
    lseek(file, 0, SEEK_SET);
    pipe(pipe_ends);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    char* closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct {
        const char* name;
        long value;
    } pointers[] = {{"eight", 8}, {"no rights", (long)closed}, {"kernel", -4096}, {"not canonical", 1L << 62}};
    for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; ++i) {
        printf("%s\n", pointers[i].name);
        all(pointers[i].value);
    }
    // Half of it there.
    char* memory = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + 4096, 4096, PROT_NONE);
    lseek(file, 0, SEEK_SET);
    puts("half");
    TRY(read, file, memory + 4096 - 4, 16);
    TRY(write, pipe_ends[1], memory + 4096 - 4, 16);
    TRY(open, memset(memory + 4096 - 4, 'x', 4), O_RDONLY);
    TRY(clock_gettime, 1, memory + 4096 - 8);
    TRY(uname, memory + 4096 - 8);
    mprotect(memory, 4096, PROT_READ);
    puts("read only");
    write(pipe_ends[1], "abcd", 4);
    TRY(read, pipe_ends[0], memory, 4);
    TRY(pread64, file, memory, 4, 0);
    TRY(clock_gettime, 1, memory);
    TRY(pipe, memory);
    return 0;
}
