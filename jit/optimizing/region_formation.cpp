// A breadth-first walk along the exits of lifted blocks.
#include "jit/optimizing/region_formation.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "lifter/lift.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t longest_instruction_bytes = 15;
/// Of one indirect jump: the rarer ones leave the region.
constexpr std::size_t most_targets = 12;

class Formation {
public:
    Formation(Services& services, const RegionLimits& limits, const Path& path) : services_(services), limits_(limits) {
        instructions_off_the_path_ = path.empty() ? limits.instructions : limits.instructions_off_the_path;
        for (std::size_t i = 0; i < path.size(); ++i) {
            auto& next = next_[path[i].value()];
            if (i + 1 < path.size()) ++next[path[i + 1].value()];
        }
    }

    RegionRequest run(GuestAddress entry) {
        reach(entry);
        while (request_.blocks.size() < limits_.blocks && instructions_ < limits_.instructions) {
            auto& waiting = on_the_path_.empty() ? off_the_path_ : on_the_path_;
            if (waiting.empty()) break;
            const auto address = waiting.front();
            waiting.pop_front();
            if (!add_block(address) && address == entry) return {};
        }
        request_.entry = entry;
        // Then only loops lead to earlier blocks, and only those look at the attention word.
        std::ranges::sort(request_.blocks, {}, &RegionBlock::begin);
        return std::move(request_);
    }

private:
    [[nodiscard]] bool is_on_the_path(GuestAddress address) const { return next_.contains(address.value()); }

    void reach(GuestAddress address) {
        if (seen_.insert(address.value()).second) (is_on_the_path(address) ? on_the_path_ : off_the_path_).push_back(address);
    }

    bool add_block(GuestAddress address) {
        const auto code = services_.code_at(address);
        if (code.may_change || code.bytes.empty()) return false;
        auto most = std::min(limits_.instructions_in_a_block, limits_.instructions - instructions_);
        if (!is_on_the_path(address)) most = std::min(most, instructions_off_the_path_);
        RegionBlock added{.begin = address, .instructions = 0, .bytes = {}};
        const auto bytes = code.bytes.first(std::min<std::size_t>(code.bytes.size(), most * longest_instruction_bytes));
        added.bytes.assign(bytes.begin(), bytes.end());
        const auto block = lift_block(added.bytes, address, {.instructions = most, .reports_missing = false});
        if (block.guest_instructions == 0) return false;
        added.instructions = block.guest_instructions;
        added.bytes.resize(block.guest_bytes);
        instructions_ += block.guest_instructions;
        if (!is_on_the_path(address)) instructions_off_the_path_ -= block.guest_instructions;
        GuestAddress instruction;
        for (const auto& operation : block.operations) {
            if (operation.opcode == ir::Opcode::instruction) instruction = GuestAddress(operation.wide);
            follow(operation, instruction, added);
        }
        request_.blocks.push_back(std::move(added));
        return true;
    }

    void follow(const ir::Operation& operation, GuestAddress instruction, RegionBlock& block) {
        using ir::Opcode;
        const bool leads_on = operation.opcode == Opcode::jump || operation.opcode == Opcode::exit_if ||
                              operation.opcode == Opcode::hint_call;  // where the call returns to
        if (leads_on) reach(GuestAddress(operation.wide));
        if (operation.opcode != Opcode::jump_indirect && operation.opcode != Opcode::return_indirect) return;
        block.targets = targets_of(instruction);
        for (const auto target : block.targets) reach(target);
    }

    [[nodiscard]] std::vector<GuestAddress> targets_of(GuestAddress instruction) const {
        const auto found = next_.find(instruction.value());
        if (found == next_.end()) return {};
        std::vector<std::pair<unsigned, GuestAddress>> counted;
        for (const auto& [target, count] : found->second) counted.emplace_back(count, GuestAddress(target));
        std::ranges::sort(counted, std::greater{});
        std::vector<GuestAddress> targets;
        targets.reserve(counted.size());
        for (const auto& [count, target] : counted) targets.push_back(target);
        targets.resize(std::min(targets.size(), most_targets));
        return targets;
    }

    Services& services_;
    const RegionLimits& limits_;
    RegionRequest request_;
    std::uint32_t instructions_ = 0;
    std::uint32_t instructions_off_the_path_ = 0;  // how many may still come
    std::deque<GuestAddress> on_the_path_;
    std::deque<GuestAddress> off_the_path_;
    std::unordered_set<std::uint64_t> seen_;
    /// Of the path: for each instruction, which came next, and how often.
    std::unordered_map<std::uint64_t, std::map<std::uint64_t, unsigned>> next_;
};

}  // namespace

RegionRequest form_region(Services& services, GuestAddress entry, const RegionLimits& limits, const Path& path) {
    return Formation(services, limits, path).run(entry);
}

}  // namespace lxr::optimizing
