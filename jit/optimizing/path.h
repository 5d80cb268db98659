// What the guest was seen to do.
#pragma once

#include <vector>

#include "jit/services.h"
#include "lifter/support/address.h"

namespace lxr::optimizing {

/// The addresses of the instructions that a thread executed, in that order.
using Path = std::vector<GuestAddress>;

std::size_t distinct_instructions(const Path& path);

/// About how many host instructions baseline code runs for each of the path's instructions, beside those that are the guest's
/// own: what a region could save at all.
double baseline_overhead(const Path& path, Services& services);

/// How many of the path's instructions access the stack at a constant distance from RSP or RBP, as a part of them: local
/// variables, which a region with plain accesses (RegionRequest::ordered) keeps in registers.
double stack_accesses(const Path& path, Services& services);

/// Of one indirect jump or call: so many a region follows, and asks for them in turn. The host predicts these questions better
/// than it does an indirect jump, while they are few.
inline constexpr std::size_t most_targets = 8;
/// True if an indirect jump or call of the path, other than a return, went to more places.
bool jumps_to_many_places(const Path& path, Services& services);

/// Where a region of a path is entered, and the part of the path that it shall cover.
struct Loop {
    GuestAddress header;
    Path rounds;
};

/// The widest loop that was seen to go round and come to the path's first block, of at most so many instructions a round, and
/// of these one of the outermost function: a function that is called in a loop is part of the loop's region.
/// @return the path's beginning and all of it, if it shows no such loop.
Loop loop_of(const Path& path, std::size_t most_instructions, Services& services);

}  // namespace lxr::optimizing
