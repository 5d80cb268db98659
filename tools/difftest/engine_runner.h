// Runs batches through one tier of lxr.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "jit/engine.h"
#include "jit/services.h"
#include "tools/difftest/machine_state.h"

namespace lxr::difftest {

/// Every tier that is compared with the CPU. A new tier joins with a row.
struct TierRow {
    std::string_view name;
    Tier tier;
    bool only_if_named = false;  // by --tier, because compiling takes long

    /// @param only_tier  what --tier says; empty for all.
    [[nodiscard]] constexpr bool is_chosen(std::string_view only_tier) const {
        return only_tier.empty() ? !only_if_named : name == only_tier;
    }
};
inline constexpr std::array compared_tiers = {TierRow{"interpreter", Tier::interpreter}, TierRow{"baseline", Tier::baseline},
                                              TierRow{"baseline-ir", Tier::baseline_ir},
                                              TierRow{"optimizing", Tier::optimizing, true}};

/// Ticks of the timer that interrupts what runs for too long (host::interrupt_endless_runs), and the state that it interrupts.
struct Patience {
    static constexpr std::uint32_t ticks_of_a_test = 3;
    std::atomic<std::uint32_t> ticks = 0;
    std::atomic<GuestState*> running = nullptr;
};
inline Patience patience;

/// An engine whose guest is the arena. Faults must be caught (host/native_child.h).
class EngineRunner : private Services {
public:
    explicit EngineRunner(Tier tier);

    /// Runs all tests of the batch. The result is valid until the next call.
    const std::vector<Outcome>& run(const Batch& batch);

private:
    void syscall(GuestState& state) override;
    void syscall_int80(GuestState& state) override;
    void fault(GuestState& state, const GuestFault& fault) override;
    void attention(GuestState& state) override;
    CodeBytes code_at(GuestAddress address) override;
    bool thread_should_exit(const GuestState& state) override;

    void run_test(const Test& test, Outcome& outcome);

    GuestState state_;
    Engine engine_;
    EngineThreadPointer thread_;
    std::vector<Outcome> outcomes_;
    const Batch* batch_ = nullptr;
    Outcome* outcome_ = nullptr;
    std::uint64_t visits_ = 0;      // of the dispatch loop in this test
    std::uint32_t first_tick_ = 0;  // when it began
};

}  // namespace lxr::difftest
