// Values that find bugs: edges first, then random ones of every width.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/guest_state.h"
#include "tools/difftest/random.h"

namespace lxr::difftest {

/// 0, 1, -1, sign bits and their neighbours, widths and their neighbours.
std::span<const std::uint64_t> edge_words();

std::uint64_t random_word(Random& random);

/// Fills memory or a vector register: integer lanes, floats, or noise.
void fill_lanes(Random& random, std::span<std::byte> bytes);

/// An 80-bit number of any class, unsupported encodings included.
X87Register random_x87(Random& random);

}  // namespace lxr::difftest
