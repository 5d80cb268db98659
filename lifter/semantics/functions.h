// Declarations of all semantics functions, generated from the table: a row without its function does not link.
#pragma once

#include "lifter/semantics/instruction_builder.h"

namespace lxr::semantics {

using ir::Condition;
using ir::Opcode;
using ir::Type;
using ir::Value;
using B = InstructionBuilder;

#define LXR_INSTRUCTION(mnemonic, function, undefined_flags, reference) void function(InstructionBuilder& b);
#include "lifter/semantics/instructions.inc"
#undef LXR_INSTRUCTION

// MOVSD and CMPSD are mnemonics of a string instruction too: string_operations.cpp passes the SSE2 ones on.
void move_scalar_double(InstructionBuilder& b);
void compare_scalar_double(InstructionBuilder& b);

/// Sets of RFLAGS what user mode may, from an image of 16, 32 or 64 bits that was popped; the block must end then (TF).
void set_flags_image(InstructionBuilder& b, Value popped);

/// What an instruction with an MMX register does first: a pending x87 exception is raised. The lifter calls it.
void begin_mmx(InstructionBuilder& b);
/// What an instruction with an MMX register does last: TOP is 0, no x87 register is empty. The lifter calls it.
void enter_mmx(InstructionBuilder& b);

}  // namespace lxr::semantics
