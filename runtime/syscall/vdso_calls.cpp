// Time and place, from the host's own vDSO through the C library: no entry into the kernel for the usual clocks.
#include "runtime/syscall/vdso_calls.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

std::uint64_t status_of(int returned) {
    return static_cast<std::uint64_t>(returned == 0 ? 0 : -errno);
}

void answer_time(GuestState& state, std::uint64_t status, const timespec& value) {
    state[Gpr::rax] = status;
    state[Gpr::rdx] = static_cast<std::uint64_t>(value.tv_sec);
    state[Gpr::r8] = static_cast<std::uint64_t>(value.tv_nsec);
}

void gettimeofday(GuestState& state) {
    constexpr long ns_in_us = 1000;
    timespec now{};
    const auto status = status_of(clock_gettime(CLOCK_REALTIME, &now));
    answer_time(state, status, {.tv_sec = now.tv_sec, .tv_nsec = now.tv_nsec / ns_in_us});
    if (state[Gpr::rsi] == 0) return;
    // The C library's function does not tell the kernel's time zone.
    std::array<std::uint32_t, 2> zone{};
    host_syscall(SYS_gettimeofday, 0, reinterpret_cast<std::uint64_t>(zone.data()));
    state[Gpr::r9] = zone[0] | std::uint64_t{zone[1]} << 32;
}

void time(GuestState& state) {
    state[Gpr::rax] = static_cast<std::uint64_t>(::time(nullptr));
}

void clock_gettime(GuestState& state) {
    timespec now{};
    const auto status = status_of(::clock_gettime(static_cast<clockid_t>(state[Gpr::rdi]), &now));
    answer_time(state, status, now);
}

void clock_getres(GuestState& state) {
    timespec resolution{};
    const auto status = status_of(::clock_getres(static_cast<clockid_t>(state[Gpr::rdi]), &resolution));
    answer_time(state, status, resolution);
}

void getcpu(GuestState& state) {
    unsigned processor = 0;
    unsigned node = 0;
    state[Gpr::rax] = status_of(::getcpu(&processor, &node));
    state[Gpr::rdx] = processor;
    state[Gpr::r8] = node;
}

}  // namespace

void answer_vdso_call(GuestState& state) {
    static constexpr std::array<void (*)(GuestState&), LXR_VDSO_CALL_COUNT> answers = {gettimeofday, time, clock_gettime,
                                                                                       clock_getres, getcpu};
    answers.at(state[Gpr::rax] - LXR_VDSO_CALLS)(state);
}

}  // namespace lxr
