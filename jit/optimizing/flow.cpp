// The GuestState is as old as the last operation on each way that flushed it: found by going round until nothing changes.
#include "jit/optimizing/flow.h"

#include <algorithm>
#include <iterator>

namespace lxr::optimizing {

using ir::Opcode;

namespace {

bool accesses_memory(const ir::Operation& operation) {
    const auto effect = ir::opcode_row(operation.opcode).effect;
    return (effect == ir::Effect::load || effect == ir::Effect::store) && operation.opcode != Opcode::fence;
}

}  // namespace

bool is_division(const ir::Operation& operation) {
    return operation.opcode >= Opcode::divide_unsigned && operation.opcode <= Opcode::remainder_signed;
}

Flow::Flow(const RegionRequest& request, std::span<const ir::Block> blocks) : request_(request), blocks_(blocks) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) numbers_[{request_.blocks[i].frame, blocks_[i].begin}] = i;
    find_calls();
    find_dirty();
}

void Flow::find_calls() {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto& operations = blocks_[i].operations;
        const auto call = std::ranges::find(operations, Opcode::hint_call, &ir::Operation::opcode);
        calls_.push_back(call != operations.end());
        if (!calls_.back()) continue;
        const auto site = find(request_.blocks[i].frame, GuestAddress(call->wide));
        if (!site) continue;
        for (const auto callee : request_.blocks[i].callees) return_sites_[callee].push_back(*site);
    }
}

std::optional<std::size_t> Flow::find(FrameNumber frame, GuestAddress address) const {
    const auto found = numbers_.find({frame, address});
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

bool Flow::flushes(const ir::Operation& operation) const {
    return operation.opcode == Opcode::call_helper || is_division(operation) ||
           (request_.precise && accesses_memory(operation));
}

std::optional<std::size_t> Flow::destination(std::size_t block, const ir::Operation& exit) const {
    const auto& asked = request_.blocks[block];
    const bool is_call = calls_[block] && exit.opcode == Opcode::jump;
    if (is_call && asked.callees.empty()) return std::nullopt;
    return find(is_call ? asked.callees.front() : asked.frame, GuestAddress(exit.wide));
}

std::vector<std::size_t> Flow::targets(std::size_t block, Opcode exit) const {
    const auto& asked = request_.blocks[block];
    std::vector<std::size_t> found;
    const auto add = [&](std::size_t number) {
        const auto address = blocks_[number].begin;
        const auto is_it = [&](std::size_t other) { return blocks_[other].begin == address; };
        if (std::ranges::none_of(found, is_it)) found.push_back(number);
    };
    for (std::size_t i = 0; i < asked.targets.size(); ++i) {
        if (calls_[block] && i >= asked.callees.size()) break;
        if (const auto number = find(calls_[block] ? asked.callees[i] : asked.frame, asked.targets[i])) add(*number);
    }
    const auto sites = return_sites_.find(asked.frame);
    if (exit == Opcode::return_indirect && sites != return_sites_.end()) std::ranges::for_each(sites->second, add);
    return found;
}

std::vector<std::size_t> Flow::successors(std::size_t block) const {
    std::vector<std::size_t> found;
    for (const auto& operation : blocks_[block].operations) {
        if (operation.opcode == Opcode::jump || operation.opcode == Opcode::exit_if) {
            if (const auto number = destination(block, operation)) found.push_back(*number);
        }
        const bool is_indirect = operation.opcode == Opcode::jump_indirect || operation.opcode == Opcode::return_indirect;
        if (is_indirect) std::ranges::copy(targets(block, operation.opcode), std::back_inserter(found));
    }
    return found;
}

void Flow::find_dirty() {
    dirty_at_entry_.resize(blocks_.size());
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            auto dirty = dirty_at_entry_[i];
            for (const auto& operation : blocks_[i].operations) {
                if (flushes(operation)) dirty = {};
                dirty.note(operation);
            }
            for (const auto successor : successors(i)) {
                const auto before = dirty_at_entry_[successor];
                dirty_at_entry_[successor] |= dirty;
                changed |= !(before == dirty_at_entry_[successor]);
            }
        }
    }
}

}  // namespace lxr::optimizing
