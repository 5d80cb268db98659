// Transfers whose target is known only when they are made: returns, indirect jumps and calls. The target's address is put into
// GuestState::rip, and the host goes where the target's code is believed to be: a return to behind the host call of the guest's
// call (the host's predictor knows the way), a jump or call through the thread's jump table. What arrives compares rip with the
// address of the guest's code there, and goes on or to the transfer_miss stub.
#pragma once

#include <cstdint>

#include "jit/host/x86_64/assembler.h"
#include "lifter/support/address.h"

namespace lxr::host {

/// GuestState::rip = scratch; the state also learns which transfer it was: by the low bits of the address of this host code.
void emit_note_transfer(Assembler& assembler, std::uint32_t low_address_bits);

/// Jump or call to what the jump table has for the address in GuestState::rip, which is in the scratch register too.
void emit_table_jump(Assembler& assembler);
void emit_table_call(Assembler& assembler);

/// Where a check goes that has found another address. @return its position.
std::size_t emit_miss(Assembler& assembler);

/// The same where code passes that must not jump over it: hidden in the immediate of a move to the scratch register, from
/// where a jump leads to a miss elsewhere.
struct HiddenMiss {
    std::size_t position;
    std::size_t jump_site;  // the four bytes of the jump
};
HiddenMiss emit_hidden_miss(Assembler& assembler);

/// Goes on if GuestState::rip is `address`, else to the miss, which is at most `longest_way_to_miss` bytes back. Changes no
/// flags; overwrites the scratch register.
/// @return the position of a byte: if it becomes `check_that_always_misses`, the check does.
std::size_t emit_check(Assembler& assembler, GuestAddress address, std::size_t miss);
inline constexpr std::size_t most_check_bytes = 37;
inline constexpr std::size_t longest_way_to_miss = 128 - most_check_bytes;
inline constexpr std::byte check_that_always_misses{0xeb};

}  // namespace lxr::host
