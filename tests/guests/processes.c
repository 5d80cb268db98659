// fork, vfork, wait in all forms, process groups, pipes, exec with descriptors, orphaned output, exit codes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int in_clone(void* argument) {
    *(int*)argument = 99;
    return 12;
}

static void show_status(const char* what, int status) {
    printf("%s: exited %d code %d signalled %d signal %d\n", what, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
           WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    fflush(stdout);
}

int main(void) {
    int status, ends[2];
    pid_t child = fork();
    if (child == 0) _exit(300);
    waitpid(child, &status, 0);
    show_status("fork", status);

    volatile int shared = 0;
    child = vfork();
    if (child == 0) {
        shared = 5;
        _exit(6);
    }
    waitpid(child, &status, 0);
    show_status("vfork", status);
    printf("memory shared until then: %d\n", shared);

    char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int seen = 0;
    child = clone(in_clone, stack + 65536, CLONE_VM | SIGCHLD, &seen);
    waitpid(child, &status, 0);
    show_status("clone with shared memory", status);
    printf("seen %d\n", seen);

    child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        pause();
    }
    waitpid(child, &status, WUNTRACED);
    printf("stopped %d\n", WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    printf("continued %d\n", WIFCONTINUED(status));
    kill(child, SIGTERM);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED);
    printf("waitid: code %d status %d pid %d\n", info.si_code, info.si_status, info.si_pid == child);

    if (pipe2(ends, O_CLOEXEC) != 0) return 1;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execlp("sh", "sh", "-c", "echo through the pipe; ls /proc/self/fd | wc -l; exit 3", NULL);
    }
    close(ends[1]);
    char text[200] = {0};
    for (ssize_t got, total = 0; (got = read(ends[0], text + total, 190 - (size_t)total)) > 0; total += got) {
    }
    waitpid(child, &status, 0);
    printf("%s", text);
    show_status("exec", status);

    printf("execve of nothing: %d %d\n", execl("/nowhere", "x", NULL), errno);
    printf("execve of a folder: %d %d\n", execl("/tmp", "x", NULL), errno);
    printf("execve of a text: %d %d\n", execl("/etc/passwd", "x", NULL), errno);
    printf("wait without children: %d %d\n", wait(NULL), errno == ECHILD);
    for (int i = 0; i < 20; ++i) {
        if (fork() == 0) _exit(i);
    }
    int sum = 0;
    while (wait(&status) > 0) sum += WEXITSTATUS(status);
    printf("sum %d\n", sum);
    printf("group leader %d session leader %d\n", getpgrp() == getpid(), getsid(0) == getpid());
    char* program[] = {"true", NULL};
    printf("spawn: %d\n", posix_spawnp(&child, "true", NULL, NULL, program, NULL));
    waitpid(child, &status, 0);
    show_status("spawn", status);
    printf("spawn of nothing: %d\n", posix_spawn(&child, "/nowhere", NULL, NULL, program, NULL));
    return 0;
}
