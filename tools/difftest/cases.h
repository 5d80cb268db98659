// The one-line cases of tests/instructions/, assembled at build time, on the CPU and through every tier.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lxr::difftest {

struct CaseOptions {
    std::string name;  // regular expression that "file:line" or the assembly must contain
    std::string tier;  // only this one, if not empty
    std::uint64_t seed = 1;
};

struct CaseResult {
    std::size_t cases = 0;
    std::size_t comparisons = 0;
    std::size_t failed_cases = 0;
};

/// Runs the cases and prints those that differ.
CaseResult run_cases(const CaseOptions& options);

}  // namespace lxr::difftest
