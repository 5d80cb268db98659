// The random mode: encodings and states of each form, run on the CPU and through every tier.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
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
    std::string record;                  // file to write what the CPU did to, if not empty
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

    /// Runs the batch that has been put into `native.batch()`, and calls report(tier name, test number, native outcome, lxr's
    /// outcome) for each. @return false if the child died or hung, twice; nothing is reported then.
    template <typename Report>
    bool run(const Report& report) {
        native.start();
        run_tiers();
        if (!native.finish()) {  // a machine that is busy with other things may have starved it
            native.start();
            if (!native.finish()) return false;
        }
        tell(report);
        return true;
    }

    /// The same with native outcomes that are already in the batch.
    template <typename Report>
    void run_recorded(const Report& report) {
        run_tiers();
        tell(report);
    }

    NativeRunner native;

private:
    void run_tiers() {
        for (auto& tier : tiers_) tier.outcomes = &tier.runner->run(native.batch());
    }

    template <typename Report>
    void tell(const Report& report) {
        for (const auto& tier : tiers_) {
            for (std::uint32_t i = 0; i < native.batch().count; ++i) {
                if (is_of_vendor(native.batch().native[i])) continue;
                report(tier.name, i, native.batch().native[i], (*tier.outcomes)[i]);
            }
        }
    }

    struct TierRunner {
        std::string_view name;
        std::unique_ptr<EngineRunner> runner;
        const std::vector<Outcome>* outcomes = nullptr;
    };
    std::vector<TierRunner> tiers_;
};

/// True if both have faulted, and no more can be compared (unordered_accesses.inc).
bool are_unordered_faults(Mnemonic mnemonic, const Outcome& native, const Outcome& lxr);

/// What could not be compared on this host, which is told in the end.
class FeaturesMissing {
public:
    FeaturesMissing() = default;
    ~FeaturesMissing();
    FeaturesMissing(const FeaturesMissing&) = delete;
    FeaturesMissing& operator=(const FeaturesMissing&) = delete;

    void note(std::string_view feature);
    /// Notes the feature that the form belongs to if the host lacks it.
    bool is_missing_for(const Form& form);

private:
    std::vector<std::string> names_;
};

/// The reason why the mnemonic is not compared; empty if it is.
std::string_view exclusion(Mnemonic mnemonic);

/// Fuzzes the forms and prints differences as they are found.
/// Errors: a sentence, if the record cannot be written.
std::expected<std::vector<FormResult>, std::string> fuzz(const std::vector<Form>& forms, const FuzzOptions& options);

/// Compares the tiers with what `FuzzOptions::record` has written, perhaps on another machine.
/// Errors: a sentence, if the file cannot be read or is no record of this format.
std::expected<std::vector<FormResult>, std::string> replay(const std::string& path, const FuzzOptions& options);

}  // namespace lxr::difftest
