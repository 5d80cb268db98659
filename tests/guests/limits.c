// Resource limits as the process sees and sets them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    fflush(stdout);
}

int main(int argc, char** argv) {
    struct rlimit limit;
    if (argc > 1) {
        getrlimit(RLIMIT_STACK, &limit);
        printf("stack after execve %ld\n", (long)limit.rlim_cur);
        getrlimit(RLIMIT_NOFILE, &limit);
        printf("files after execve %ld\n", (long)limit.rlim_cur);
        return 0;
    }
    for (int i = 0; i < RLIM_NLIMITS; ++i) {
        getrlimit(i, &limit);
        struct rlimit again;
        prlimit(getpid(), i, NULL, &again);
        printf("%d: %lx %lx %d\n", i, (long)limit.rlim_cur, (long)limit.rlim_max, memcmp(&limit, &again, sizeof limit));
    }
    check("bad resource", getrlimit(77, &limit));
    check("soft above hard", setrlimit(RLIMIT_CORE, &(struct rlimit){2, 1}));
    limit = (struct rlimit){20, 30};
    check("files", setrlimit(RLIMIT_NOFILE, &limit));
    int last = -1;
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0;) last = fd;
    printf("last %d %s\n", last, strerror(errno));
    for (int fd = 3; fd <= last; ++fd) close(fd);
    check("no process", prlimit(999999999, RLIMIT_CORE, NULL, &limit));

    struct rlimit stack, old;
    getrlimit(RLIMIT_STACK, &stack);
    stack.rlim_cur = 3 << 20;
    check("stack", prlimit(0, RLIMIT_STACK, &stack, &old));
    printf("before %lx\n", (long)old.rlim_cur);
    getrlimit(RLIMIT_STACK, &stack);
    printf("now %lx\n", (long)stack.rlim_cur);
    if (fork() == 0) {
        execl("/proc/self/exe", argv[0], "again", NULL);
        _exit(1);
    }
    wait(NULL);
    if (fork() == 0) {
        limit = (struct rlimit){1000, 1000};
        setrlimit(RLIMIT_FSIZE, &limit);
        int file = open("file", O_RDWR | O_CREAT, 0600);
        char bytes[1500] = {0};
        check("up to the limit", write(file, bytes, sizeof bytes));
        write(file, bytes, 1);
        _exit(0);
    }
    int status;
    wait(&status);
    printf("killed by %d\n", WTERMSIG(status));
    if (fork() == 0) {
        limit = (struct rlimit){1, 1};
        setrlimit(RLIMIT_CPU, &limit);
        for (volatile unsigned long i = 0;; ++i) continue;
    }
    wait(&status);
    printf("killed by %d\n", WTERMSIG(status));

    check("personality", personality(0xffffffff));
    check("no randomisation", personality(ADDR_NO_RANDOMIZE));
    check("personality", personality(0xffffffff));
    check("dumpable", prctl(PR_GET_DUMPABLE));
    check("not dumpable", prctl(PR_SET_DUMPABLE, 0));
    check("dumpable", prctl(PR_GET_DUMPABLE));
    check("death signal", prctl(PR_SET_PDEATHSIG, 9));
    int signal = 0;
    check("death signal", prctl(PR_GET_PDEATHSIG, &signal));
    printf("%d\n", signal);
    check("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    check("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    check("seccomp", prctl(PR_GET_SECCOMP));
    check("bad option", prctl(9999, 0, 0, 0, 0));
    return 0;
}
