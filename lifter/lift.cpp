// Decodes instruction by instruction and lets each record its semantics.
#include "lifter/lift.h"

#include <fmt/core.h>

#include <algorithm>

#include "lifter/decoder.h"
#include "lifter/evaluator.h"
#include "lifter/semantics/functions.h"
#include "lifter/support/log.h"

namespace lxr {

namespace {

/// Slots that no single instruction exceeds.
constexpr std::size_t slots_of_one_instruction = 400;

bool is_avx512(const Instruction& instruction) {
    return instruction.evex || std::ranges::any_of(instruction.operands, [](const Operand& operand) {
               return operand.kind == OperandKind::reg && operand.reg.cls == RegisterClass::mask;
           });
}

void refuse(InstructionBuilder& b, std::span<const std::byte> bytes) {
    const auto* const remedy = is_avx512(b.i) ? "AVX-512 is not there yet" : "add a row in lifter/semantics/instructions.inc";
    log(LogCategory::lift, LogLevel::error, "no semantics for `{}` at {:#x}: the guest gets SIGILL; {}",
        disassemble(bytes, b.i.address), b.i.address.value(), remedy);
    b.fault(ExceptionVector::invalid_opcode);
}

/// Records why the bytes at `at` cannot be executed.
void end_with_decode_error(ir::Block& block, GuestAddress at, DecodeError error, GuestAddress code_end) {
    ir::Builder b(block);
    b.instruction(at, 0);
    switch (error) {
        case DecodeError::truncated:
            return b.leave(ir::Opcode::fetch_fault, code_end);
        case DecodeError::invalid:
            return b.raise(ExceptionVector::invalid_opcode, at);
        case DecodeError::too_long:
            return b.raise(ExceptionVector::general_protection, at);
    }
}

}  // namespace

ir::Block lift_block(std::span<const std::byte> code, GuestAddress begin, LiftLimits limits) {
    ir::Block block;
    block.begin = begin;
    block.operations.reserve(64);
    while (true) {
        const auto rest = code.subspan(block.guest_bytes);
        const auto at = begin + block.guest_bytes;
        const bool full =
            block.guest_instructions >= limits.instructions || block.slots + slots_of_one_instruction > evaluation_slots;
        const auto instruction = full ? std::unexpected(DecodeError::truncated) : decode(rest, at);
        if (!instruction) {
            if (block.guest_instructions > 0) {
                ir::Builder(block).jump(at);
            } else {
                end_with_decode_error(block, at, instruction.error(), begin + code.size());
            }
            return block;
        }
        // The rows of vector instructions know nothing of EVEX's masks and broadcasts, which share their mnemonics.
        const auto semantics = instruction->evex ? nullptr : semantics_function(instruction->mnemonic);
        if (!semantics && limits.ends_before_missing) {
            if (block.guest_instructions > 0) ir::Builder(block).jump(at);
            return block;
        }
        InstructionBuilder b(block, *instruction, limits.checks_alignment);
        b.instruction(at, instruction->length_bytes);
        block.guest_bytes += instruction->length_bytes;
        ++block.guest_instructions;
        if (semantics) {
            if (b.uses_mmx()) semantics::begin_mmx(b);
            semantics(b);
            if (b.uses_mmx() && !b.ended()) semantics::enter_mmx(b);
        } else {
            refuse(b, rest);
        }
        if (b.ended()) return block;
    }
}

}  // namespace lxr
