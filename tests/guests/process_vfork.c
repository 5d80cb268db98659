// vfork and its kin: shared memory, suspended parent, own signal actions, exec, death of the child, posix_spawn, clone with CLONE_VM.
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;
static volatile int shared;
static volatile int handled;
static void handler(int signal) { handled += signal; }

static void show(const char* what, int status) {
    printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static int in_clone(void* argument) {
    shared += *(int*)argument;
    usleep(20000);
    shared += 1000;
    return 5;
}

static pid_t clone_vm(int flags) {
    static char* stack;
    static int amount = 7;
    if (stack == NULL) stack = mmap(NULL, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return clone(in_clone, stack + 65536, CLONE_VM | flags | SIGCHLD, &amount);
}

int main(int argc, char** argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1) {
        printf("child program: %s\n", argv[1]);
        return argc;
    }
    signal(SIGUSR1, handler);
    int status;
    shared = 1;
    pid_t pid = vfork();
    if (pid == 0) {
        usleep(20000);
        shared = 2;
        _exit(11);
    }
    printf("shared %d\n", shared);
    waitpid(pid, &status, 0);
    show("vfork exit", status);

    pid = vfork();
    if (pid == 0) {
        signal(SIGUSR1, SIG_DFL);  // its own actions
        char* args[] = {argv[0], "vforked", NULL};
        execv("/proc/self/exe", args);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    show("vfork exec", status);
    raise(SIGUSR1);
    printf("handled %d\n", handled);

    pid = vfork();
    if (pid == 0) {
        execl("/nonexistent/program", "x", NULL);
        shared = errno;
        _exit(127);
    }
    waitpid(pid, &status, 0);
    show("vfork failed exec", status);
    printf("child's errno %s\n", strerrorname_np(shared));

    pid = vfork();
    if (pid == 0) {
        kill(getpid(), SIGUSR1);  // the parent's handler runs in the child
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, &status, 0);
    show("vfork killed", status);
    printf("handled %d\n", handled);

    pid = vfork();
    if (pid == 0) {
        *(volatile int*)0 = 1;
    }
    waitpid(pid, &status, 0);
    show("vfork fault", status);

    pid = vfork();
    if (pid == 0) {
        if (vfork() == 0) _exit(1);
        if (fork() == 0) _exit(2);
        int a, b;
        wait(&a);
        wait(&b);
        _exit(WEXITSTATUS(a) + WEXITSTATUS(b));
    }
    waitpid(pid, &status, 0);
    show("nested", status);

    char* args[] = {argv[0], "spawned", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 9, "/dev/null", O_RDONLY, 0);
    int result = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, args, environ);
    waitpid(pid, &status, 0);
    printf("posix_spawn %d\n", result);
    show("posix_spawn", status);
    printf("posix_spawn of nothing: %s\n", strerrorname_np(posix_spawn(&pid, "/nonexistent", NULL, NULL, args, environ)));
    printf("system: %d\n", WEXITSTATUS(system("exit 3")));
    FILE* pipe = popen("echo from popen; exit 4", "r");
    char line[100] = "";
    (void)!fgets(line, sizeof line, pipe);
    printf("%s", line);
    printf("pclose %d\n", WEXITSTATUS(pclose(pipe)));

    shared = 0;
    pid = clone_vm(CLONE_VFORK);
    printf("clone vfork: shared %d\n", shared);
    waitpid(pid, &status, 0);
    show("clone vfork", status);
    shared = 0;
    pid = clone_vm(0);
    waitpid(pid, &status, 0);
    printf("clone vm: shared %d\n", shared);
    show("clone vm", status);
    for (int i = 0; i < 300; ++i) {
        pid = vfork();
        if (pid == 0) _exit(i & 127);
        waitpid(pid, &status, 0);
        if (WEXITSTATUS(status) != (i & 127)) printf("wrong status\n");
    }
    return 0;
}
