// Stack, exceptions and status of the x87 FPU.
#include "lifter/semantics/x87_unit.h"

namespace lxr {

using namespace x87_status;

bool X87Unit::wait() {
    if ((x87_.status & summary) == 0) return true;
    state_.raise({.vector = ExceptionVector::x87_floating_point});
    return false;
}

bool X87Unit::begin(X87Call call) {
    if (!wait()) return false;
    x87_.instruction_pointer = state_.rip;
    x87_.opcode = call.opcode;
    return true;
}

void X87Unit::set(unsigned number, const X87Register& value) {
    x87_.registers[physical(number)] = value;
    x87_.valid |= static_cast<std::uint8_t>(1U << physical(number));
}

void X87Unit::push(const X87Register& value) {
    x87_.top = (x87_.top - 1U) & 7U;
    set(0, value);
}

void X87Unit::pop(unsigned times) {
    for (; times > 0; --times) {
        free(0);
        x87_.top = (x87_.top + 1U) & 7U;
    }
}

void X87Unit::set_conditions(std::uint16_t which, std::uint16_t values) {
    x87_.status = static_cast<std::uint16_t>((x87_.status & ~which) | (values & which));
}

bool X87Unit::raise(std::uint16_t raised, std::uint16_t which, std::uint16_t stops) {
    set_conditions(which, raised);
    x87_.status |= raised & (exceptions | stack_fault);
    summarize();
    return (raised & ~x87_.control & stops) == 0;
}

void X87Unit::summarize() {
    const bool pending = (x87_.status & ~x87_.control & exceptions) != 0;
    x87_.status = static_cast<std::uint16_t>((x87_.status & ~(summary | busy)) | (pending ? summary | busy : 0));
}

void X87Unit::initialize() {
    x87_.control = 0x37f;
    x87_.status = 0;
    x87_.top = 0;
    x87_.valid = 0;
    x87_.opcode = 0;
    x87_.instruction_pointer = 0;
    x87_.data_pointer = 0;
    x87_.data_selector = 0;
}

void X87Unit::set_control(std::uint16_t control) {
    constexpr std::uint16_t changeable = 0x1f3f;
    constexpr std::uint16_t always_set = 0x40;  // reserved, reads as 1
    x87_.control = static_cast<std::uint16_t>((control & changeable) | always_set);
    summarize();
}

std::uint16_t X87Unit::status_word() const {
    return static_cast<std::uint16_t>(x87_.status | (x87_.top << top_shift));
}

void X87Unit::set_status_word(std::uint16_t status) {
    constexpr std::uint16_t top_mask = 7U << top_shift;
    x87_.top = (status & top_mask) >> top_shift;
    x87_.status = static_cast<std::uint16_t>(status & ~top_mask);
    summarize();
}

ir::Value x87_helper(InstructionBuilder& b, Helper helper, X87Call call, ir::Value second, ir::Value third) {
    call.opcode = static_cast<std::uint16_t>((b.i.opcode & 7) << 8 | b.i.modrm);
    return b.helper(helper, b.imm(ir::Type::i64, call.packed()), second, third);
}

void x87_check_alignment(InstructionBuilder& b, ir::Value address, unsigned size_bytes) {
    if (!b.checks_alignment()) return;
    b.helper(Helper::x87_wait);
    b.check_alignment(address, size_bytes);
}

void x87_note_data(InstructionBuilder& b, ir::Value address) {
    b.set_state(offsetof(GuestState, x87.data_pointer), address);
    b.set_state(offsetof(GuestState, x87.data_selector), b.selector(b.operand(0).memory.segment, ir::Type::i16));
}

ir::Value x87_load_memory(InstructionBuilder& b, ir::Value address, unsigned bits) {
    b.helper(Helper::x87_wait);  // an exception that is pending comes before those of the access
    const auto value = b.load(ir::integer_type(bits), address);
    return bits == 64 ? value : b.zero_extend(value, ir::Type::i64);
}

}  // namespace lxr
