// Clocks go forward, sleeps last, limits and usage are reported, names of the system agree.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock) {
    struct timespec now;
    return clock_gettime(clock, &now) == 0 ? (double)now.tv_sec + (double)now.tv_nsec * 1e-9 : -1;
}

int main(void) {
    const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    for (int i = 0; i < 5; ++i) {
        double before = seconds(clocks[i]), after = before;
        for (int n = 0; n < 1000000 && after == before; ++n) after = seconds(clocks[i]);
        printf("clock %d goes forward: %d\n", i, after > before);
    }
    double before = seconds(CLOCK_MONOTONIC);
    struct timespec moment = {.tv_nsec = 30000000}, left;
    printf("nanosleep %d\n", nanosleep(&moment, &left));
    printf("lasted: %d\n", seconds(CLOCK_MONOTONIC) - before >= 0.03);
    struct timeval now;
    gettimeofday(&now, NULL);
    printf("same second: %d\n", labs(time(NULL) - now.tv_sec) <= 1);
    struct timespec resolution;
    clock_getres(CLOCK_MONOTONIC, &resolution);
    printf("resolution %ld\n", resolution.tv_nsec);
    printf("bad clock: %d\n", clock_gettime(99, &moment) == -1 ? errno : 0);
    printf("bad sleep: %d\n", nanosleep(&(struct timespec){.tv_nsec = -1}, NULL) == -1 ? errno : 0);
    for (int which = 0; which < RLIM_NLIMITS; ++which) {
        struct rlimit limit;
        getrlimit(which, &limit);
        printf("limit %d: %lx %lx\n", which, (long)limit.rlim_cur, (long)limit.rlim_max);
    }
    struct rlimit files = {100, 200};
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    printf("files %ld, beyond: %d\n", (long)files.rlim_cur, dup2(1, 150) == -1 ? errno : 0);
    struct rusage usage;
    struct tms process_times;
    printf("usage %d times %d\n", getrusage(RUSAGE_SELF, &usage), times(&process_times) != -1);
    struct utsname name;
    uname(&name);
    printf("%s %s %s %s\n", name.sysname, name.release, name.version, name.machine);
    printf("processors %ld %d\n", sysconf(_SC_NPROCESSORS_ONLN), get_nprocs());
    cpu_set_t set;
    printf("affinity %d\n", sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -1);
    prctl(PR_SET_NAME, "renamed");
    char text[20] = {0};
    prctl(PR_GET_NAME, text);
    printf("name %s dumpable %d\n", text, prctl(PR_GET_DUMPABLE));
    printf("nice %d priority %d\n", nice(1), getpriority(PRIO_PROCESS, 0));
    printf("unknown call: %ld %d\n", syscall(9999), errno);
    return 0;
}
