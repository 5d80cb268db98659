// Files: open modes, seek, vectors, truncate, links, directories, times, locks, memory files, /proc of oneself.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

int main(int argc, char** argv) {
    int file = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    check("lowest free descriptor", file);
    check("again", open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
    struct iovec parts[2] = {{"hello ", 6}, {"world", 5}};
    check("writev", writev(file, parts, 2));
    check("lseek", lseek(file, -5, SEEK_END));
    char text[100] = {0};
    check("read", read(file, text, 50));
    puts(text);
    check("bad pointer", read(file, (void*)1, 10) < 0 ? 0 : pread(file, (void*)1, 10, 0));
    check("write from a bad pointer", write(file, (void*)8, 10));
    check("ftruncate", ftruncate(file, 100000));
    struct stat status;
    check("fstat", fstat(file, &status));
    printf("size %ld mode %o links %ld\n", (long)status.st_size, status.st_mode, (long)status.st_nlink);
    check("link", link("file", "other"));
    check("symlink", symlink("file", "symbolic"));
    check("readlink", readlink("symbolic", text, 99));
    check("lstat", lstat("symbolic", &status));
    printf("link %d size %ld\n", S_ISLNK(status.st_mode), (long)status.st_size);
    check("rename", rename("other", "renamed"));
    check("mkdir", mkdir("folder", 0750));
    check("mkdir again", mkdir("folder", 0750));
    check("rmdir of a file", rmdir("file"));
    check("openat", openat(AT_FDCWD, "folder/none", O_RDONLY));
    check("access", access("file", X_OK));
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    check("utimensat", utimensat(AT_FDCWD, "file", times, 0));
    stat("file", &status);
    printf("times %ld %ld %ld\n", (long)status.st_atime, (long)status.st_mtime, status.st_mtim.tv_nsec);
    struct statx extended;
    check("statx", statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &extended));
    printf("statx size %ld\n", (long)extended.stx_size);
    check("flock", flock(file, LOCK_EX | LOCK_NB));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    check("record lock", fcntl(file, F_SETLK, &lock));
    check("dup", dup(file));
    check("dup2", dup2(file, 50));
    check("F_DUPFD", fcntl(file, F_DUPFD, 20));
    check("flags", fcntl(file, F_GETFL) & (O_ACCMODE | O_APPEND));
    check("close twice", close(50) + close(50));
    int memory = memfd_create("memory", MFD_CLOEXEC);
    check("memfd", write(memory, "in memory", 9));
    check("fallocate", posix_fallocate(memory, 0, 5000));
    check("copy", copy_file_range(memory, &(off_t){0}, file, &(off_t){500}, 9, 0));
    check("getcwd", getcwd(text, 99) != NULL);
    check("too small", getcwd(text, 2) != NULL);
    DIR* folder = opendir(".");
    int entries = 0;
    while (readdir(folder)) ++entries;
    closedir(folder);
    printf("entries %d\n", entries);
    char self[4096] = {0};
    check("exe", readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    puts(strrchr(self, '/') + 1);
    FILE* status_file = fopen("/proc/self/comm", "r");
    if (fgets(text, sizeof text, status_file)) printf("comm %s", text);
    fclose(status_file);
    status_file = fopen("/proc/self/cmdline", "r");
    printf("cmdline is argv[0]: %d\n", fread(self, 1, sizeof self, status_file) == strlen(argv[0]) + 1 && strcmp(self, argv[0]) == 0);
    fclose(status_file);
    status_file = fopen("/proc/self/maps", "r");
    int stack = 0, heap = 0, mine = 0;
    char line[500];
    (void)!malloc(10);
    while (fgets(line, sizeof line, status_file)) {
        stack += strstr(line, "[stack]") != NULL;
        heap += strstr(line, "[heap]") != NULL;
        mine += strstr(line, strrchr(argv[0], '/')) != NULL && strstr(line, "r-xp") != NULL;
    }
    printf("maps: stack %d heap %d code %d\n", stack, heap, mine);
    check("unlink", unlink("renamed"));
    check("name too long", open(memset(self, 'a', 4000), O_RDONLY));
    return argc - 1;
}
