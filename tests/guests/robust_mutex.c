// A robust mutex whose owner ends, in a thread and in another process: the kernel walks the robust list.
// flags: -O1 -pthread
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t* mutex;

static void* lock_and_leave(void* unused) {
    pthread_mutex_lock(mutex);
    return unused;
}

static void inherit(const char* from) {
    int result = pthread_mutex_lock(mutex);
    printf("%s: owner died: %d\n", from, result == EOWNERDEAD);
    pthread_mutex_consistent(mutex);
    pthread_mutex_unlock(mutex);
}

int main(void) {
    mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attributes);
    pthread_t thread;
    pthread_create(&thread, NULL, lock_and_leave, NULL);
    pthread_join(thread, NULL);
    inherit("thread");
    if (fork() == 0) {
        lock_and_leave(NULL);
        _exit(0);
    }
    wait(NULL);
    inherit("process");
    return 0;
}
