// What the guest's processor would say of a fault that lxr's own memory access met. Called by the engine, whatever the tier.
#pragma once

#include "lifter/guest_fault.h"
#include "lifter/guest_state.h"
#include "lifter/instruction.h"

namespace lxr {

/// The host reports how the access failed that lxr made for `instruction`; the guest's processor differs in three ways:
/// - it accesses a destination that is read first as if it wrote at once (page fault's W bit), lxr reads and then writes;
/// - it looks at the addresses of all bytes of an operand before it looks at pages;
/// - a non-canonical address is #SS where the stack segment is used (SDM Vol. 1, "Canonical Addressing").
/// Faults that no host signal reported are returned as they are. `state` is as before the instruction.
GuestFault processor_fault(const GuestFault& fault, const Instruction& instruction, const GuestState& state);

/// The same for an instruction that was copied into translated code with other registers: it faults as the guest's own would,
/// but that a base of RSP became one of another segment, and a base of FS or GS part of the address.
GuestFault copied_instruction_fault(const GuestFault& fault, const Instruction& instruction, const GuestState& state);

}  // namespace lxr
