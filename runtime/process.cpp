// What the engine asks of Linux, handed on: system calls (runtime/syscall/dispatch.cpp), signals and faults to runtime/signal/,
// code to the address space. Called by the engine.
#include "runtime/process.h"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "lifter/support/log.h"
#include "runtime/execve.h"
#include "runtime/guest_memory.h"
#include "runtime/signal/delivery.h"
#include "runtime/signal/host_handler.h"
#include "runtime/signal/signal_actions.h"
#include "runtime/signal/thread_signals.h"

namespace lxr {

namespace {

EngineOptions engine_options(const RuntimeOptions& options) {
    auto engine = options.engine;
    engine.times_translation = options.statistics;
    return engine;
}

}  // namespace

Process::Process(RuntimeOptions given_options, GuestWindow window)
    : options(std::move(given_options)),
      memory(window, [this](GuestAddress begin, std::uint64_t size_bytes) { engine.invalidate(begin, size_bytes); }),
      signal_actions(std::make_unique<SignalActions>(options.ignored_synchronous_signals)),
      engine(*this, engine_options(options)) {
    set_guest_write_permission([this](GuestAddress begin) { return memory.let_kernel_write(begin); });
}

Process::~Process() = default;

void Process::fault(GuestState& state, const GuestFault& fault) {
    deliver_fault(GuestThread::of(state), fault);
}

void Process::attention(GuestState& state) {
    deliver_signals(GuestThread::of(state));
}

CodeBytes Process::code_at(GuestAddress address) {
    return memory.code_at(address);
}

CodeBytes Process::code_to_keep(GuestAddress address) {
    return memory.code_to_keep(address);
}

bool Process::let_write(const GuestFault& fault) {
    return fault.host_signal == SIGSEGV && fault.host_code == SEGV_ACCERR && memory.let_write(fault.address);
}

void Process::host_thread_made() {
    constexpr int set_ids_in_threads = 33;  // glibc's SIGSETXID, which it handles from its first pthread_create on
    set_host_disposition(set_ids_in_threads, signal_actions->get(set_ids_in_threads));
}

bool Process::thread_should_exit(const GuestState& state) {
    return static_cast<const GuestThread&>(state).exiting;
}

void Process::end(int status) {
    report_statistics();
    engine.begin_alone();
    for (;;) host_syscall(SYS_exit_group, static_cast<std::uint64_t>(status));
}

void Process::report_statistics() const {
    if (!options.statistics) return;
    const EngineStatistics statistics = engine.statistics();
    write_log_line(LogCategory::jit,
                   fmt::format("baseline: {} blocks of {} guest instructions, {} bytes of code, entered {} times",
                               statistics.baseline_blocks, statistics.baseline_instructions, statistics.baseline_code_bytes,
                               statistics.baseline_entries));
    const auto guard = memory.guard_statistics();
    if (guard.guarded > 0) {
        write_log_line(LogCategory::jit, fmt::format("changing code: pages guarded {} times, {} write faults", guard.guarded,
                                                     guard.write_faults));
    }
    if (statistics.comparing_blocks > 0) {
        write_log_line(LogCategory::jit, fmt::format("changing code: {} blocks compare their bytes, {} found them changed",
                                                     statistics.comparing_blocks, statistics.changed_blocks));
    }
    for (const auto& line : engine.region_lines()) write_log_line(LogCategory::jit, line);
    write_log_line(LogCategory::jit,
                   fmt::format("interpreter: {} blocks of {} guest instructions ({} bytes)", statistics.blocks_translated,
                               statistics.guest_instructions_translated, statistics.guest_bytes_translated));
    const auto seconds = static_cast<double>(std::max<std::uint64_t>(statistics.translation_ns, 1)) / 1e9;
    write_log_line(
        LogCategory::jit,
        fmt::format("translation took {} us: {:.2f} million guest instructions a second; {} invalidations",
                    statistics.translation_ns / 1000, static_cast<double>(statistics.instructions_in_that_time) / seconds / 1e6,
                    statistics.invalidations));
}

}  // namespace lxr
