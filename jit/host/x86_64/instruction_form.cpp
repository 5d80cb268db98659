// Which instructions can be copied: those whose meaning is in their operands, flags and memory alone. The others come from the
// IR.
#include "jit/host/x86_64/instruction_form.h"

#include <array>

#include "jit/host/x86_64/homes.h"
#include "lifter/lift.h"

namespace lxr::host {

namespace {

struct MnemonicForm {
    Mnemonic mnemonic;
    Form form;
};

/// All others are copied, if their operands allow it.
constexpr MnemonicForm special[] = {
    // clang-format off
    {Mnemonic::unknown, Form::interpreted},
    // They use the stack or flags in their own way.
    {Mnemonic::ENTER,   Form::from_ir}, {Mnemonic::PUSHF,   Form::from_ir}, {Mnemonic::PUSHFQ, Form::from_ir},
    {Mnemonic::POPF,    Form::from_ir}, {Mnemonic::POPFQ,   Form::from_ir}, {Mnemonic::LOOPE,  Form::from_ir},
    {Mnemonic::LOOPNE,  Form::from_ir}, {Mnemonic::RDRAND,  Form::from_ir}, {Mnemonic::RDSEED, Form::from_ir},
    {Mnemonic::INT,     Form::from_ir}, {Mnemonic::INT3,    Form::from_ir}, {Mnemonic::INT1,   Form::from_ir},
    {Mnemonic::JECXZ,   Form::from_ir}, {Mnemonic::CLZERO,  Form::from_ir}, {Mnemonic::IRET,   Form::from_ir},
    {Mnemonic::IRETD,   Form::from_ir}, {Mnemonic::IRETQ,   Form::from_ir},
    // The host takes what the guest's processor does not (AMD's bit 17 of MXCSR).
    {Mnemonic::LDMXCSR, Form::from_ir}, {Mnemonic::VLDMXCSR, Form::from_ir},
    {Mnemonic::NOP,     Form::nothing},     {Mnemonic::ENDBR64, Form::nothing},     {Mnemonic::ENDBR32, Form::nothing},
    {Mnemonic::PUSH,    Form::push},        {Mnemonic::POP,     Form::pop},         {Mnemonic::LEAVE,  Form::leave},
    {Mnemonic::JMP,     Form::jump},        {Mnemonic::CALL,    Form::call},        {Mnemonic::RET,    Form::ret},
    {Mnemonic::JRCXZ,   Form::jump_if_zero}, {Mnemonic::LOOP,   Form::loop},        {Mnemonic::SYSCALL, Form::syscall},
    // clang-format on
};

constexpr auto form_of_mnemonic = [] {
    std::array<Form, static_cast<std::size_t>(Mnemonic::count)> forms{};
    forms.fill(Form::copied);
    for (const auto& [mnemonic, form] : special) forms[static_cast<std::size_t>(mnemonic)] = form;
    for (auto i = static_cast<std::size_t>(Mnemonic::JO); i <= static_cast<std::size_t>(Mnemonic::JNLE); ++i) {
        forms[i] = Form::jump_if;
    }
    return forms;
}();

bool can_address(const Encoding& encoding) {
    if (!encoding.has_memory_operand) return true;
    // MOV with a 64-bit offset has no ModRM byte; a segment base beside base and index has no place in an address.
    if (encoding.modrm_offset == 0 && encoding.displacement_bytes > 4) return false;
    if (!has_segment_base(encoding)) return true;
    if (encoding.mnemonic == Mnemonic::LEA) return false;  // which leaves the segment out
    if (encoding.x87) return false;  // the unit would note the segment's base as part of the operand's address
    const bool has_index = encoding.index != no_gpr || encoding.has_vector_index;
    return encoding.address_bits == 64 && (encoding.base == no_gpr || !has_index) && !encoding.rip_relative;
}

/// What the form needs beyond the mnemonic.
bool has_operands_for(Form form, const Encoding& encoding) {
    switch (form) {
        case Form::push:
            return encoding.operand_bits == 64 && encoding.first_operand != OperandKind::none;
        case Form::pop:
            return encoding.operand_bits == 64 && encoding.first_operand == OperandKind::reg;
        case Form::leave:
            return encoding.operand_bits == 64;
        case Form::jump:
        case Form::call:
            return encoding.first_operand == OperandKind::immediate || encoding.first_operand_is_64_bits;
        case Form::ret:
            return (encoding.opcode == 0xc2 || encoding.opcode == 0xc3) && encoding.operand_bits == 64;
        case Form::loop:
            return encoding.address_bits == 64;
        case Form::copied: {
            const auto implicit = (encoding.gprs_read | encoding.gprs_written) & ~explicit_gprs(encoding);
            return (implicit & (bit(guest_rsp) | homeless)) == 0;
        }
        default:
            return true;
    }
}

}  // namespace

std::uint16_t explicit_gprs(const Encoding& encoding) {
    std::uint16_t mask = 0;
    for (const auto reg : {encoding.reg, encoding.rm, encoding.opcode_reg, encoding.vvvv, encoding.base, encoding.index}) {
        if (reg != no_gpr) mask |= bit(reg);
    }
    return mask;
}

bool has_segment_base(const Encoding& encoding) {
    return encoding.segment != Segment::ds;
}

bool needs_address_base(const Encoding& encoding) {
    return encoding.has_memory_operand && (encoding.rip_relative || has_segment_base(encoding));
}

Form form_of(const Encoding& encoding, Copies copies) {
    const auto form = form_of_mnemonic[static_cast<std::size_t>(encoding.mnemonic)];
    if (form == Form::interpreted || encoding.evex) return Form::interpreted;
    if (copies == Copies::none) return Form::from_ir;
    // The mnemonic says it all, whatever the operands.
    if (form == Form::from_ir || form == Form::nothing || form == Form::syscall) return form;
    if (encoding.touches_other_state || always_faults(encoding.mnemonic)) return Form::from_ir;
    if (form == Form::jump_if) return form;
    return can_address(encoding) && has_operands_for(form, encoding) ? form : Form::from_ir;
}

}  // namespace lxr::host
