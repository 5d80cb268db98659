// What the host's emitter and the lifter say of each instruction.
#include "jit/optimizing/path.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "jit/host/block_emitter.h"
#include "lifter/encoding.h"
#include "lifter/guest_state.h"
#include "lifter/lift.h"

namespace lxr::optimizing {

namespace {

/// Of what an instruction has of something; each instruction of the path is asked once.
template <typename Count>
double average(const Path& path, Services& services, Count count) {
    if (path.empty()) return 0;
    unsigned sum = 0;
    std::unordered_map<std::uint64_t, unsigned> known;
    for (const auto address : path) {
        const auto [found, is_new] = known.emplace(address.value(), 0);
        if (is_new) found->second = count(services.code_at(address).bytes, address);
        sum += found->second;
    }
    return static_cast<double>(sum) / static_cast<double>(path.size());
}

}  // namespace

std::size_t distinct_instructions(const Path& path) {
    std::unordered_set<std::uint64_t> addresses;
    for (const auto address : path) addresses.insert(address.value());
    return addresses.size();
}

double baseline_overhead(const Path& path, Services& services) {
    return average(path, services, host::overhead_of);
}

double stack_accesses(const Path& path, Services& services) {
    return average(path, services, [](std::span<const std::byte> code, GuestAddress address) {
        const auto encoding = decode_encoding(code, address);
        if (!encoding || !encoding->has_memory_operand || encoding->index != no_gpr) return 0U;
        const bool by_stack =
            encoding->base == static_cast<unsigned>(Gpr::rsp) || encoding->base == static_cast<unsigned>(Gpr::rbp);
        return by_stack ? 1U : 0U;
    });
}

namespace {

/// Whether the instruction has such an operation.
bool has(ir::Opcode opcode, GuestAddress address, Services& services) {
    const auto block = lift_block(services.code_at(address).bytes, address, {.instructions = 1, .ends_before_missing = true});
    return std::ranges::find(block.operations, opcode, &ir::Operation::opcode) != block.operations.end();
}
bool is_indirect_jump(GuestAddress address, Services& services) {
    return has(ir::Opcode::jump_indirect, address, services);
}

/// Loops along a path, in the functions that are active.
class LoopSearch {
public:
    LoopSearch(const Path& path, std::size_t most_instructions, Services& services)
        : path_(path), most_instructions_(most_instructions), services_(services) {}

    Loop run() {
        for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
            if (path_[i] == path_.front()) was_at_front_ = i;
            if (path_[i + 1] < path_[i] || leaves_function(path_[i])) step(i);
        }
        if (!best_) return {.header = path_.empty() ? GuestAddress{} : path_.front(), .rounds = path_};
        const auto begin = path_.begin() + static_cast<std::ptrdiff_t>(best_->begin);
        const auto end = path_.begin() + static_cast<std::ptrdiff_t>(best_->end);
        return {.header = *begin, .rounds = {begin, end}};
    }

private:
    /// Rounds on the path, from its header to where it goes back for the last time.
    struct Candidate {
        std::size_t begin;
        std::size_t end;
        std::uint64_t span_bytes;
        int depth;  // of calls
    };
    struct Header {
        std::size_t first_round;  // where on the path it begins
        std::size_t last_round;
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
        } else if (is_return(from)) {
            std::erase_if(headers_, [&](const auto& each) { return each.first.first == depth_; });
            --depth_;
        } else if (to < from) {
            go_back(i, from - to);
        }
    }

    void go_back(std::size_t i, std::uint64_t span_bytes) {
        const auto [found, is_first] = headers_.emplace(std::pair(depth_, path_[i + 1].value()), Header{i + 1, i + 1});
        auto& header = found->second;
        const auto round = std::exchange(header.last_round, i + 1);
        if (is_first || was_at_front_ < round) return;
        const Candidate loop{.begin = header.first_round, .end = i + 1, .span_bytes = span_bytes, .depth = depth_};
        const bool is_best = best_ && best_->begin == loop.begin;
        const bool is_better = !best_ || loop.depth < best_->depth ||
                               (loop.depth == best_->depth && (is_best || loop.span_bytes > best_->span_bytes));
        if (is_better && (is_best || is_short(round, i + 1))) best_ = loop;
    }

    [[nodiscard]] bool is_short(std::size_t begin, std::size_t end) const {
        std::unordered_set<std::uint64_t> instructions;
        for (auto i = begin; i < end && instructions.size() <= most_instructions_; ++i) instructions.insert(path_[i].value());
        return instructions.size() <= most_instructions_;
    }

    const Path& path_;
    const std::size_t most_instructions_;
    Services& services_;
    std::optional<Candidate> best_;
    int depth_ = 0;
    std::size_t was_at_front_ = 0;  // where the path last came to its first block
    std::unordered_map<std::uint64_t, bool> leaves_;
    std::map<std::pair<int, std::uint64_t>, Header> headers_;  // by depth and address, in the active functions
};

}  // namespace

bool jumps_to_many_places(const Path& path, Services& services) {
    std::unordered_map<std::uint64_t, std::set<GuestAddress>> next;  // where each instruction went
    for (std::size_t i = 0; i + 1 < path.size(); ++i) next[path[i].value()].insert(path[i + 1]);
    return std::ranges::any_of(next, [&](const auto& each) {
        return each.second.size() > most_targets && is_indirect_jump(GuestAddress(each.first), services);
    });
}

Loop loop_of(const Path& path, std::size_t most_instructions, Services& services) {
    return LoopSearch(path, most_instructions, services).run();
}

}  // namespace lxr::optimizing
