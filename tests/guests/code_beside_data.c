// The kernel writes to pages that also hold code which has been run: code, and data beside it.
// flags: -O1 -static
// flags: -O1
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef int (*Function)(int);

enum { room = 3 * 4096, data = 1024 };
static unsigned char* page;
static unsigned rounds;

// lea eax, [rdi + value]; ret
static void write_adder(unsigned char* code, int value) {
    code[0] = 0x8d, code[1] = 0x87;
    memcpy(code + 2, &value, 4);
    code[6] = 0xc3;
}

static int call(int argument) {
    return ((Function)(void*)page)(argument);
}

// Code on each of the pages has been run: the next write there is the first one since.
static int warm(void) {
    int sum = 0;
    for (int i = 0; i < 3; ++i) sum += ((Function)(void*)(page + i * 4096))((int)rounds);
    return sum;
}

#define CHECK(what, condition)                                                                      \
    do {                                                                                            \
        const int before = warm();                                                                  \
        const int good = (condition);                                                               \
        if (!good || before != 3 * (int)rounds + 60) printf("%s failed, round %u\n", what, rounds); \
    } while (0)

static int pair[2];

static int refilled(const void* bytes, size_t size) {
    return write(pair[1], bytes, size) == (ssize_t)size;
}

static void code_is_written(void) {
    unsigned char adder[3][7];
    for (int i = 0; i < 3; ++i) write_adder(adder[i], 10 * (i + 1) + 100);
    const struct iovec parts[2] = {{page, 7}, {page + 4096, 7}};
    CHECK("read", refilled(adder[0], 7) && read(pair[0], page, 7) == 7 && call(1) == 111);
    write_adder(page, 10);
    CHECK("readv", refilled(adder, 14) && readv(pair[0], parts, 2) == 14 && call(1) == 111 &&
                       ((Function)(void*)(page + 4096))(1) == 121);
    write_adder(page, 10), write_adder(page + 4096, 20);
    CHECK("recv", refilled(adder[2], 7) && recv(pair[0], page, 7, 0) == 7 && call(1) == 131);
    write_adder(page, 10);
    const struct msghdr message = {.msg_iov = (struct iovec*)parts, .msg_iovlen = 2};
    CHECK("recvmsg", refilled(adder, 14) && recvmsg(pair[0], (struct msghdr*)&message, 0) == 14 && call(2) == 112 &&
                         ((Function)(void*)(page + 4096))(2) == 122);
    write_adder(page, 10), write_adder(page + 4096, 20);
    const int file = memfd_create("code", 0);
    CHECK("pread", pwrite(file, adder[1], 7, 0) == 7 && pread(file, page, 7, 0) == 7 && call(3) == 123);
    write_adder(page, 10);
    CHECK("preadv", preadv(file, parts, 1, 0) == 7 && call(3) == 123);
    write_adder(page, 10);
    close(file);
}

// A read over three pages is one read, whatever is on them.
static int whole(void) {
    static unsigned char sent[room], kept[room];
    memcpy(kept, page, room);
    memcpy(sent, page, room);
    memset(sent + data, (int)rounds, 7000);
    const int good = refilled(sent, room) && read(pair[0], page, room) == room && memcmp(sent, page, room) == 0;
    memcpy(page, kept, room);
    return good;
}

static int child_status(void) {
    const pid_t child = fork();
    if (child == 0) _exit(7);
    int* status = (int*)(page + data);
    return waitpid(child, status, 0) == child && WIFEXITED(*status) && WEXITSTATUS(*status) == 7;
}

static int datagram(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return 0;
    const int good =
        write(ends[1], "datagram", 8) == 8 && read(ends[0], page + data, 64) == 8 && memcmp(page + data, "datagram", 8) == 0;
    close(ends[0]), close(ends[1]);
    return good;
}

static int new_pipe(void) {
    int* ends = (int*)(page + data);
    if (pipe(ends) != 0) return 0;
    const int good = write(ends[1], "x", 1) == 1;
    return close(ends[0]) == 0 && close(ends[1]) == 0 && good;
}

static int masks(void) {
    sigset_t* before = (sigset_t*)(page + data);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &set, before) == 0 &&
           sigismember(before, SIGUSR1) == 1 && sigismember(before, SIGUSR2) == 0;
}

static int polled(void) {
    struct pollfd* waiting = (struct pollfd*)(page + data);
    waiting->fd = pair[1], waiting->events = POLLOUT, waiting->revents = 0;
    CHECK("before poll", 1);
    return poll(waiting, 1, 0) == 1 && waiting->revents == POLLOUT;
}

static void data_is_written(void) {
    CHECK("whole", whole());
    CHECK("stat", stat("/", (struct stat*)(page + data)) == 0 && S_ISDIR(((struct stat*)(page + data))->st_mode));
    CHECK("uname", uname((struct utsname*)(page + data)) == 0 && strcmp((char*)page + data, "Linux") == 0);
    CHECK("wait", child_status());
    CHECK("datagram", datagram());
    CHECK("pipe", new_pipe());
    CHECK("masks", masks());
    CHECK("poll", polled());
    CHECK("getcwd", getcwd((char*)page + data, 1000) != NULL && page[data] == '/');
    CHECK("limits", getrlimit(RLIMIT_CORE, (struct rlimit*)(page + data)) == 0);
    CHECK("clock", syscall(SYS_clock_gettime, CLOCK_REALTIME, page + data) == 0 && *(long*)(page + data) > 1000000);
    CHECK("clock by libc", clock_gettime(CLOCK_REALTIME, (struct timespec*)(page + data)) == 0);
    CHECK("getrandom", syscall(SYS_getrandom, page + data, 32, 0) == 32);
    CHECK("readlink", readlink("/proc/self/exe", (char*)page + data, 1000) > 0 && page[data] == '/');
    CHECK("sigaction", sigaction(SIGUSR1, NULL, (struct sigaction*)(page + data)) == 0);
    CHECK("bad address", read(-1, page + data, 10) == -1);
}

int main(void) {
    page = mmap(NULL, room, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
    for (int i = 0; i < 3; ++i) write_adder(page + i * 4096, 10 * (i + 1));
    for (rounds = 0; rounds < 40; ++rounds) {
        code_is_written();
        data_is_written();
    }
    printf("%u rounds\n", rounds);
    return 0;
}
