// Writes guest instructions down again as they are, with registers borrowed around them where theirs have no home.
#pragma once

#include <cstddef>
#include <span>

#include "jit/host/x86_64/block_draft.h"
#include "lifter/encoding.h"

namespace lxr::host {

/// The instruction at `address`, with these bytes and this encoding. What was borrowed has its own value back afterwards.
struct CopiedInstruction {
    const Encoding& encoding;
    std::span<const std::byte> bytes;
    GuestAddress address;
};

/// Only the bytes of a memory operand that is rip-relative or in another segment, and the numbers of registers, change. The
/// current mark is the instruction's; further ones say what is lent.
/// @return false if it cannot be written; nothing has been appended then.
bool copy_instruction(BlockDraft& draft, const CopiedInstruction& instruction);

/// scratch = the 64-bit memory operand. Only the scratch register is changed.
/// @return false if that takes more registers; nothing has been appended then.
bool load_memory_operand(BlockDraft& draft, const CopiedInstruction& instruction);

}  // namespace lxr::host
