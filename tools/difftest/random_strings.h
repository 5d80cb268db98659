// Strings of bytes that nobody meant as code, and states to run them from. Used by random_bytes.cpp and random_programs.cpp.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/difftest/forms.h"
#include "tools/difftest/machine_state.h"

namespace lxr::difftest {

using Bytes = std::vector<std::byte>;

/// A string for arena::usual_entry: less than 100 bytes, of which the last are landing pads.
Bytes random_string(const std::vector<Form>& forms, Random& random);

/// Registers point into the data more often than not, so that more than the first instruction runs.
Test random_start(Random& random);

}  // namespace lxr::difftest
