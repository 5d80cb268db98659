// What the host's emitter and the lifter say of each instruction.
#include "jit/optimizing/path.h"

#include <algorithm>
#include <unordered_map>

#include "jit/host/block_emitter.h"
#include "lifter/lift.h"

namespace lxr::optimizing {

double baseline_overhead(const Path& path, Services& services) {
    if (path.empty()) return 0;
    unsigned sum = 0;
    for (const auto address : path) sum += host::overhead_of(services.code_at(address).bytes, address);
    return static_cast<double>(sum) / static_cast<double>(path.size());
}

namespace {

bool is_indirect_jump(GuestAddress address, Services& services) {
    const auto block = lift_block(services.code_at(address).bytes, address, {.instructions = 1, .reports_missing = false});
    return std::ranges::find(block.operations, ir::Opcode::jump_indirect, &ir::Operation::opcode) != block.operations.end();
}

}  // namespace

bool jumps_to_many_places(const Path& path, Services& services) {
    std::unordered_map<std::uint64_t, GuestAddress> seen;  // where each instruction went first
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        const auto [first, is_new] = seen.emplace(path[i].value(), path[i + 1]);
        if (!is_new && first->second != path[i + 1] && is_indirect_jump(path[i], services)) return true;
    }
    return false;
}

}  // namespace lxr::optimizing
