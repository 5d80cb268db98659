// Transfers whose target is known only when they are made: returns, indirect jumps and calls. The target's address is put into
// GuestState::rip, and the host goes where the target's code is believed to be: a return to behind the host call of the guest's
// call (the host's predictor knows the way), a jump or call through the thread's jump table. It arrives at a checked entry,
// which compares rip with its block's address, and goes on or to the transfer_miss stub.
#pragma once

#include <cstdint>

#include "jit/host/x86_64/assembler.h"
#include "lifter/support/address.h"

namespace lxr::host {

/// GuestState::rip = scratch; the state also learns which block makes the transfer.
void emit_note_transfer(Assembler& assembler, std::uint32_t block_number);

/// Jump or call to what the jump table has for the address in GuestState::rip, which is in the scratch register too.
void emit_table_jump(Assembler& assembler);
void emit_table_call(Assembler& assembler);

/// The check before the code of the block at `address`, which follows at once. Changes no flags; overwrites the scratch
/// register.
void emit_check(Assembler& assembler, GuestAddress address);

/// The jump of a miss.
void emit_transfer_miss(Assembler& assembler);

}  // namespace lxr::host
