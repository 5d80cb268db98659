// Which instructions the host can be asked about: lxr's interpreter has some that not every processor has.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace lxr::difftest {

/// The name of the feature (lifter/cpu_features.inc) that the instruction belongs to and this host lacks; empty if it has it,
/// and for what is no instruction.
std::string_view feature_missing_for(std::span<const std::byte> instruction);

}  // namespace lxr::difftest
