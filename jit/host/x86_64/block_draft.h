// A block while it is written: its host code, and what others must know of it. Filled by the block emitter.
#pragma once

#include <cstdint>
#include <optional>

#include "jit/baseline/arena.h"
#include "jit/baseline/block.h"
#include "jit/baseline/marks.h"
#include "jit/host/block_emitter.h"
#include "jit/host/x86_64/assembler.h"
#include "lifter/support/address.h"

namespace lxr::host {

struct BlockDraft {
    BlockDraft(GuestAddress block_begin, const Placement& placement, baseline::Arena& the_arena);

    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(assembler.position()); }
    /// Where a position of the assembler will be executed.
    [[nodiscard]] const std::byte* executable_at(std::size_t position) const { return executable_ + position; }

    /// Begins a mark. It is written when the next one begins; until then it is `current_mark`.
    void mark(GuestAddress guest_address);
    [[nodiscard]] baseline::Mark& current_mark() { return *mark_; }
    void cancel_mark() { mark_.reset(); }

    baseline::Exit& new_exit(baseline::ExitKind kind, GuestAddress target);
    /// Remembers a jump to a stub at the end of the block; linking makes it go elsewhere.
    /// @param jump_site  position of the four bytes of the jump.
    void exit_through(std::size_t jump_site, GuestAddress target);
    void leave_with(const baseline::Exit& exit);
    /// Of all exits that a jump leads to.
    void emit_stubs();

    /// What the engine needs to know if the target turns out to be no address.
    void note_transfer(GuestAddress instruction, std::int32_t rsp_change);
    /// @param check_byte  position of the byte that changes when the block is retired.
    void note_landing(std::size_t check_byte);
    void note_x87_instruction(GuestAddress instruction, std::uint16_t opcode);

    /// @param block  what is not noted here. @return it with all that is.
    baseline::Block* finish(baseline::Block block);

    baseline::Arena& arena;
    Assembler assembler;
    std::int32_t stack_offset = 0;  // the guest's stack pointer less its home

private:
    void write_mark();

    const std::byte* executable_;
    baseline::MarkWriter marks_;
    std::optional<baseline::Mark> mark_;
    baseline::Exit* exits_ = nullptr;  // these lists begin with the latest
    baseline::Transfer* transfers_ = nullptr;
    baseline::Landing* landings_ = nullptr;
    baseline::X87Instruction* x87_instructions_ = nullptr;
};

}  // namespace lxr::host
