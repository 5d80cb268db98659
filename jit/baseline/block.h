// What the baseline tier keeps of one translated guest block.
#pragma once

#include <array>
#include <cstdint>

#include "lifter/support/address.h"

namespace lxr::baseline {

struct Block;

enum class ExitKind : std::uint8_t {
    direct,     // to `target`, known when the block was made; can be linked
    transfer,   // to GuestState::rip, for which nothing better was known
    syscall,    // rip is `target`, behind the instruction
    fault,      // a host signal handler made the code leave: GuestFault is noted
    changed,    // the guest's bytes are no longer those that the block at `target` was made from; nothing of it was run
    attention,  // left at an instruction boundary, because a host signal handler asked for it; rip is set
    hot,        // to `target`, a block that was counted often enough (Tier::count_arrivals)
    evaluated   // an evaluated instruction did not go on to the next one; rip and EngineThread::reason are set
};

/// One way out of a block. Its address is what translated code hands to the leave stub.
struct Exit {
    ExitKind kind = ExitKind::direct;
    GuestAddress target = {};
    /// The four bytes of the jump that can be linked, and the distance to write there to unlink it; null if there is none.
    const std::byte* patch_site = nullptr;
    std::int32_t unlinked_distance = 0;
    bool leads_back = false;  // to its own block or to one before it, as that of a loop and most recursions does
    Block* linked_to = nullptr;
    Exit* next = nullptr;         // of the same block
    Exit* next_linked = nullptr;  // of those that are linked to the same block
};

/// Where an attention exit leads; host signal handlers and stubs leave with it.
extern "C" Exit lxr_attention_exit;

/// An x87 or MMX instruction in a block's code: the unit points to the host's, the guest wants to see its own.
struct X87Instruction {
    std::uint32_t host_offset = 0;
    std::uint16_t opcode = 0;  // as FOP shows it
    GuestAddress address = {};
    X87Instruction* next = nullptr;  // of the same block
};

/// An instruction that goes to an address which it has computed or read; to undo it where that is no address (#GP comes first).
struct Transfer {
    std::uint32_t host_offset = 0;
    std::int32_t rsp_change = 0;  // negative: a call, and GuestState::translated.overwritten is what was there
    GuestAddress instruction = {};
    Transfer* next = nullptr;  // of the same block
};

/// Behind a call, where the code goes on if the guest has returned there. A return may come when the block has been retired.
struct Landing {
    const std::byte* check;  // this byte becomes `when_retired` then, and nothing lands any more
    std::byte when_retired;
    Landing* next;  // of the same block
};

/// Immutable once published, but for the links of its exits and its places in lists (guarded by the tier's mutex).
struct Block {
    GuestAddress begin;
    std::uint32_t guest_bytes = 0;
    std::uint32_t guest_instructions = 0;
    const std::byte* code = nullptr;
    std::uint32_t code_bytes = 0;
    std::uint32_t body_offset = 0;  // where it is entered: behind the check of rip, or at the comparison of bytes
    /// Where a transfer arrives that may be to another block; null until somebody asks for it.
    const std::byte* checked_entry = nullptr;
    /// Where arrivals by backward jumps and calls are counted; null if they are not.
    const std::byte* counting_entry = nullptr;
    std::uint64_t* arrivals_left = nullptr;  // until the counting entry leaves
    bool counted = false;                    // often enough
    /// Where direct exits arrive instead of the body, because the optimising tier has a region for it; null if not.
    const std::byte* region_entry = nullptr;
    std::uint32_t marks_bytes = 0;
    const std::uint8_t* marks = nullptr;         // jit/baseline/marks.h
    Exit* exits = nullptr;                       // a list by Exit::next
    Exit* linked_here = nullptr;                 // exits of blocks that jump here: a list by Exit::next_linked
    Exit* changed = nullptr;                     // if it compares the guest's bytes: taken where they differ
    Transfer* transfers = nullptr;               // a list by Transfer::next
    Landing* landings = nullptr;                 // a list by Landing::next
    X87Instruction* x87_instructions = nullptr;  // a list by X87Instruction::next
    /// The next block in the list of its first page, and of its second if it goes on there.
    std::array<Block*, 2> next_in_page{};

    [[nodiscard]] const std::byte* body() const { return code + body_offset; }
};

}  // namespace lxr::baseline
