// The mode for random bytes as whole programs: each string is an ELF file of its own, run natively and under lxr in a process
// each, and both must end in the same way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/difftest/forms.h"

namespace lxr::difftest {

struct RandomProgramsOptions {
    std::uint64_t seed = 1;
    std::uint64_t programs = 0;
    std::uint64_t first = 0;  // number of the first program, to repeat one
    std::string lxr;          // path of the lxr to test
    std::string tier = "auto";
};

/// Runs the programs and prints how they ended, and which ended otherwise under lxr.
/// @return false if one did.
bool run_random_programs(const std::vector<Form>& forms, const RandomProgramsOptions& options);

}  // namespace lxr::difftest
