// What the baseline tier keeps of one translated guest block.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "lifter/support/address.h"

namespace lxr::baseline {

struct Block;

enum class ExitKind : std::uint8_t {
    direct,    // to `target`, known when the block was made; can be linked
    indirect,  // the target was stored in GuestState::rip
    syscall,   // rip is `target`, behind the instruction
    fault,     // a host signal handler made the code leave: GuestFault is noted
    attention  // a host signal handler made the code leave at an instruction boundary; rip is set
};

/// One way out of a block. Its address is what translated code hands to the leave stub.
struct Exit {
    ExitKind kind = ExitKind::direct;
    GuestAddress target = {};
    /// Of an indirect exit: the instruction, and what it added to RSP; to undo it where the target faults (#GP comes first).
    GuestAddress instruction = {};
    std::int32_t rsp_change = 0;
    /// Of an indirect call: offset in the block's code where it goes on once its target is known to be an address; else 0.
    std::uint32_t continuation = 0;
    Block* from = nullptr;
    /// The four bytes of the jump that can be linked, and the distance to write there to unlink it; null if there is none.
    const std::byte* patch_site = nullptr;
    std::int32_t unlinked_distance = 0;
    Block* linked_to = nullptr;
};

/// A host register lent to an instruction: its own value is in GuestState::translated.spilled[slot] meanwhile.
struct LentRegister {
    std::uint8_t reg = 0;
    std::uint8_t slot = 0;
};

/// Where the host code of a guest instruction begins. Up to the next mark the state is as before the instruction, except for
/// lent registers; exactly at the mark it is canonical.
struct Mark {
    std::uint32_t host_offset = 0;
    std::uint64_t guest_address = 0;
    std::uint8_t lent_count = 0;
    std::array<LentRegister, 3> lent{};
};

/// Immutable once published, but for the links of its exits (guarded by the tier's mutex).
struct Block {
    GuestAddress begin;
    std::uint32_t guest_bytes = 0;
    std::uint32_t guest_instructions = 0;
    const std::byte* code = nullptr;
    std::uint32_t code_bytes = 0;
    std::vector<Mark> marks;  // ascending
    std::vector<std::unique_ptr<Exit>> exits;
    std::vector<Exit*> linked_here;  // exits of blocks that jump here
};

}  // namespace lxr::baseline
