// A breadth-first walk along the exits of lifted blocks, with a copy of each callee for each call that is followed.
#include "jit/optimizing/region_formation.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "lifter/lift.h"

namespace lxr::optimizing {

namespace {

constexpr std::size_t longest_instruction_bytes = 15;

class Formation {
public:
    Formation(Services& services, const RegionLimits& limits, const Path& path,
              const std::function<bool(GuestAddress)>& ends_at)
        : services_(services), limits_(limits), ends_at_(ends_at) {
        instructions_off_the_path_ = path.empty() ? limits.instructions : limits.instructions_off_the_path;
        for (std::size_t i = 0; i < path.size(); ++i) {
            auto& next = next_[path[i].value()];
            if (i + 1 < path.size()) ++next[path[i + 1].value()];
        }
    }

    RegionRequest run(GuestAddress entry) {
        frames_.push_back({.entry = entry, .caller = first_frame, .place = {}, .return_sites = {}});
        reach(first_frame, entry);
        while (request_.blocks.size() < limits_.blocks && instructions_ < limits_.instructions) {
            auto& waiting = on_the_path_.empty() ? off_the_path_ : on_the_path_;
            if (waiting.empty()) break;
            const auto [frame, address] = waiting.front();
            waiting.pop_front();
            if (!add_block(frame, address) && request_.blocks.empty()) return {};
        }
        request_.entry = entry;
        // Callees lie between a call and what it returns to. Then mostly loops lead to earlier blocks, and only those look at
        // the attention word.
        std::ranges::sort(request_.blocks, {}, [this](const RegionBlock& block) {
            auto place = frames_[block.frame].place;
            place.push_back(in_order(block.begin));
            return place;
        });
        return std::move(request_);
    }

private:
    using Place = std::pair<FrameNumber, GuestAddress>;
    struct Frame {
        GuestAddress entry;
        FrameNumber caller;
        std::vector<std::uint64_t> place;  // of the calls that lead to it, outermost first
        std::vector<Place> return_sites;   // of the calls into it
        bool returns = false;
    };

    static std::uint64_t in_order(GuestAddress address) { return address.value() << 1; }

    [[nodiscard]] bool is_on_the_path(GuestAddress address) const { return next_.contains(address.value()); }

    void reach(FrameNumber frame, GuestAddress address) {
        if (!seen_.emplace(frame, address.value()).second) return;
        if (ends_at_ && ends_at_(address)) return;
        (is_on_the_path(address) ? on_the_path_ : off_the_path_).emplace_back(frame, address);
    }

    bool add_block(FrameNumber frame, GuestAddress address) {
        const auto code = services_.code_at(address);
        if (code.may_change || code.bytes.empty()) return false;
        auto most = std::min(limits_.instructions_in_a_block, limits_.instructions - instructions_);
        if (!is_on_the_path(address)) most = std::min(most, instructions_off_the_path_);
        RegionBlock added{.begin = address, .instructions = 0, .bytes = {}, .frame = frame};
        const auto bytes = code.bytes.first(std::min<std::size_t>(code.bytes.size(), most * longest_instruction_bytes));
        added.bytes.assign(bytes.begin(), bytes.end());
        const auto block = lift_block(added.bytes, address, {.instructions = most, .ends_before_missing = true});
        if (block.guest_instructions == 0) return false;
        added.instructions = block.guest_instructions;
        added.bytes.resize(block.guest_bytes);
        instructions_ += block.guest_instructions;
        if (!is_on_the_path(address)) instructions_off_the_path_ -= block.guest_instructions;
        follow(block, added);
        request_.blocks.push_back(std::move(added));
        return true;
    }

    void follow(const ir::Block& block, RegionBlock& added) {
        using ir::Opcode;
        GuestAddress instruction;
        std::optional<GuestAddress> return_to;  // of the call at the block's end, once it is reached
        for (const auto& operation : block.operations) {
            const GuestAddress address(operation.wide);
            switch (operation.opcode) {
                case Opcode::instruction:
                    instruction = address;
                    break;
                case Opcode::hint_call:
                    return_to = address;
                    break;
                case Opcode::exit_if:
                    reach(added.frame, address);
                    break;
                case Opcode::jump:
                    lead_on(added, address, return_to);
                    break;
                case Opcode::jump_indirect:
                    added.targets = targets_of(instruction);
                    for (const auto target : added.targets) lead_on(added, target, return_to);
                    break;
                case Opcode::return_indirect:
                    frames_[added.frame].returns = true;
                    for (const auto& [frame, site] : frames_[added.frame].return_sites) reach(frame, site);
                    if (added.frame != first_frame) break;  // its caller is known
                    added.targets = targets_of(instruction);
                    for (const auto target : added.targets) reach(first_frame, target);
                    break;
                default:
                    break;
            }
        }
    }

    void lead_on(RegionBlock& block, GuestAddress target, std::optional<GuestAddress> return_to) {
        if (!return_to) return reach(block.frame, target);
        block.callees.push_back(callee_frame(block.frame, target, *return_to));
        auto& callee = frames_[block.callees.back()];
        callee.return_sites.emplace_back(block.frame, *return_to);
        if (callee.returns) reach(block.frame, *return_to);
        reach(block.callees.back(), target);
    }

    /// That of the function if it is active already: a recursion.
    FrameNumber callee_frame(FrameNumber caller, GuestAddress entry, GuestAddress return_to) {
        for (auto active = caller;; active = frames_[active].caller) {
            if (frames_[active].entry == entry) return active;
            if (active == first_frame) break;
        }
        auto place = frames_[caller].place;
        place.push_back(in_order(return_to) - 1);
        frames_.push_back({.entry = entry, .caller = caller, .place = std::move(place), .return_sites = {}});
        return static_cast<FrameNumber>(frames_.size() - 1);
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
    const std::function<bool(GuestAddress)>& ends_at_;
    RegionRequest request_;
    std::uint32_t instructions_ = 0;
    std::uint32_t instructions_off_the_path_ = 0;  // how many may still come
    std::vector<Frame> frames_;
    std::deque<Place> on_the_path_;
    std::deque<Place> off_the_path_;
    std::set<std::pair<FrameNumber, std::uint64_t>> seen_;
    /// Of the path: for each instruction, which came next, and how often.
    std::unordered_map<std::uint64_t, std::map<std::uint64_t, unsigned>> next_;
};

}  // namespace

RegionRequest form_region(Services& services, GuestAddress entry, const RegionLimits& limits, const Path& path,
                          const std::function<bool(GuestAddress)>& ends_at) {
    return Formation(services, limits, path, ends_at).run(entry);
}

}  // namespace lxr::optimizing
