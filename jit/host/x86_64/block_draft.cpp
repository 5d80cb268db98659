// Marks are kept as they come; lists grow at their heads.
#include "jit/host/x86_64/block_draft.h"

#include <algorithm>

#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/transfers.h"
#include "lifter/guest_state.h"

namespace lxr::host {

using baseline::Exit;
using baseline::ExitKind;

BlockDraft::BlockDraft(GuestAddress block_begin, const Placement& placement, baseline::Arena& the_arena)
    : arena(the_arena), assembler(placement.writable), executable_(placement.executable), marks_(block_begin.value()) {}

void BlockDraft::mark(GuestAddress guest_address) {
    write_mark();
    mark_ = {.host_offset = offset(), .guest_address = guest_address.value(), .stack_offset = stack_offset};
}

void BlockDraft::write_mark() {
    if (mark_) marks_.append(*mark_);
    mark_.reset();
}

Exit& BlockDraft::new_exit(ExitKind kind, GuestAddress target) {
    exits_ = arena.make<Exit>(Exit{.kind = kind, .target = target, .next = exits_});
    return *exits_;
}

void BlockDraft::exit_through(std::size_t jump_site, GuestAddress target) {
    new_exit(ExitKind::direct, target).patch_site = executable_at(jump_site);
}

void BlockDraft::leave_with(const Exit& exit) {
    assembler.move_immediate(scratch, reinterpret_cast<std::uint64_t>(&exit));
    assembler.jump_through_state(offsetof(GuestState, translated.leave));
}

void BlockDraft::emit_stubs() {
    for (auto* exit = exits_; exit != nullptr; exit = exit->next) {
        if (exit->patch_site == nullptr) continue;
        mark(exit->target);
        const auto jump_site = static_cast<std::size_t>(exit->patch_site - executable_);
        exit->unlinked_distance = static_cast<std::int32_t>(assembler.position() - (jump_site + 4));
        assembler.set_relative(jump_site, static_cast<std::int64_t>(assembler.position()));
        leave_with(*exit);
    }
}

void BlockDraft::note_transfer(GuestAddress instruction, std::int32_t rsp_change) {
    transfers_ = arena.make<baseline::Transfer>(offset(), rsp_change, instruction, transfers_);
}

void BlockDraft::note_landing(std::size_t check_byte) {
    landings_ = arena.make<baseline::Landing>(executable_at(check_byte), check_that_always_misses, landings_);
}

void BlockDraft::note_x87_instruction(GuestAddress instruction, std::uint16_t opcode) {
    x87_instructions_ = arena.make<baseline::X87Instruction>(offset(), opcode, instruction, x87_instructions_);
}

baseline::Block* BlockDraft::finish(baseline::Block block) {
    write_mark();
    const auto marks = marks_.bytes();
    auto* const kept_marks = reinterpret_cast<std::uint8_t*>(arena.allocate(marks.size(), 1));
    std::ranges::copy(marks, kept_marks);
    block.code = executable_;
    block.code_bytes = offset();
    block.marks = kept_marks;
    block.marks_bytes = static_cast<std::uint32_t>(marks.size());
    block.exits = exits_;
    block.transfers = transfers_;
    block.landings = landings_;
    block.x87_instructions = x87_instructions_;
    return arena.make<baseline::Block>(block);
}

}  // namespace lxr::host
