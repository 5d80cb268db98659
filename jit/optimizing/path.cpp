// What the host's emitter and the lifter say of each instruction.
#include "jit/optimizing/path.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

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

/// Whether the instruction has such an operation.
bool has(ir::Opcode opcode, GuestAddress address, Services& services) {
    const auto block = lift_block(services.code_at(address).bytes, address, {.instructions = 1, .reports_missing = false});
    return std::ranges::find(block.operations, opcode, &ir::Operation::opcode) != block.operations.end();
}
bool is_indirect_jump(GuestAddress address, Services& services) {
    return has(ir::Opcode::jump_indirect, address, services);
}

/// Loops along a path, in the functions that are active.
class LoopSearch {
public:
    LoopSearch(const Path& path, Services& services) : path_(path), services_(services) {}

    GuestAddress run() {
        if (path_.empty()) return {};
        best_ = {.header = path_.front(), .span_bytes = 0, .depth = 0};
        for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
            if (path_[i] == path_.front()) was_at_front_ = i;
            if (path_[i + 1] < path_[i] || leaves_function(path_[i])) step(i);
        }
        return best_.header;
    }

private:
    struct Loop {
        GuestAddress header;
        std::uint64_t span_bytes;
        int depth;  // of calls
    };

    bool is_call(GuestAddress address) { return has(ir::Opcode::hint_call, address, services_); }
    bool is_return(GuestAddress address) { return has(ir::Opcode::return_indirect, address, services_); }
    bool leaves_function(GuestAddress address) {
        const auto [known, is_new] = leaves_.emplace(address.value(), false);
        if (is_new) known->second = is_call(address) || is_return(address);
        return known->second;
    }

    void step(std::size_t i) {
        const auto from = path_[i];
        const auto to = path_[i + 1];
        if (is_call(from)) {
            ++depth_;
            return;
        }
        if (is_return(from)) {
            std::erase_if(gone_back_, [&](const auto& each) { return each.first.first == depth_; });
            --depth_;
            return;
        }
        if (to > from) return;
        const auto [before, is_first] = gone_back_.emplace(std::pair(depth_, to.value()), i);
        const auto round_began = std::exchange(before->second, i);
        if (is_first || was_at_front_ < round_began) return;
        const Loop loop{.header = to, .span_bytes = from - to, .depth = depth_};
        const bool is_wider = loop.depth == best_.depth && loop.span_bytes > best_.span_bytes;
        if (loop.depth < best_.depth || is_wider) best_ = loop;
    }

    const Path& path_;
    Services& services_;
    Loop best_{};
    int depth_ = 0;
    std::size_t was_at_front_ = 0;  // where the path last came to its first block
    std::unordered_map<std::uint64_t, bool> leaves_;
    std::map<std::pair<int, std::uint64_t>, std::size_t> gone_back_;  // to a header of a depth: where on the path, last
};

}  // namespace

bool jumps_to_many_places(const Path& path, Services& services) {
    std::unordered_map<std::uint64_t, GuestAddress> seen;  // where each instruction went first
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        const auto [first, is_new] = seen.emplace(path[i].value(), path[i + 1]);
        if (!is_new && first->second != path[i + 1] && is_indirect_jump(path[i], services)) return true;
    }
    return false;
}

GuestAddress loop_of(const Path& path, Services& services) {
    return LoopSearch(path, services).run();
}

}  // namespace lxr::optimizing
