// pthreads: mutexes, condition variables, read-write locks, barriers, once, thread-local storage, keys, join and detach, cancel.
// flags: -O1 -static -pthread
// flags: -O1 -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { workers = 8, rounds = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static pthread_key_t key;
static _Thread_local long local = 100;
static long guarded, turn, once_calls, destroyed;
static atomic_long lock_free;
static sem_t tokens;

static void count_once(void) { ++once_calls; }
static void destroy(void* value) {
    pthread_mutex_lock(&mutex);
    destroyed += (long)value;
    pthread_mutex_unlock(&mutex);
}

static void* work(void* argument) {
    long number = (long)argument;
    pthread_once(&once, count_once);
    pthread_setspecific(key, (void*)(number + 1));
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < rounds; ++i) {
        pthread_mutex_lock(&mutex);
        ++guarded;
        pthread_mutex_unlock(&mutex);
        atomic_fetch_add(&lock_free, number);
        local += number;
    }
    pthread_mutex_lock(&mutex);
    while (turn != number) pthread_cond_wait(&changed, &mutex);
    printf("thread %ld in its turn, local %ld\n", number, local);
    ++turn;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    sem_post(&tokens);
    return (void*)(local * 2);
}

static void* sleep_forever(void* argument) {
    sem_post(&tokens);
    while (1) pause();
    return argument;
}

static void cancel_one(void) {
    pthread_t thread;
    void* result;
    pthread_create(&thread, NULL, sleep_forever, NULL);
    sem_wait(&tokens);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled: %d\n", result == PTHREAD_CANCELED);
}

static void time_out(void) {
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 20000000;
    if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    int result = pthread_cond_timedwait(&changed, &mutex, &soon);
    pthread_mutex_unlock(&mutex);
    printf("timed out: %d\n", result == ETIMEDOUT);
}

int main(void) {
    pthread_t threads[workers];
    pthread_barrier_init(&barrier, NULL, workers);
    pthread_key_create(&key, destroy);
    sem_init(&tokens, 0, 0);
    for (long i = 0; i < workers; ++i) pthread_create(&threads[i], NULL, work, (void*)i);
    long sum = 0;
    for (int i = 0; i < workers; ++i) {
        void* result;
        pthread_join(threads[i], &result);
        sum += (long)result;
        sem_wait(&tokens);
    }
    printf("guarded %ld, lock-free %ld, sum %ld, once %ld, destroyed %ld, local %ld\n", guarded, atomic_load(&lock_free), sum,
           once_calls, destroyed, local);
    cancel_one();
    time_out();
    return 0;
}
