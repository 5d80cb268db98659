// Whatever way a program starts another, it stays under lxr: CPUID leaf 0x40000000 says so in each of them.
// flags: -O1
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char* how) {
    unsigned eax, name[4] = {0};
    __cpuid(0x40000000, eax, name[0], name[1], name[2]);
    printf("%s: %s\n", how, memcmp(name, "LXR", 3) == 0 ? "under lxr" : "on the bare processor");
    fflush(stdout);
}

static void wait_for(pid_t child) {
    int status;
    waitpid(child, &status, 0);
    if (status != 0) printf("child ended with status %x\n", status);
}

static char self[4096];

int main(int argc, char** argv, char** envp) {
    if (argc > 1) {
        report(argv[argc - 1]);
        return 0;
    }
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 1;
    report("started");

    pid_t child = fork();
    if (child == 0) {
        report("forked");
        execl(self, self, "execve", NULL);
        _exit(1);
    }
    wait_for(child);

    child = vfork();
    if (child == 0) {
        execl(self, self, "vfork", NULL);
        _exit(1);
    }
    wait_for(child);

    char* spawned[] = {self, "posix_spawn", NULL};
    if (posix_spawn(&child, self, NULL, NULL, spawned, envp) == 0) wait_for(child);

    char* bare[] = {NULL};
    child = fork();
    if (child == 0) {
        execle(self, self, "empty environment", NULL, bare);
        _exit(1);
    }
    wait_for(child);

    child = fork();
    if (child == 0) {
        int file = open(self, O_RDONLY | O_CLOEXEC);
        char* given[] = {self, "execveat", NULL};
        execveat(file, "", given, envp, AT_EMPTY_PATH);
        _exit(1);
    }
    wait_for(child);

    FILE* script = fopen("script", "w");
    fprintf(script, "#!%s script\n", self);
    fclose(script);
    chmod("script", 0755);
    child = fork();
    if (child == 0) {
        execl("./script", "./script", "script", NULL);
        _exit(1);
    }
    wait_for(child);

    char command[4200];
    snprintf(command, sizeof command, "'%s' system", self);
    if (system(command) != 0) return 1;
    FILE* pipe = popen(strcat(command, "/popen"), "r");
    char line[100];
    while (fgets(line, sizeof line, pipe)) fputs(line, stdout);
    return pclose(pipe);
}
