// Wait statuses: exit codes, every signal's default action, stop and continue, waitid's siginfo, SIGCHLD ignored, orphans.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char* what, int number, int status) {
    if (WIFEXITED(status)) {
        printf("%s %d: exit %d\n", what, number, WEXITSTATUS(status));
    } else if (WIFSIGNALED(status)) {
        printf("%s %d: signal %d\n", what, number, WTERMSIG(status));
    } else if (WIFSTOPPED(status)) {
        printf("%s %d: stopped %d\n", what, number, WSTOPSIG(status));
    } else if (WIFCONTINUED(status)) {
        printf("%s %d: continued\n", what, number);
    }
}

static void at_exit_1(void) { printf("atexit 1\n"); }
static void at_exit_2(void) { printf("atexit 2\n"); }

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    const int codes[] = {0, 1, 42, 255, 256, -1};
    int status;
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; ++i) {
        pid_t pid = fork();
        if (pid == 0) _exit(codes[i]);
        waitpid(pid, &status, 0);
        show("code", codes[i], status);
    }
    for (int signal = 1; signal <= 64; ++signal) {
        int told[2];  // a continued child stays until its parent has seen that it continues
        if (pipe(told) != 0) return 1;
        pid_t pid = fork();
        if (pid == 0) {
            setpgid(0, 0);
            kill(getpid(), signal);
            char byte;
            const int stopped = signal >= SIGSTOP && signal <= SIGTTOU;
            _exit(stopped && read(told[0], &byte, 1) != 1 ? 101 : 100);
        }
        waitpid(pid, &status, WUNTRACED);
        show("signal", signal, status);
        if (WIFSTOPPED(status)) {
            kill(pid, SIGCONT);
            waitpid(pid, &status, WCONTINUED);
            show("then", signal, status);
            if (write(told[1], "", 1) != 1) return 1;
            waitpid(pid, &status, 0);
            show("then", signal, status);
        }
        close(told[0]);
        close(told[1]);
    }
    pid_t pid = fork();
    if (pid == 0) {
        for (;;) pause();
    }
    siginfo_t info;
    kill(pid, SIGSTOP);
    memset(&info, 0, sizeof info);
    waitid(P_PID, (id_t)pid, &info, WSTOPPED);
    printf("waitid code %d status %d own child %d\n", info.si_code, info.si_status, info.si_pid == pid);
    kill(pid, SIGCONT);
    waitid(P_PID, (id_t)pid, &info, WCONTINUED);
    printf("waitid code %d status %d\n", info.si_code, info.si_status);
    kill(pid, SIGKILL);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    printf("waitid code %d status %d\n", info.si_code, info.si_status);
    waitid(P_PID, (id_t)pid, &info, WEXITED);
    printf("no more: %d %s\n", waitpid(-1, &status, 0), strerrorname_np(errno));

    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0) _exit(0);
    printf("ignored children: %d %s\n", waitpid(pid, &status, 0), strerrorname_np(errno));
    signal(SIGCHLD, SIG_DFL);

    int ends[2];
    (void)!pipe(ends);
    pid_t middle = fork();
    if (middle == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent) usleep(1000);
            (void)!write(ends[1], "o", 1);
            _exit(0);
        }
        _exit(7);
    }
    waitpid(middle, &status, 0);
    show("middle", 0, status);
    char byte = 0;
    (void)!read(ends[0], &byte, 1);
    printf("orphan says %c\n", byte);

    pid = fork();
    if (pid == 0) {
        atexit(at_exit_1);
        atexit(at_exit_2);
        printf("no newline");
        exit(9);
    }
    waitpid(pid, &status, 0);
    show("atexit", 0, status);
    pid = fork();
    if (pid == 0) abort();
    waitpid(pid, &status, 0);
    show("abort", 0, status);
    return 0;
}
