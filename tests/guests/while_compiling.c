// flags: -O1
// flags: -O1 -static
// What the optimiser's process or the thread that waits for it would disturb, each done while a loop is being compiled.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned sum;
static volatile int children_ended;

static void count_child(int signal) { children_ended += signal == SIGCHLD; }

// Loops that nobody has been in: the next one is hot after some rounds, and being compiled when the call comes.
#define STEP(n) sum = sum * 31 + (sum >> (n % 7)) + n;
#define STEPS(n) STEP(n) STEP(n + 1) STEP(n + 2) STEP(n + 3) STEP(n + 4) STEP(n + 5) STEP(n + 6) STEP(n + 7)
#define LOOP(n) \
    static __attribute__((noinline)) void loop_##n(void) { \
        for (int i = 0; i < 2000; ++i) { STEPS(n) STEPS(n + 8) STEPS(n + 16) } \
    }
LOOP(1) LOOP(2) LOOP(3) LOOP(4) LOOP(5) LOOP(6) LOOP(7) LOOP(8) LOOP(9) LOOP(10) LOOP(11) LOOP(12)
static void (*const loops[])(void) = {loop_1, loop_2, loop_3, loop_4, loop_5, loop_6, loop_7, loop_8, loop_9, loop_10, loop_11, loop_12};

static void heat(void) {
    static unsigned next;
    loops[next++ % (sizeof loops / sizeof *loops)]();
}

static void show(const char* what, long result) { printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done"); }

static void show_status(const char* what, int status) {
    printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void in_child(const char* what, void (*body)(void)) {
    fflush(stdout);
    heat();
    const pid_t pid = fork();
    if (pid == 0) {
        heat();
        body();
        fflush(stdout);
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    show_status(what, status);
}

static int lines_of_all_threads(const char* line) {
    int found = 0;
    DIR* threads = opendir("/proc/self/task");
    for (struct dirent* entry; (entry = readdir(threads)) != NULL;) {
        char path[300], text[4096] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        const int fd = open(path, O_RDONLY);
        if (entry->d_name[0] == '.' || fd < 0) continue;
        if (read(fd, text, sizeof text - 1) > 0 && strstr(text, line) == NULL) ++found;
        close(fd);
    }
    closedir(threads);
    return found;
}

static void none(void) {}

static void user_namespace(void) { show("unshare", unshare(CLONE_NEWUSER)); }

static void mount_namespace(void) {
    const int fd = open("/proc/self/ns/mnt", O_RDONLY);
    heat();
    show("setns", setns(fd, CLONE_NEWNS));
}

static void process_namespace(void) {
    show("unshare", unshare(CLONE_NEWPID));
    heat();
    const pid_t pid = fork();
    if (pid == 0) _exit(getpid() == 1 ? 3 : 4);
    int status = -1;
    waitpid(pid, &status, 0);
    show_status("first of the namespace", status);
}

static void other_root(void) {
    show("chroot", chroot("/proc"));
    heat();
    show("a file of it", access("/self/exe", F_OK));
}

static void other_user(void) {
    show("setuid", setuid(65534));
    printf("threads of another user: %d\n", lines_of_all_threads("\nUid:\t65534\t65534\t65534\t65534\n"));
    heat();
    printf("threads of another user: %d\n", lines_of_all_threads("\nUid:\t65534\t65534\t65534\t65534\n"));
}

static void limited_memory(void) {
    const struct rlimit limit = {300 << 20, 300 << 20};
    show("setrlimit", setrlimit(RLIMIT_AS, &limit));
    heat();
    void* const memory = malloc(100 << 20);
    show("malloc", memory == NULL ? -1 : 0);
}

static void reaper(void) {
    show("prctl", prctl(PR_SET_CHILD_SUBREAPER, 1));
    heat();
    show("wait", wait4(-1, NULL, WNOHANG, NULL));
}

static void signal_to_group(void) {
    setpgid(0, 0);
    signal(SIGTERM, SIG_IGN);
    show("kill", kill(0, SIGTERM));
    heat();
}

static void in_signalled_group(void) {
    setpgid(0, 0);
    kill(0, SIGTERM);
}

static void nobody_to_wait_for(void) {
    static const struct { const char* name; int options; } rows[] = {{"wait", 0}, {"wait with __WNOTHREAD", __WNOTHREAD}, {"wait with __WALL", __WALL}, {"wait with __WCLONE", __WCLONE}};
    for (unsigned i = 0; i < 4; ++i) {
        show(rows[i].name, wait4(-1, NULL, rows[i].options, NULL));
        heat();
    }
    siginfo_t info;
    show("waitid", waitid(P_ALL, 0, &info, WEXITED | __WALL));
}

int main(int argc, char** argv) {
    if (argc > 1) {
        heat();
        show("wait after execve", wait(NULL));
        return argc;
    }
    struct rusage usage;
    heat();
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("used by children: %ld s, %ld us, %ld KB\n", usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec, usage.ru_maxrss);
    signal(SIGCHLD, count_child);
    in_child("child", none);
    in_child("waiting", nobody_to_wait_for);
    in_child("user namespace", user_namespace);
    in_child("mount namespace", mount_namespace);
    in_child("process namespace", process_namespace);
    in_child("root", other_root);
    in_child("user", other_user);
    in_child("memory", limited_memory);
    in_child("subreaper", reaper);
    in_child("process group", signal_to_group);
    in_child("killed group", in_signalled_group);
    show("wait", wait(NULL));
    printf("children ended: %d\n", children_ended);
    fflush(stdout);

    heat();
    const pid_t pid = vfork();
    if (pid == 0) {
        execl("/proc/self/exe", argv[0], "by vfork", NULL);
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    show_status("vfork and execve", status);
    printf("sum %u\n", sum);
    fflush(stdout);
    heat();
    execl("/proc/self/exe", argv[0], "in place", NULL);
    return 1;
}
