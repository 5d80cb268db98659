// Duplicates, close_range, and that a program can use and close any number without hurting anyone.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static int count_open(void) {
    DIR* directory = opendir("/proc/self/fd");
    int count = -3;  // "." and ".." and the directory itself
    while (readdir(directory)) ++count;
    closedir(directory);
    return count;
}

int main(void) {
    for (int fd = 3; fd < 1024; ++fd) close(fd);
    printf("open at first %d\n", count_open());
    int file = open("/dev/null", O_RDWR);
    check("dup", dup(file));
    check("dup2", dup2(file, 10));
    check("dup2 to itself", dup2(file, file));
    check("dup2 of a closed one", dup2(99, 99));
    check("dup2 to a bad one", dup2(file, -1));
    check("dup2 above the limit", dup2(file, 1 << 30));
    check("dup3", dup3(file, 11, O_CLOEXEC));
    check("flags", fcntl(11, F_GETFD));
    check("dup3 to itself", dup3(file, file, 0));
    check("dup3 bad flags", dup3(file, 12, O_APPEND));
    check("dupfd", fcntl(file, F_DUPFD, 20));
    check("dupfd cloexec", fcntl(file, F_DUPFD_CLOEXEC, 20));
    printf("open %d\n", count_open());
    check("close_range cloexec", close_range(10, 11, CLOSE_RANGE_CLOEXEC));
    check("flags", fcntl(10, F_GETFD));
    check("close_range", close_range(20, 21, 0));
    check("closed", fcntl(20, F_GETFD));
    check("wrong order", close_range(21, 20, 0));
    check("bad flags", close_range(20, 21, 77));
    // Every number that there may be.
    int occupied = 0;
    for (int fd = 3; fd < 1024; ++fd) occupied += dup2(file, fd) == fd;
    printf("occupied %d\n", occupied);
    check("close_range of all", close_range(3, ~0U, 0));
    printf("open %d\n", count_open());
    check("next", open("/dev/null", O_RDONLY));
    for (int fd = 3; fd < 1024; ++fd) close(fd);
    check("close a closed one", close(500));
    check("close -1", close(-1));
    char text[8];
    check("read a closed one", read(500, text, 8));
    void* memory = malloc(1 << 20);
    printf("still alive %d\n", memory != NULL);
    return 0;
}
