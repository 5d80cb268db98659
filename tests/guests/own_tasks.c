// flags: -O1 -static
// Threads that a process has not made are in none of its files in /proc, however long it runs.
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__attribute__((noinline)) static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static int in_directory(void) {
    int entries = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) entries += entry->d_name[0] != '.';
    closedir(tasks);
    return entries;
}

static int in_status(void) {
    char line[256];
    int threads = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file) != NULL) sscanf(line, "Threads: %d", &threads);
    fclose(file);
    return threads;
}

static int in_stat(void) {
    char text[1024] = "";
    int threads = -1;
    FILE *file = fopen("/proc/self/stat", "r");
    fgets(text, sizeof text, file);
    fclose(file);
    sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d", &threads);
    return threads;
}

int main(void) {
    unsigned sum = 0;
    int wrong = 0;
    while (clock() < CLOCKS_PER_SEC) {
        sum += fib(18);
        wrong += in_directory() != 1 || in_status() != 1 || in_stat() != 1;
    }
    printf("%d times wrong, %s\n", wrong, sum == 0 ? "nothing computed" : "something computed");
    return 0;
}
