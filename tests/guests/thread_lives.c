// flags: -O1 -pthread -static
// flags: -O1 -pthread
// How threads begin and end: many of them, exit of the main thread, exit and fork and exec from a thread, raw clone, ids, cancellation.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_child(const char* what, void (*run)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        run();
        _exit(99);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void* add(void* argument) { return (char*)argument + 1; }
static void many(void) {
    long sum = 0;
    for (long round = 0; round < 20; ++round) {
        pthread_t threads[20];
        for (long i = 0; i < 20; ++i) pthread_create(&threads[i], NULL, add, (void*)(i * round));
        for (long i = 0; i < 20; ++i) {
            void* result;
            pthread_join(threads[i], &result);
            sum += (long)result;
        }
    }
    printf("sum %ld\n", sum);
}

static pthread_t main_thread;
static void* outlive_main(void* argument) {
    (void)argument;
    pthread_join(main_thread, NULL);
    usleep(10000);
    exit(23);
}
static void main_exits_first(void) {
    main_thread = pthread_self();
    pthread_t thread;
    pthread_create(&thread, NULL, outlive_main, NULL);
    pthread_exit(NULL);
}
static void* nap(void* argument) {
    usleep(10000);
    return argument;
}
static void all_exit(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, nap, NULL);
    pthread_exit(NULL);
}
static void* raw_exit(void* argument) {
    usleep(20000);
    syscall(SYS_exit, 31);
    return argument;
}
static void last_code_counts(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, raw_exit, NULL);
    syscall(SYS_exit, 30);
}
static void* exit_now(void* argument) {
    (void)argument;
    exit(17);
}
static void exit_from_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, exit_now, NULL);
    for (;;) pause();
}
static void* fork_now(void* argument) {
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        void* result;
        pthread_create(&thread, NULL, add, (void*)40);
        pthread_join(thread, &result);
        exit((int)(long)result + (getpid() == syscall(SYS_gettid)));
    }
    int status;
    waitpid(pid, &status, 0);
    *(int*)argument = WEXITSTATUS(status);
    return NULL;
}
static void fork_from_thread(void) {
    pthread_t thread;
    int code = 0;
    pthread_create(&thread, NULL, fork_now, &code);
    pthread_join(thread, NULL);
    exit(code);
}
static void* exec_now(void* argument) {
    execl("/bin/sh", "sh", "-c", "exit 19", NULL);
    return argument;
}
static void exec_from_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, exec_now, NULL);
    for (;;) pause();
}
static void* fault_now(void* argument) {
    *(volatile int*)argument = 1;
    return NULL;
}
static void fault_in_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, fault_now, NULL);
    pthread_join(thread, NULL);
}

static volatile int word = 1, cleared = 77, parent_word;
static int raw_thread(void* argument) {
    parent_word += *(int*)argument;
    __atomic_store_n(&word, 0, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
    syscall(SYS_exit, 0);
    return 0;
}
static void raw_clone(void) {
    char* stack = mmap(NULL, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int amount = 5, parent_tid = 0;
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD | CLONE_PARENT_SETTID |
                      CLONE_CHILD_CLEARTID;
    int tid = clone(raw_thread, stack + 65536, flags, &amount, &parent_tid, NULL, &cleared);
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) != 0) syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0);
    for (int seen; (seen = __atomic_load_n(&cleared, __ATOMIC_SEQ_CST)) != 0;) {
        syscall(SYS_futex, &cleared, FUTEX_WAIT, seen, NULL, NULL, 0);
    }
    printf("raw thread: same id %d, word %d, cleared %d, sum %d\n", tid == parent_tid, word, cleared, parent_word);
    printf("contradictory flags: %d", clone(raw_thread, stack + 65536, CLONE_THREAD, &amount));
    printf(" %s\n", strerrorname_np(errno));
}

static pthread_barrier_t barrier;
static void cleanup(void* argument) { printf("cleanup %s\n", (char*)argument); }
static void* cancelled(void* argument) {
    pthread_cleanup_push(cleanup, argument);
    pthread_barrier_wait(&barrier);
    for (;;) pause();
    pthread_cleanup_pop(0);
}
static void* cancelled_asynchronously(void* argument) {
    pthread_cleanup_push(cleanup, argument);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_barrier_wait(&barrier);
    for (volatile long i = 0;; ++i) {
    }
    pthread_cleanup_pop(0);
}
static void cancel(void* (*body)(void*), char* name) {
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t thread;
    void* result;
    pthread_create(&thread, NULL, body, name);
    pthread_barrier_wait(&barrier);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("%s cancelled %d\n", name, result == PTHREAD_CANCELED);
}

static pthread_t signalled_thread;
static volatile int right_thread;
static void on_signal(int signal) { right_thread += pthread_equal(pthread_self(), signalled_thread) ? signal : -1000; }
static void* wait_for_signal(void* argument) {
    sigset_t none;
    sigemptyset(&none);
    pthread_barrier_wait(&barrier);
    sigsuspend(&none);  // blocked until here: it cannot come too early
    return argument;
}
static void* wait_with_sigwait(void* argument) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    int signal = 0;
    sigwait(&set, &signal);
    *(int*)argument = signal;
    return NULL;
}
static void signals(void) {
    pthread_barrier_init(&barrier, NULL, 2);
    signal(SIGUSR1, on_signal);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&signalled_thread, NULL, wait_for_signal, NULL);
    pthread_barrier_wait(&barrier);
    usleep(20000);
    pthread_kill(signalled_thread, SIGUSR1);
    pthread_join(signalled_thread, NULL);
    printf("pthread_kill: %d\n", right_thread);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t thread;
    int got = 0;
    pthread_create(&thread, NULL, wait_with_sigwait, &got);
    kill(getpid(), SIGUSR2);
    pthread_join(thread, NULL);
    printf("sigwait in a thread: %d\n", got);
    printf("kill of an ended thread: %s\n", syscall(SYS_tgkill, getpid(), 0x3ffffff, 0) ? strerrorname_np(errno) : "0");
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long count;
static __thread long own = 5;
static void* work(void* argument) {
    for (int i = 0; i < 2000; ++i) {
        pthread_mutex_lock(&mutex);
        ++count;
        ++own;
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    ++*(int*)argument;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return (void*)own;
}
static void locks(void) {
    pthread_t threads[4];
    int done = 0;
    for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, work, &done);
    pthread_mutex_lock(&mutex);
    while (done < 4) pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    long sum = 0;
    for (int i = 0; i < 4; ++i) {
        void* result;
        pthread_join(threads[i], &result);
        sum += (long)result;
    }
    printf("count %ld own %ld sum %ld\n", count, own, sum);
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    many();
    run_child("main exits first", main_exits_first);
    run_child("all exit", all_exit);
    run_child("last code counts", last_code_counts);
    run_child("exit from thread", exit_from_thread);
    run_child("fork from thread", fork_from_thread);
    run_child("exec from thread", exec_from_thread);
    run_child("fault in thread", fault_in_thread);
    raw_clone();
    cancel(cancelled, "waiting thread");
    cancel(cancelled_asynchronously, "busy thread");
    signals();
    locks();
    return 0;
}
