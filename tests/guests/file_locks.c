// Locks: flock, record locks of a process, of an open file, and leases that are refused.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    fflush(stdout);
}

static struct flock range(short type, off_t start, off_t length) {
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

int main(void) {
    int file = open("file", O_RDWR | O_CREAT, 0600);
    struct flock lock = range(F_WRLCK, 0, 100);
    check("lock", fcntl(file, F_SETLK, &lock));
    check("flock", flock(file, LOCK_EX));
    int ready[2];
    pipe(ready);
    pid_t child = fork();
    if (child == 0) {
        int own = open("file", O_RDWR);
        lock = range(F_WRLCK, 50, 10);
        check("child lock", fcntl(own, F_SETLK, &lock));
        lock = range(F_RDLCK, 50, 10);
        check("child asks", fcntl(own, F_GETLK, &lock));
        printf("owner is the parent %d, type %d, start %ld, length %ld\n", lock.l_pid == getppid(), lock.l_type,
               (long)lock.l_start, (long)lock.l_len);
        lock = range(F_WRLCK, 200, 10);
        check("child lock elsewhere", fcntl(own, F_SETLK, &lock));
        check("child flock", flock(own, LOCK_SH | LOCK_NB));
        check("same open file", flock(file, LOCK_EX | LOCK_NB));
        write(ready[1], "x", 1);
        lock = range(F_WRLCK, 0, 10);
        check("child waits", fcntl(own, F_SETLKW, &lock));
        _exit(7);
    }
    char byte;
    read(ready[0], &byte, 1);
    usleep(20000);
    puts("parent unlocks");
    fflush(stdout);
    lock = range(F_UNLCK, 0, 0);
    fcntl(file, F_SETLK, &lock);
    int status = 0;
    waitpid(child, &status, 0);
    printf("child %d\n", WEXITSTATUS(status));
    int other = open("file", O_RDWR);
    lock = range(F_WRLCK, 0, 10);
    check("open file lock", fcntl(file, F_OFD_SETLK, &lock));
    check("of another open file", fcntl(other, F_OFD_SETLK, &lock));
    lock = range(F_WRLCK, 0, 10);
    check("asks", fcntl(other, F_OFD_GETLK, &lock));
    printf("type %d pid %d\n", lock.l_type, lock.l_pid);
    check("bad pointer", fcntl(file, F_SETLK, 8));
    check("lease", fcntl(file, F_SETLEASE, F_RDLCK));
    check("bad command", fcntl(file, 9999));
    return 0;
}
