// Unwinding through a signal frame: backtrace, a C++ exception thrown from a handler, forced unwinding of a cancelled thread.
// flags: -O1 -fnon-call-exceptions -fasynchronous-unwind-tables -static
// flags: -O1 -fnon-call-exceptions -fasynchronous-unwind-tables
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include <unwind.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

namespace {

void* frames[64];
int frame_count;

__attribute__((noinline)) void innermost() {
    frame_count = backtrace(frames, 64);
}

void on_usr1(int) { innermost(); }


__attribute__((noinline)) void interrupted() {
    raise(SIGUSR1);
    asm volatile("");
}

__attribute__((noinline)) void outer() {
    interrupted();
    asm volatile("");
}

// Of two small functions side by side, the one that begins nearest below the address.
char function_of(void* address) {
    const auto pc = reinterpret_cast<std::uintptr_t>(address);
    const auto inner = pc - reinterpret_cast<std::uintptr_t>(interrupted), further_out = pc - reinterpret_cast<std::uintptr_t>(outer);
    constexpr std::uintptr_t small = 100;
    if (inner >= small && further_out >= small) return '-';
    return inner < further_out ? 'i' : 'o';
}

struct Guard {
    const char* name;
    ~Guard() { std::printf("guard %s\n", name); }
};

void throw_from_handler(int signal, siginfo_t* info, void*) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    throw std::runtime_error(signal == SIGSEGV ? (info->si_addr == nullptr ? "null" : "address") : "arithmetic");
}

__attribute__((noinline)) int dereference(volatile int* pointer) {
    Guard guard{"dereference"};
    return *pointer;
}

__attribute__((noinline)) int divide(volatile int a, volatile int b) {
    Guard guard{"divide"};
    return a / b;
}

void* cancelled(void*) {
    Guard guard{"cancelled thread"};
    for (;;) pause();
}

}  // namespace

int main() {
    signal(SIGUSR1, on_usr1);
    outer();
    std::printf("backtrace: ");
    for (int i = 0; i < frame_count; ++i) {
        if (function_of(frames[i]) != '-') std::printf("%c", function_of(frames[i]));
    }
    std::printf("\n");

    struct sigaction action = {};
    action.sa_sigaction = throw_from_handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGFPE, &action, nullptr);
    for (int i = 0; i < 3; ++i) {
        try {
            std::printf("%d\n", dereference(nullptr));
        } catch (const std::exception& error) {
            std::printf("caught %s\n", error.what());
        }
        try {
            std::printf("%d\n", divide(7, i - i));
        } catch (const std::exception& error) {
            std::printf("caught %s\n", error.what());
        }
    }
    pthread_t thread;
    pthread_create(&thread, nullptr, cancelled, nullptr);
    usleep(20000);
    pthread_cancel(thread);
    void* result;
    pthread_join(thread, &result);
    std::printf("cancelled %d\n", result == PTHREAD_CANCELED);
    return 0;
}
