// Fetching and keeping of values, and what stands around an instruction's operations (ir_operations.h).
#include "jit/host/x86_64/ir_code.h"

#include <algorithm>

#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/ir_operations.h"
#include "jit/host/x86_64/opcodes.h"
#include "lifter/guest_state.h"

namespace lxr::host {

using ir::Opcode;
using ir::Operation;

namespace {

/// Not TF, by which the host may be stepping.
constexpr std::uint32_t kept_flags = rflags::status | rflags::df | rflags::fixed | rflags::interrupts;

constexpr std::array lent_registers = {rax, rcx, rdx};

bool has_slot(const Operation& operation, unsigned operand) {
    const auto& row = ir::opcode_row(operation.opcode);
    if (row.operands <= operand || (operand > 0 && row.shape == ir::Shape::wide)) return false;
    const std::array slots = {operation.a, operation.b, operation.c};
    return slots[operand] != ir::no_slot;
}

bool is_integer_operation(const Operation& operation) {
    const auto is_scalar = [](ir::Type type) { return type == ir::Type::none || ir::is_integer(type); };
    return is_scalar(operation.type) && is_scalar(operation.lane);
}

/// The fields of GuestState that are current while translated code runs.
bool is_current_field(const Operation& operation) {
    const auto offset = static_cast<std::size_t>(operation.immediate);
    return offset == offsetof(GuestState, fs_base) || offset == offsetof(GuestState, gs_base);
}

bool is_check(Opcode opcode) {
    return opcode == Opcode::check_aligned || opcode == Opcode::check_canonical;
}

bool changes_something(const Operation& operation) {
    const auto effect = ir::opcode_row(operation.opcode).effect;
    return (effect == ir::Effect::writes && operation.opcode != Opcode::instruction) || effect == ir::Effect::store;
}

}  // namespace

bool IrCode::covers(const ir::Block& instruction) {
    bool changed = false;
    return std::ranges::all_of(instruction.operations, [&](const Operation& operation) {
        const auto* const row = ir_operation_row(operation.opcode);
        if (row == nullptr || !is_integer_operation(operation)) return false;
        if (operation.type != ir::Type::none && ir::size_bytes(operation.type) < row->smallest_bytes) return false;
        const bool accesses_state = operation.opcode == Opcode::get_state || operation.opcode == Opcode::set_state;
        if (accesses_state && !is_current_field(operation)) return false;
        if (is_check(operation.opcode) && changed) return false;  // too late to start over
        changed |= changes_something(operation);
        return true;
    });
}

IrCode::IrCode(Assembler& assembler, IrSurroundings& surroundings, const ir::Block& instruction)
    : assembler_(assembler),
      surroundings_(surroundings),
      instruction_(instruction),
      constants_(instruction.slots),
      last_use_(instruction.slots) {
    for (std::uint32_t i = 0; i < instruction.operations.size(); ++i) {
        const auto& operation = instruction.operations[i];
        if (has_slot(operation, 0)) last_use_[operation.a] = i;
        if (has_slot(operation, 1)) last_use_[operation.b] = i;
        if (has_slot(operation, 2)) last_use_[operation.c] = i;
    }
}

bool IrCode::emit() {
    const auto next = instruction_.begin + instruction_.guest_bytes;
    const auto& last = instruction_.operations.back();
    const bool falls_through = last.opcode == Opcode::jump && last.wide == next.value();
    for (; index_ < instruction_.operations.size(); ++index_) {
        const auto& operation = instruction_.operations[index_];
        if (falls_through && &operation == &last) break;
        fetch_operands(operation);
        ir_operation_row(operation.opcode)->emit(*this, operation);
        define(operation);
    }
    if (!bails_.empty()) emit_bails(falls_through);
    return falls_through;
}

void IrCode::emit_bails(bool falls_through) {
    const auto over = falls_through ? assembler_.jump() : 0;
    surroundings_.note_registers_lent();
    for (const auto bail : bails_) assembler_.set_relative(bail, static_cast<std::int64_t>(assembler_.position()));
    leave();
    surroundings_.evaluate_instead();
    if (!falls_through) return;
    enter(assembler_);
    assembler_.set_relative(over, static_cast<std::int64_t>(assembler_.position()));
}

void IrCode::enter(Assembler& assembler) {
    for (const auto reg : lent_registers) assembler.store_state(spill_offset(reg), reg);
    assembler.bytes({0x9c, 0x58});  // pushfq; pop rax
    assembler.byte(0x25);           // and eax, imm32
    assembler.dword(kept_flags);
    assembler.store_state(flags_offset, rax);
    assembler.load_state(scratch, offsetof(GuestState, translated.frame));
}

void IrCode::leave(Assembler& assembler) {
    load_guest_flags(assembler);
    for (const auto reg : lent_registers) assembler.load_state(reg, spill_offset(reg));
}

void IrCode::load_guest_flags(Assembler& assembler) {
    assembler.push_state(flags_offset);
    assembler.byte(0x9d);  // popfq
}

void IrCode::keep_flags(std::uint32_t mask) {
    assembler_.bytes({0x9c, 0x59});  // pushfq; pop rcx
    registers(op_group_and, 4, rcx, 4);
    if (mask == rflags::status) {
        assembler_.dword(kept_flags);
        return assembler_.store_state(flags_offset, rcx);
    }
    assembler_.dword(mask);
    state(op_group_and, 4, flags_offset, 4);
    assembler_.dword(~mask);
    state(op_or, rcx, flags_offset, 4);
}

void IrCode::fetch(Reg to, std::uint16_t slot) {
    if (is_constant(slot)) return assembler_.move_immediate(to, constants_[slot].value);
    if (slot != held_) return frame(op_load, to, slot, 8);
    if (to != rax) registers(op_store, rax, to, 8);
}

void IrCode::fetch_operands(const Operation& operation) {
    // RAX last: it may hold one of the others.
    if (has_slot(operation, 2)) fetch(rdx, operation.c);
    if (has_slot(operation, 1)) fetch(rcx, operation.b);
    if (has_slot(operation, 0)) fetch(rax, operation.a);
}

void IrCode::define(const Operation& operation) {
    held_ = ir::no_slot;
    const auto type = ir::result_type(operation.opcode, operation.type);
    if (type == ir::Type::none || is_constant(operation.result)) return;
    clear_upper(rax, ir::size_bytes(type));
    held_ = operation.result;
    if (last_use_[operation.result] > index_ + 1) frame(op_store, rax, operation.result, 8);
}

void IrCode::clear_upper(Reg reg, unsigned bytes) {
    if (bytes == 1) registers(op_move_zero_8, reg, reg, 4);
    if (bytes == 2) registers(op_move_zero_16, reg, reg, 4);
    if (bytes == 4) registers(op_load, reg, reg, 4);
}

void IrCode::opcode_and_prefixes(unsigned opcode, unsigned reg, unsigned rm, unsigned bytes, bool rm_is_register) {
    if (bytes == 2) assembler_.byte(0x66);
    const bool names_low_byte = bytes == 1 && ((reg >= 4 && opcode < 0x100) || (rm >= 4 && rm_is_register));
    const unsigned rex = 0x40 | (bytes == 8 ? 8U : 0U) | (reg >> 3) << 2 | rm >> 3;
    if (rex != 0x40 || names_low_byte) assembler_.byte(rex);
    if (opcode > 0xff) assembler_.byte(opcode >> 8);
    assembler_.byte(opcode & 0xff);
}

void IrCode::registers(unsigned opcode, unsigned reg, unsigned rm, unsigned bytes) {
    opcode_and_prefixes(opcode, reg, rm, bytes, true);
    assembler_.byte(0xc0 | (reg & 7) << 3 | (rm & 7));
}

void IrCode::frame(unsigned opcode, unsigned reg, std::uint16_t slot, unsigned bytes) {
    opcode_and_prefixes(opcode, reg, scratch, bytes, false);
    assembler_.byte(0x80 | (reg & 7) << 3 | (scratch & 7));
    assembler_.dword(slot * static_cast<std::uint32_t>(sizeof(std::uint64_t)));
}

void IrCode::state(unsigned opcode, unsigned reg, std::size_t offset, unsigned bytes) {
    assembler_.byte(0x65);
    opcode_and_prefixes(opcode, reg, 0, bytes, false);
    assembler_.bytes({0x04U | (reg & 7) << 3, 0x25});
    assembler_.dword(static_cast<std::uint32_t>(offset));
}

void IrCode::at_address(unsigned opcode, unsigned reg, Reg base, unsigned bytes) {
    opcode_and_prefixes(opcode, reg, base, bytes, false);
    assembler_.byte((reg & 7) << 3 | (base & 7U));
}

std::size_t IrCode::jump_short(unsigned opcode) {
    assembler_.bytes({opcode, 0});
    return assembler_.position();
}

void IrCode::land(std::size_t jump) {
    assembler_.set_byte(jump - 1, static_cast<unsigned>(assembler_.position() - jump));
}

}  // namespace lxr::host
