// The calls that tell about files: stat in all its forms, statx, access, and their agreement.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

int main(void) {
    int file = open("file", O_RDWR | O_CREAT, 0640);
    write(file, "0123456789", 10);
    symlink("file", "link");
    symlink("loop", "loop");
    mkdir("folder", 0750);
    int folder = open("folder", O_PATH);
    struct stat a, b, c;
    check("stat", syscall(SYS_stat, "link", &a));
    check("fstat", syscall(SYS_fstat, file, &b));
    check("newfstatat", syscall(SYS_newfstatat, folder, "../file", &c, 0));
    printf("the same %d %d\n", memcmp(&a, &b, sizeof a), memcmp(&a, &c, sizeof a));
    printf("mode %o size %ld links %ld blocks %ld block size %ld\n", a.st_mode, (long)a.st_size, (long)a.st_nlink,
           (long)a.st_blocks, (long)a.st_blksize);
    check("lstat", syscall(SYS_lstat, "link", &a));
    printf("mode %o size %ld\n", a.st_mode, (long)a.st_size);
    check("no follow", fstatat(AT_FDCWD, "link", &b, AT_SYMLINK_NOFOLLOW));
    printf("the same %d\n", memcmp(&a, &b, sizeof a));
    check("empty path", fstatat(file, "", &b, AT_EMPTY_PATH));
    check("empty path without the flag", fstatat(file, "", &b, 0));
    check("path descriptor", fstat(folder, &b));
    check("loop", stat("loop", &b));
    check("not a folder", stat("file/x", &b));
    check("nowhere", stat("nowhere", &b));
    check("bad flags", fstatat(AT_FDCWD, "file", &b, 0x8000000));
    check("bad folder", fstatat(77, "file", &b, 0));
    check("bad path", syscall(SYS_stat, 8L, &b));
    check("bad buffer", syscall(SYS_stat, "file", 8L));
    char long_name[5000];
    memset(long_name, 'x', sizeof long_name);
    long_name[300] = 0;
    check("long name", stat(long_name, &b));
    long_name[300] = 'x';
    long_name[4999] = 0;
    check("long path", stat(long_name, &b));

    struct statx x;
    memset(&x, 0, sizeof x);
    check("statx", statx(AT_FDCWD, "link", 0, STATX_BASIC_STATS | STATX_BTIME, &x));
    fstat(file, &a);
    printf("agrees %d %d %d %d %d\n", x.stx_ino == a.st_ino, x.stx_size == (unsigned long)a.st_size, x.stx_mode == a.st_mode,
           makedev(x.stx_dev_major, x.stx_dev_minor) == a.st_dev, x.stx_mtime.tv_nsec == a.st_mtim.tv_nsec);
    check("statx no follow", statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x));
    printf("mode %o\n", x.stx_mode);
    check("statx of a descriptor", statx(file, "", AT_EMPTY_PATH, STATX_SIZE, &x));
    check("statx bad mask", statx(AT_FDCWD, "link", 0, 0x80000000, &x));
    check("statx bad buffer", syscall(SYS_statx, AT_FDCWD, "link", 0, STATX_SIZE, 8L));

    check("access", access("file", R_OK | W_OK));
    check("access of a missing one", access("nowhere", F_OK));
    check("access bad mode", access("file", 77));
    check("faccessat", faccessat(folder, "../file", R_OK, 0));
    check("faccessat2", syscall(SYS_faccessat2, AT_FDCWD, "loop", F_OK, AT_SYMLINK_NOFOLLOW));
    check("faccessat2 bad flags", syscall(SYS_faccessat2, AT_FDCWD, "file", F_OK, 1));
    char text[100];
    memset(text, '#', sizeof text);
    check("readlink", readlink("link", text, 100));
    check("readlink short", readlink("link", text, 2));
    printf("%.6s\n", text);
    check("readlink of a file", readlink("file", text, 100));
    check("readlink nothing", readlink("link", text, 0));
    check("readlinkat", readlinkat(folder, "../link", text, 100));
    struct statfs filesystem;
    check("statfs", statfs("/proc", &filesystem));
    printf("type %lx\n", (unsigned long)filesystem.f_type);
    check("fstatfs", fstatfs(file, &filesystem));
    check("statfs of a missing one", statfs("nowhere", &filesystem));
    return 0;
}
