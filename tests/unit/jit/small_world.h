// A world of a few lines for the engine: code in an array, which ends at SYSCALL or a fault.
#pragma once

#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "jit/engine.h"

namespace lxr {

class SmallWorld : public Services {
public:
    static constexpr std::uint64_t code_begin = 0x10000;

    SmallWorld(EngineOptions options, std::initializer_list<unsigned> code) : engine_(*this, std::move(options)) {
        for (const unsigned byte : code) code_.push_back(static_cast<std::byte>(byte));
        state.rip = code_begin;
    }

    /// Runs until the code makes a system call or faults.
    void run() {
        const auto thread = engine_.make_thread(state);
        engine_.run(*thread);
        statistics = engine_.statistics();
    }

    GuestState state;
    std::optional<GuestFault> fault_met;
    bool syscall_made = false;
    EngineStatistics statistics;

protected:
    CodeBytes code_at(GuestAddress address) override {
        const auto offset = address.value() - code_begin;
        if (offset >= code_.size()) return {.bytes = {}, .fault = {.vector = ExceptionVector::page_fault, .address = address}};
        return {.bytes = std::span(code_).subspan(offset)};
    }
    void change_code(std::size_t offset, unsigned value) { code_[offset] = static_cast<std::byte>(value); }

private:
    void syscall(GuestState&) override { syscall_made = true; }
    void syscall_int80(GuestState&) override { syscall_made = true; }
    void fault(GuestState&, const GuestFault& fault) override { fault_met = fault; }
    void attention(GuestState& guest) override { guest.attention = 0; }
    bool thread_should_exit(const GuestState&) override { return syscall_made || fault_met; }

    std::vector<std::byte> code_;
    Engine engine_;
};

}  // namespace lxr
