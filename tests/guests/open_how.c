// openat2 with its resolve flags, and open with the flags that programs rely on.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    if (result > 2) close(result);
}

static long openat2(int directory, const char* path, unsigned long flags, unsigned long resolve) {
    struct open_how how = {.flags = flags, .resolve = resolve};
    return syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int main(void) {
    mkdir("root", 0700);
    mkdir("root/etc", 0700);
    close(open("root/etc/passwd", O_CREAT | O_WRONLY, 0600));
    symlink("/etc/passwd", "root/absolute");
    symlink("../../..", "root/etc/up");
    int root = open("root", O_PATH | O_DIRECTORY);
    check("plain", openat2(root, "etc/passwd", O_RDONLY, 0));
    check("beneath", openat2(root, "etc/passwd", O_RDONLY, RESOLVE_BENEATH));
    check("beneath, leaving", openat2(root, "../x", O_RDONLY, RESOLVE_BENEATH));
    check("beneath, absolute", openat2(root, "/etc/passwd", O_RDONLY, RESOLVE_BENEATH));
    check("in root", openat2(root, "absolute", O_RDONLY, RESOLVE_IN_ROOT));
    check("in root, going up", openat2(root, "etc/up/etc/passwd", O_RDONLY, RESOLVE_IN_ROOT));
    check("no links", openat2(root, "absolute", O_RDONLY, RESOLVE_NO_SYMLINKS));
    check("no magic links", openat2(AT_FDCWD, "/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS));
    check("other device", openat2(AT_FDCWD, "/proc/version", O_RDONLY, RESOLVE_NO_XDEV));
    check("bad flags", openat2(root, "etc/passwd", 1UL << 40, 0));
    check("bad resolve", openat2(root, "etc/passwd", 0, 1UL << 40));
    struct open_how how = {0};
    check("small", syscall(SYS_openat2, root, "etc/passwd", &how, 8));
    check("large", syscall(SYS_openat2, root, "etc/passwd", &(struct {
                               struct open_how how;
                               long more;
                           }){0},
                           32));
    check("mode without create", openat2(root, "etc/passwd", O_RDONLY, 0));

    check("directory", open("root/etc/passwd", O_RDONLY | O_DIRECTORY));
    check("no follow", open("root/absolute", O_RDONLY | O_NOFOLLOW));
    check("write a directory", open("root", O_WRONLY));
    check("trailing slash", open("root/etc/passwd/", O_RDONLY));
    check("create through a link", open("root/etc/up", O_CREAT | O_EXCL | O_WRONLY, 0600));
    int temporary = open("root", O_TMPFILE | O_RDWR, 0640);
    struct stat status;
    printf("temporary %d %d\n", temporary >= 0, fstat(temporary, &status));
    printf("mode %o links %ld\n", status.st_mode, (long)status.st_nlink);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", temporary);
    check("give it a name", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    int file = open("named", O_RDWR | O_APPEND | O_CLOEXEC);
    printf("flags %x %x\n", fcntl(file, F_GETFL), fcntl(file, F_GETFD));
    write(file, "abc", 3);
    lseek(file, 0, SEEK_SET);
    write(file, "def", 3);
    check("appended", lseek(file, 0, SEEK_END));
    umask(027);
    check("creat", creat("created", 0666));
    stat("created", &status);
    printf("mode %o\n", status.st_mode);
    int path_only = open("named", O_PATH);
    char byte;
    check("read a path", read(path_only, &byte, 1));
    snprintf(path, sizeof path, "/proc/self/fd/%d", path_only);
    int again = open(path, O_RDONLY);
    printf("reopened %ld\n", (long)read(again, &byte, 1));
    return 0;
}
