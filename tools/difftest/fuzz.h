// The random mode: encodings and states of each form, run on the CPU and through every tier.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/difftest/engine_runner.h"
#include "tools/difftest/forms.h"
#include "tools/difftest/native.h"

namespace lxr::difftest {

struct FuzzOptions {
    std::uint64_t seed = 1;
    std::string form = ".*";             // regular expression that a form's name must contain
    std::uint64_t states = 256;          // of each form
    unsigned details = 1;                // how many differences of each form are shown in full
    std::optional<std::uint64_t> batch;  // only this one, as a difference is reported with it
    std::string tier;                    // only this one, if not empty
};

struct FormResult {
    std::string form;
    std::string tier;
    std::uint64_t comparisons = 0;
    std::uint64_t differences = 0;
    std::uint64_t faults = 0;  // of the comparisons, those that ended with a fault natively
};

/// True if the host has taken what lxr's processor, like Intel's, refuses: AMD's MXCSR has one bit more.
inline bool is_of_vendor(const Outcome& native) {
    return (native.after.mxcsr & ~mxcsr_mask) != 0;
}

/// The runners that comparisons need; made once.
class Comparison {
public:
    explicit Comparison(const std::string& only_tier);

    /// Runs the batch that `fill` has put into `native.batch()`, and calls report(tier name, test number, native outcome,
    /// lxr's outcome) for each. @return false if the child died or hung, twice; nothing is reported then.
    template <typename Report>
    bool run(const Report& report) {
        native.start();
        for (auto& tier : tiers_) tier.outcomes = &tier.runner->run(native.batch());
        if (!native.finish()) {  // a machine that is busy with other things may have starved it
            native.start();
            if (!native.finish()) return false;
        }
        for (const auto& tier : tiers_) {
            for (std::uint32_t i = 0; i < native.batch().count; ++i) {
                if (is_of_vendor(native.batch().native[i])) continue;
                report(tier.name, i, native.batch().native[i], (*tier.outcomes)[i]);
            }
        }
        return true;
    }

    NativeRunner native;

private:
    struct TierRunner {
        std::string_view name;
        std::unique_ptr<EngineRunner> runner;
        const std::vector<Outcome>* outcomes = nullptr;
    };
    std::vector<TierRunner> tiers_;
};

/// The reason why the mnemonic is not compared; empty if it is.
std::string_view exclusion(Mnemonic mnemonic);

/// Fuzzes the forms and prints differences as they are found.
std::vector<FormResult> fuzz(const std::vector<Form>& forms, const FuzzOptions& options);

}  // namespace lxr::difftest
