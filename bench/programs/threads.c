// The same work by one thread or by several: sums of their own, an atomic counter, a mutex. The first argument is the scale,
// the second the number of threads.
#include <pthread.h>
#include <stdatomic.h>

#include "bench/programs/workload.h"

enum { most_threads = 16, steps_between_atomics = 64, steps_between_locks = 1024 };

static _Atomic uint64_t counter;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t locked_sum;
static long steps_of_each;

static uint64_t share_of_work(uint64_t seed) {
    uint64_t sum = 0;
    for (long step = 1; step <= steps_of_each; ++step) {
        sum += next_random(&seed) >> 32;
        if (step % steps_between_atomics == 0) atomic_fetch_add(&counter, 1);
        if (step % steps_between_locks != 0) continue;
        pthread_mutex_lock(&mutex);
        locked_sum += sum & 0xff;
        pthread_mutex_unlock(&mutex);
    }
    return sum;
}

static void* run(void* seed) {
    return (void*)share_of_work((uintptr_t)seed);
}

int main(int argc, char** argv) {
    const int count = argc > 2 ? atoi(argv[2]) : 1;
    const long steps = scaled(argc, argv, 160000000);
    if (count < 1 || count > most_threads) return 1;
    steps_of_each = steps / count;
    pthread_t threads[most_threads];
    for (int i = 0; i < count; ++i) pthread_create(&threads[i], NULL, run, (void*)(uintptr_t)(i + 1));
    uint64_t sum = 0;
    for (int i = 0; i < count; ++i) {
        void* result;
        pthread_join(threads[i], &result);
        sum += (uintptr_t)result;
    }
    return print_checksum(sum + counter * 3 + locked_sum);
}
