// The mode for bytes that nobody meant as code: they run in each tier of this process, one string after the other, and nothing
// but a guest fault, a system call or the end of patience may end them. Nothing is compared.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/difftest/forms.h"

namespace lxr::difftest {

struct RandomBytesOptions {
    std::uint64_t seed = 1;
    std::uint64_t strings = 0;
    std::uint64_t first = 0;  // number of the first string, to repeat one
    std::string tier;         // only this one, if not empty
};

/// Runs the strings in a child process and prints how they ended.
/// @return false if one of them ended the process; its number is printed then.
bool run_random_bytes(const std::vector<Form>& forms, const RandomBytesOptions& options);

}  // namespace lxr::difftest
