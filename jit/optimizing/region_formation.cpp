// A breadth-first walk along the exits of lifted blocks.
#include "jit/optimizing/region_formation.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "lifter/lift.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t longest_instruction_bytes = 15;

class Formation {
public:
    Formation(Services& services, const RegionLimits& limits) : services_(services), limits_(limits) {}

    RegionRequest run(GuestAddress entry) {
        reach(entry);
        while (!waiting_.empty() && request_.blocks.size() < limits_.blocks && instructions_ < limits_.instructions) {
            const auto address = waiting_.front();
            waiting_.pop_front();
            if (!add_block(address) && address == entry) return {};
        }
        request_.entry = entry;
        // Then only loops lead to earlier blocks, and only those look at the attention word.
        std::ranges::sort(request_.blocks, {}, &RegionBlock::begin);
        return std::move(request_);
    }

private:
    void reach(GuestAddress address) {
        if (seen_.insert(address.value()).second) waiting_.push_back(address);
    }

    bool add_block(GuestAddress address) {
        const auto code = services_.code_at(address);
        if (code.may_change || code.bytes.empty()) return false;
        const auto most = std::min(limits_.instructions_in_a_block, limits_.instructions - instructions_);
        RegionBlock added{.begin = address, .instructions = 0, .bytes = {}};
        const auto bytes = code.bytes.first(std::min<std::size_t>(code.bytes.size(), most * longest_instruction_bytes));
        added.bytes.assign(bytes.begin(), bytes.end());
        const auto block = lift_block(added.bytes, address, {.instructions = most, .reports_missing = false});
        if (block.guest_instructions == 0) return false;
        added.instructions = block.guest_instructions;
        added.bytes.resize(block.guest_bytes);
        instructions_ += block.guest_instructions;
        for (const auto& operation : block.operations) follow(operation);
        request_.blocks.push_back(std::move(added));
        return true;
    }

    void follow(const ir::Operation& operation) {
        using ir::Opcode;
        const bool leads_on = operation.opcode == Opcode::jump || operation.opcode == Opcode::exit_if ||
                              operation.opcode == Opcode::hint_call;  // where the call returns to
        if (leads_on) reach(GuestAddress(operation.wide));
    }

    Services& services_;
    const RegionLimits& limits_;
    RegionRequest request_;
    std::uint32_t instructions_ = 0;
    std::deque<GuestAddress> waiting_;
    std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

RegionRequest form_region(Services& services, GuestAddress entry, const RegionLimits& limits) {
    return Formation(services, limits).run(entry);
}

}  // namespace lxr::optimizing
