// The guest process: what all its threads share, and the engine's window on Linux.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "jit/engine.h"
#include "jit/services.h"
#include "lifter/support/result.h"
#include "runtime/address_space.h"
#include "runtime/guest_thread.h"
#include "runtime/options.h"

namespace lxr {

class SignalActions;

/// One per host process. Made by `start_process` (runtime/start.h) before any guest code runs.
class Process final : public Services {
public:
    Process(RuntimeOptions options, GuestWindow window);
    ~Process() override;

    const RuntimeOptions options;
    AddressSpace memory;
    std::unique_ptr<SignalActions> signal_actions;
    Engine engine;

    /// Absolute path of the program's file as /proc/self/exe shows it to the guest.
    std::string executable_path;
    /// Where the guest's vDSO was mapped (its restorer and functions); 0 if it was not.
    GuestAddress vdso_begin;
    /// Threads of the guest that have not ended: when the last one ends, so does the process.
    std::atomic<int> live_threads = 1;

    void syscall(GuestState& state) override;
    void syscall_int80(GuestState& state) override;
    void fault(GuestState& state, const GuestFault& fault) override;
    void attention(GuestState& state) override;
    CodeBytes code_at(GuestAddress address) override;
    CodeBytes code_to_keep(GuestAddress address) override;
    bool let_write(const GuestFault& fault) override;
    void host_thread_made() override;
    bool thread_should_exit(const GuestState& state) override;

    /// Ends the process with this status (exit_group(2)), after the reports that the user asked for.
    [[noreturn]] void end(int status);
    /// What --stat asks for; before the process ends in whatever way.
    void report_statistics() const;
};

}  // namespace lxr
