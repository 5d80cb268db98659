// Reading directories with both calls, seeking in them, and in a directory that changes.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct entry64 {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

struct entry {
    unsigned long inode;
    unsigned long offset;
    unsigned short length;
    char name[];
};

static int by_name(const void* a, const void* b) {
    return strcmp(*(char* const*)a, *(char* const*)b);
}

static void show(char** names, int count) {
    qsort(names, count, sizeof *names, by_name);
    for (int i = 0; i < count; ++i) printf(" %s", names[i]);
    printf(" (%d)\n", count);
    for (int i = 0; i < count; ++i) free(names[i]);
}

static void read_with_getdents64(size_t buffer_size) {
    char* names[100];
    int count = 0;
    int directory = open("folder", O_RDONLY | O_DIRECTORY);
    char buffer[4096];
    for (long size; (size = syscall(SYS_getdents64, directory, buffer, buffer_size)) > 0;) {
        for (long at = 0; at < size;) {
            struct entry64* entry = (struct entry64*)(buffer + at);
            char text[300];
            snprintf(text, sizeof text, "%s:%d", entry->name, entry->type);
            names[count++] = strdup(text);
            at += entry->length;
        }
    }
    printf("getdents64 with %zu:", buffer_size);
    show(names, count);
    close(directory);
}

static void read_with_getdents(void) {
    char* names[100];
    int count = 0;
    int directory = open("folder", O_RDONLY | O_DIRECTORY);
    char buffer[512];
    for (long size; (size = syscall(SYS_getdents, directory, buffer, sizeof buffer)) > 0;) {
        for (long at = 0; at < size;) {
            struct entry* entry = (struct entry*)(buffer + at);
            char text[300];
            snprintf(text, sizeof text, "%s:%d", entry->name, buffer[at + entry->length - 1]);
            names[count++] = strdup(text);
            at += entry->length;
        }
    }
    printf("getdents:");
    show(names, count);
    close(directory);
}

static void check(const char* what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

int main(void) {
    mkdir("folder", 0755);
    for (int i = 0; i < 20; ++i) {
        char name[64];
        snprintf(name, sizeof name, "folder/file-%d-%.*s", i, i, "xxxxxxxxxxxxxxxxxxxxxxxxx");
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    mkdir("folder/sub", 0700);
    symlink("nowhere", "folder/link");
    mkfifo("folder/pipe", 0600);
    read_with_getdents64(4096);
    read_with_getdents64(64);
    read_with_getdents();
    int directory = open("folder", O_RDONLY | O_DIRECTORY);
    char small[8];
    check("too small", syscall(SYS_getdents64, directory, small, sizeof small));
    check("bad buffer", syscall(SYS_getdents64, directory, 8L, 4096));
    int file = open("folder/file-0-", O_RDONLY);
    check("no directory", syscall(SYS_getdents64, file, small, sizeof small));
    check("not open", syscall(SYS_getdents64, 99, small, sizeof small));

    DIR* stream = fdopendir(directory);
    long third = 0;
    char name[300] = "";
    for (int i = 0; i < 3; ++i) {
        if (i == 2) third = telldir(stream);
        strcpy(name, readdir(stream)->d_name);
    }
    while (readdir(stream)) continue;
    seekdir(stream, third);
    printf("seekdir: %d\n", strcmp(name, readdir(stream)->d_name));
    rewinddir(stream);
    int left = 0;
    for (struct dirent* entry; (entry = readdir(stream));) {
        if (entry->d_type == DT_REG) unlinkat(dirfd(stream), entry->d_name, 0);
        ++left;
    }
    printf("seen while deleting: %d\n", left);
    rewinddir(stream);
    left = 0;
    while (readdir(stream)) ++left;
    printf("left: %d\n", left);
    return 0;
}
