// execve: errors as the kernel's, what survives (mask, ignored and pending signals, pid), argv and environment, fexecve, scripts, execveat.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

static void try(const char* what, const char* path, char** args) {
    char* plain[] = {"x", NULL};
    errno = 0;
    syscall(SYS_execve, path, args ? args : plain, environ);
    printf("%s: %s\n", what, strerrorname_np(errno));
}

static void put(const char* path, const char* text, mode_t mode) {
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    (void)!write(fd, text, strlen(text));
    fchmod(fd, mode);
    close(fd);
}

static int second_life(int argc, char** argv) {
    unsigned long mask = 0, pending = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
    syscall(SYS_rt_sigpending, &pending, 8);
    struct sigaction action;
    printf("argc %d:", argc);
    for (int i = 0; i < argc; ++i) printf(" <%s>", i == 0 && strchr(argv[i], '/') ? "path" : argv[i]);
    printf("\nmask %lx pending %lx ", mask, pending);
    for (int signal = 1; signal < 32; ++signal) {
        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL) {
            printf("%s%d ", action.sa_handler == SIG_IGN ? "ignored " : "handler ", signal);
        }
    }
    printf("\nenvironment:");
    for (char** e = environ; *e; ++e) printf(" <%s>", *e);
    stack_t stack;
    sigaltstack(NULL, &stack);
    printf("\nstack flags %x, same pid %d\n", (unsigned)stack.ss_flags, getenv("PID") == NULL || atoi(getenv("PID")) == getpid());
    return 0;
}

static void in_child(const char* what, void (*run)(char* self), char* self) {
    printf("-- %s\n", what);
    pid_t pid = fork();
    if (pid == 0) {
        run(self);
        printf("failed: %s\n", strerrorname_np(errno));
        _exit(1);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("status %x\n", status);
}

static void nothing(int signal) { (void)signal; }
static void with_signals(char* self) {
    signal(SIGUSR1, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
    signal(SIGUSR2, nothing);
    signal(SIGBUS, nothing);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGILL);
    sigaddset(&set, SIGRTMIN + 3);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(SIGTERM);
    char* args[] = {self, "again", "two words", "", NULL};
    char* env[] = {"A=1", "B=with = signs", "EMPTY=", NULL};
    execve(self, args, env);
}
static void other_argv0(char* self) {
    char* args[] = {"another name", "again", NULL};
    char* env[] = {NULL};
    execve(self, args, env);
}
static void by_descriptor(char* self) {
    char* args[] = {"fd", "again", NULL};
    char* env[] = {"X=fexecve", NULL};
    fexecve(open(self, O_RDONLY), args, env);
}
static void by_closing_descriptor(char* self) {
    char* args[] = {"fd", "again", NULL};
    char* env[] = {"X=fexecve", NULL};
    fexecve(open(self, O_RDONLY | O_CLOEXEC), args, env);
}
static void below_directory(char* self) {
    char* args[] = {"at", "again", NULL};
    char* env[] = {"X=execveat", NULL};
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", self);
    char* slash = strrchr(folder, '/');
    *slash = 0;
    syscall(SYS_execveat, open(folder, O_RDONLY | O_DIRECTORY), slash + 1, args, env, 0);
}
static void null_environment(char* self) {
    char* args[] = {self, "again", NULL};
    syscall(SYS_execve, self, args, NULL);
}
static void by_script(char* self) {
    char text[4096];
    snprintf(text, sizeof text, "#! %s again  script argument \nnot read\n", self);
    put("script", text, 0755);
    char* args[] = {"replaced", "one", "two", NULL};
    char* env[] = {"X=script", NULL};
    execve("./script", args, env);
}
static char* thread_self;
static void* exec_in_thread(void* argument) {
    (void)argument;
    char pid[32];
    snprintf(pid, sizeof pid, "PID=%d", getpid());
    char* args[] = {thread_self, "again", NULL};
    char* env[] = {pid, NULL};
    (void)env;
    setenv("PID", pid + 4, 1);
    char* only[] = {"X=thread", NULL};
    execve(thread_self, args, only);
    return NULL;
}
static void from_thread(char* self) {
    thread_self = self;
    pthread_t thread;
    pthread_create(&thread, NULL, exec_in_thread, NULL);
    pthread_join(thread, NULL);
}
static void with_exec_argument(char* self) {
    (void)self;
    execl("/bin/sh", "sh", "-c", "echo shell $0 $1; exit 5", "zero", "one", NULL);
}

int main(int argc, char** argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1 && strncmp(argv[1], "again", 5) == 0) return second_life(argc, argv);
    char self[4096] = {0};
    (void)!readlink("/proc/self/exe", self, sizeof self - 1);
    mkdir("folder", 0755);
    put("not_executable", "#!/bin/sh\n", 0644);
    put("empty", "", 0755);
    put("garbage", "garbage that is no program", 0755);
    put("bad_script", "#!/nonexistent/interpreter\n", 0755);
    put("script_of_folder", "#!./folder\n", 0755);
    put("loop", "#!./loop\n", 0755);
    (void)!symlink("link_loop", "link_loop");
    put("elf_head", "\177ELF", 0755);
    try("nothing there", "./nothing", NULL);
    try("empty path", "", NULL);
    try("folder", "./folder", NULL);
    try("file as folder", "./garbage/x", NULL);
    try("not executable", "./not_executable", NULL);
    try("empty", "./empty", NULL);
    try("garbage", "./garbage", NULL);
    try("bad script", "./bad_script", NULL);
    try("script of a folder", "./script_of_folder", NULL);
    try("script loop", "./loop", NULL);
    try("link loop", "./link_loop", NULL);
    try("ELF magic only", "./elf_head", NULL);
    try("null path", NULL, NULL);
    try("bad path", (char*)8, NULL);
    try("bad argv", self, (char**)8);
    char* bad_string[] = {"x", (char*)8, NULL};
    try("bad argument", self, bad_string);
    char* huge = malloc(200000);
    memset(huge, 'x', 199999);
    huge[199999] = 0;
    char* too_big[] = {"x", huge, NULL};
    try("argument too long", self, too_big);
    huge[5000] = 0;
    try("path too long", huge, NULL);
    errno = 0;
    syscall(SYS_execveat, 999, "x", too_big, environ, 0);
    printf("bad descriptor: %s\n", strerrorname_np(errno));
    errno = 0;
    syscall(SYS_execveat, AT_FDCWD, "", too_big, environ, 0);
    printf("empty path: %s\n", strerrorname_np(errno));
    errno = 0;
    syscall(SYS_execveat, AT_FDCWD, self, too_big, environ, 0x4000);
    printf("bad flags: %s\n", strerrorname_np(errno));
    in_child("signals", with_signals, self);
    in_child("other argv[0]", other_argv0, self);
    in_child("fexecve", by_descriptor, self);
    in_child("fexecve close-on-exec", by_closing_descriptor, self);
    in_child("execveat", below_directory, self);
    in_child("null environment", null_environment, self);
    in_child("script", by_script, self);
    in_child("thread", from_thread, self);
    in_child("shell", with_exec_argument, self);
    return 0;
}
