// The GuestState is as old as the last operation on each way that flushed it: found by going round until nothing changes.
#include "jit/optimizing/flow.h"

#include <algorithm>

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
    for (const auto& block : blocks_) {
        for (const auto& operation : block.operations) {
            const GuestAddress address(operation.wide);
            if (operation.opcode != Opcode::hint_call || !begins_block(address)) continue;
            if (std::ranges::find(return_sites_, address) == return_sites_.end()) return_sites_.push_back(address);
        }
    }
    find_dirty();
}

bool Flow::begins_block(GuestAddress address) const {
    return std::ranges::find(blocks_, address, &ir::Block::begin) != blocks_.end();
}

bool Flow::flushes(const ir::Operation& operation) const {
    return operation.opcode == Opcode::call_helper || is_division(operation) ||
           (request_.precise && accesses_memory(operation));
}

std::vector<GuestAddress> Flow::targets(std::size_t block, Opcode exit) const {
    std::vector<GuestAddress> found;
    const auto add = [&](GuestAddress address) {
        if (begins_block(address) && std::ranges::find(found, address) == found.end()) found.push_back(address);
    };
    std::ranges::for_each(request_.blocks[block].targets, add);
    if (exit == Opcode::return_indirect) std::ranges::for_each(return_sites_, add);
    return found;
}

std::vector<std::size_t> Flow::successors(std::size_t block) const {
    std::vector<std::size_t> found;
    const auto add = [&](GuestAddress address) {
        const auto place = std::ranges::find(blocks_, address, &ir::Block::begin);
        if (place != blocks_.end()) found.push_back(static_cast<std::size_t>(place - blocks_.begin()));
    };
    for (const auto& operation : blocks_[block].operations) {
        if (operation.opcode == Opcode::jump || operation.opcode == Opcode::exit_if) add(GuestAddress(operation.wide));
        const bool is_indirect = operation.opcode == Opcode::jump_indirect || operation.opcode == Opcode::return_indirect;
        if (is_indirect) std::ranges::for_each(targets(block, operation.opcode), add);
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
