// What a process sees of itself under /proc, reached by every way there is.
// args: one 'two words'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char own_path[PATH_MAX];
static struct stat own_status;

static const char* name_of(const char* path) {
    return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static void exe_at(int directory, const char* path) {
    char text[PATH_MAX] = "";
    long length = readlinkat(directory, path, text, sizeof text - 1);
    struct stat status = {0};
    int stated = fstatat(directory, path, &status, 0);
    struct statx extended = {0};
    statx(directory, path, 0, STATX_INO, &extended);
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC);
    struct stat opened = {0};
    fstat(file, &opened);
    char magic[4] = "";
    long got = read(file, magic, 4);
    printf("%s: readlink %d, stat %d %d, statx %d, open %d %d %ld, flags %d\n", name_of(path),
           length == (long)strlen(own_path) && strcmp(text, own_path) == 0, stated, status.st_ino == own_status.st_ino,
           extended.stx_ino == own_status.st_ino, file >= 0, opened.st_ino == own_status.st_ino, got, fcntl(file, F_GETFD));
    close(file);
}

static void exe(void) {
    char path[64];
    exe_at(AT_FDCWD, "/proc/self/exe");
    exe_at(AT_FDCWD, "/proc/thread-self/exe");
    snprintf(path, sizeof path, "/proc/%d/exe", getpid());
    exe_at(AT_FDCWD, path);
    snprintf(path, sizeof path, "/proc/self/task/%d/exe", gettid());
    exe_at(AT_FDCWD, path);
    exe_at(AT_FDCWD, "/proc/self/../self/./exe");
    exe_at(AT_FDCWD, "/proc/self/root/proc/self/exe");
    int proc = open("/proc/self", O_PATH | O_DIRECTORY);
    exe_at(proc, "exe");
    char cwd[PATH_MAX];
    getcwd(cwd, sizeof cwd);
    chdir("/proc/self");
    exe_at(AT_FDCWD, "exe");
    chdir(cwd);
    symlink("/proc/self/exe", "to_exe");
    symlink("/proc/self", "to_self");
    exe_at(AT_FDCWD, "to_self/exe");
    struct stat status;
    int result = stat("to_exe", &status);
    printf("through a link: %d %d\n", result, status.st_ino == own_status.st_ino);
    char text[PATH_MAX] = "";
    long length = readlink("to_exe", text, sizeof text);
    printf("the link itself: %ld %s\n", length, text);
    printf("short: %ld\n", (long)readlink("/proc/self/exe", text, 5));
    printf("begins alike: %d\n", memcmp(text, own_path, 5));
    result = lstat("/proc/self/exe", &status);
    printf("lstat: %d %o\n", result, status.st_mode & S_IFMT);
    int writable = open("/proc/self/exe", O_RDWR);
    printf("for writing: %d %s\n", writable, strerror(errno));
    int link = open("/proc/self/exe", O_PATH | O_NOFOLLOW);
    memset(text, 0, sizeof text);
    printf("link descriptor: %d\n", readlinkat(link, "", text, sizeof text) > 0 && strcmp(text, own_path) == 0);
}

static int is_named(const char* line, const char* name) {
    return strstr(line, name) != NULL;
}

static void maps(const char* path) {
    FILE* file = fopen(path, "r");
    if (!file) return (void)printf("%s: %s\n", path, strerror(errno));
    char line[5000];
    int stack = 0, heap = 0, own_code = 0, vdso = 0, writable_code = 0, on_stack = 0, this_code = 0, lines = 0, sorted = 1;
    unsigned long last = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned long begin, end;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
        ++lines;
        sorted &= begin >= last;
        last = end;
        stack += is_named(line, "[stack]");
        heap += is_named(line, "[heap]");
        vdso += is_named(line, "[vdso]");
        own_code += is_named(line, own_path) && rights[2] == 'x';
        writable_code += rights[1] == 'w' && rights[2] == 'x';
        if (begin <= (unsigned long)&lines && (unsigned long)&lines < end) on_stack = is_named(line, "[stack]");
        if (begin <= (unsigned long)maps && (unsigned long)maps < end) this_code = strcmp(rights, "r-xp") == 0;
    }
    fclose(file);
    printf("maps: stack %d heap %d vdso %d code %d rwx %d, local on the stack %d, this code %d, sorted %d, several %d\n", stack,
           heap, vdso, own_code, writable_code, on_stack, this_code, sorted, lines > 5);
}

static void show_line_of(void* address) {
    FILE* file = fopen("/proc/self/maps", "r");
    char line[5000];
    while (fgets(line, sizeof line, file)) {
        unsigned long begin, end, offset, inode;
        char rights[5];
        int at = 0;
        sscanf(line, "%lx-%lx %4s %lx %*s %lu%n", &begin, &end, rights, &offset, &inode, &at);
        if ((unsigned long)address < begin || (unsigned long)address >= end) continue;
        line[strcspn(line, "\n")] = 0;
        printf("region of %lx: %s offset %lx inode %d name '%s'\n", end - begin, rights, offset, inode != 0,
               name_of(line + at));
    }
    fclose(file);
}

static void regions(void) {
    char* memory = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory, 4096, PROT_NONE);
    mprotect(memory + 4096, 4096, PROT_READ | PROT_EXEC);
    mprotect(memory + 2 * 4096, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    mprotect(memory + 15 * 4096, 4096, PROT_NONE);
    for (int i = 0; i < 4; ++i) show_line_of(memory + i * 4096);
    int file = open("mapped", O_RDWR | O_CREAT, 0600);
    ftruncate(file, 4 * 4096);
    char* shared = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    mprotect(shared + 4096, 4096, PROT_READ | PROT_EXEC);
    for (int i = 0; i < 3; ++i) show_line_of(shared + i * 4096);
}

static void print_file(const char* path) {
    char text[4096];
    int file = open(path, O_RDONLY);
    long size = read(file, text, sizeof text);
    close(file);
    printf("%s:", path);
    for (long i = 0; i < size; ++i) putchar(text[i] ? text[i] : '|');
    puts("");
}

int main(int argc, char** argv) {
    realpath(argv[0], own_path);
    stat(own_path, &own_status);
    if (argc > 1 && strcmp(argv[1], "again") == 0) {
        exe_at(AT_FDCWD, "/proc/self/exe");
        return 7;
    }
    exe();
    maps("/proc/self/maps");
    maps("/proc/thread-self/maps");
    maps("/proc/self/smaps");
    maps("to_self/maps");
    regions();
    char comm[17] = "";
    prctl(PR_GET_NAME, comm);
    printf("comm %s\n", comm);
    print_file("/proc/self/comm");
    char* command = strrchr(argv[0], '/');
    int arguments = open("/proc/self/cmdline", O_RDONLY);
    char text[4096] = "";
    long size = read(arguments, text, sizeof text);
    printf("cmdline %d\n", size > 0 && strcmp(text, argv[0]) == 0);
    for (long i = strlen(text) + 1; i < size; ++i) putchar(text[i] ? text[i] : '|');
    printf(" (%s)\n", command ? command + 1 : argv[0]);
    prctl(PR_SET_NAME, "renamed");
    print_file("/proc/self/comm");
    fflush(stdout);
    if (fork() == 0) {
        char* again[] = {argv[0], "again", NULL};
        execv("/proc/self/exe", again);
        _exit(1);
    }
    int status = 0;
    wait(&status);
    printf("executed oneself: %d\n", WEXITSTATUS(status));
    return 0;
}
