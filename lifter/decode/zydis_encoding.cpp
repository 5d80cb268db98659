// The layout of an instruction as Zydis tells it.
#include <algorithm>
#include <array>

#include "lifter/decode/encoding_table.h"
#include "lifter/decode/zydis.h"
#include "lifter/encoding.h"

namespace lxr {

namespace {

bool is_gpr(RegisterClass cls) {
    return cls == RegisterClass::gpr || cls == RegisterClass::high_byte;
}

std::uint16_t gpr_bit(ZydisRegister reg) {
    const auto known = register_of(reg);
    return is_gpr(known.cls) ? static_cast<std::uint16_t>(1U << known.number) : 0;
}

constexpr std::array registers_of_the_common_state = {ZYDIS_REGISTER_FLAGS, ZYDIS_REGISTER_EFLAGS, ZYDIS_REGISTER_RFLAGS,
                                                      ZYDIS_REGISTER_EIP,   ZYDIS_REGISTER_RIP,    ZYDIS_REGISTER_MXCSR};

/// Categories of instructions that reach beyond general-purpose registers, vectors and memory.
constexpr std::array system_categories = {
    ZYDIS_CATEGORY_SYSTEM,   ZYDIS_CATEGORY_INTERRUPT,  ZYDIS_CATEGORY_SYSCALL, ZYDIS_CATEGORY_SYSRET, ZYDIS_CATEGORY_IO,
    ZYDIS_CATEGORY_SEGOP,    ZYDIS_CATEGORY_IOSTRINGOP, ZYDIS_CATEGORY_XSAVE,   ZYDIS_CATEGORY_CET,    ZYDIS_CATEGORY_XSAVEOPT,
    ZYDIS_CATEGORY_RDWRFSGS, ZYDIS_CATEGORY_PKU,        ZYDIS_CATEGORY_VTX,
};
constexpr std::array x87_categories = {ZYDIS_CATEGORY_X87_ALU, ZYDIS_CATEGORY_FCMOV, ZYDIS_CATEGORY_MMX};
constexpr std::array state_savers = {ZYDIS_MNEMONIC_FXSAVE,    ZYDIS_MNEMONIC_FXSAVE64, ZYDIS_MNEMONIC_FXRSTOR,
                                     ZYDIS_MNEMONIC_FXRSTOR64, ZYDIS_MNEMONIC_CPUID,    ZYDIS_MNEMONIC_FNSTENV,
                                     ZYDIS_MNEMONIC_FLDENV,    ZYDIS_MNEMONIC_FNSAVE,   ZYDIS_MNEMONIC_FRSTOR};

bool is_of_x87_unit(ZydisRegister reg) {
    return (reg >= ZYDIS_REGISTER_ST0 && reg <= ZYDIS_REGISTER_ST7) || reg == ZYDIS_REGISTER_X87CONTROL ||
           reg == ZYDIS_REGISTER_X87STATUS || reg == ZYDIS_REGISTER_X87TAG;
}

void note_register_operand(Encoding& encoding, const ZydisDecodedOperand& operand) {
    const auto cls = register_of(operand.reg.value).cls;
    encoding.uses_high_byte |= cls == RegisterClass::high_byte;
    if (cls == RegisterClass::mmx || is_of_x87_unit(operand.reg.value)) {
        encoding.x87 = true;
        return;
    }
    if (!is_gpr(cls)) {
        encoding.touches_other_state |=
            cls != RegisterClass::vector &&
            std::ranges::find(registers_of_the_common_state, operand.reg.value) == std::end(registers_of_the_common_state);
        return;
    }
    const auto number = register_of(operand.reg.value).number;
    if ((operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0) encoding.gprs_read |= gpr_bit(operand.reg.value);
    if ((operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0) encoding.gprs_written |= gpr_bit(operand.reg.value);
    if (cls == RegisterClass::high_byte) return;  // its field is not the register's number: it stays as it is
    switch (operand.encoding) {
        case ZYDIS_OPERAND_ENCODING_MODRM_REG:
            encoding.reg = number;
            break;
        case ZYDIS_OPERAND_ENCODING_MODRM_RM:
            encoding.rm = number;
            break;
        case ZYDIS_OPERAND_ENCODING_OPCODE:
            encoding.opcode_reg = number;
            break;
        case ZYDIS_OPERAND_ENCODING_NDSNDD:
            encoding.vvvv = number;
            break;
        default:
            break;
    }
}

void note_memory_operand(Encoding& encoding, const ZydisDecodedOperand& operand, const ZydisDecodedInstruction& decoded) {
    const auto base_register = without_base(decoded) ? ZYDIS_REGISTER_NONE : operand.mem.base;
    encoding.gprs_read |= gpr_bit(base_register) | gpr_bit(operand.mem.index);
    encoding.writes_memory |= (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    if (operand.encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM) {  // implicit, as of string instructions, or an absolute offset
        encoding.touches_other_state |= operand.mem.segment == ZYDIS_REGISTER_FS || operand.mem.segment == ZYDIS_REGISTER_GS;
        return;
    }
    const auto base = register_of(base_register);
    const auto index = register_of(operand.mem.index);
    encoding.rip_relative |= base.cls == RegisterClass::rip;
    if (base.cls == RegisterClass::gpr) encoding.base = base.number;
    if (index.cls == RegisterClass::gpr) encoding.index = index.number;
    encoding.has_vector_index = index.cls == RegisterClass::vector;
}

/// Where the parts of the bytes lie. An opcode follows the prefixes and precedes ModRM, or what there is instead.
void note_layout(Encoding& encoding, const ZydisDecodedInstruction& decoded) {
    const auto& raw = decoded.raw;
    const bool vex = decoded.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
    const bool has_rex =
        decoded.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY && (decoded.attributes & ZYDIS_ATTRIB_HAS_REX) != 0;
    encoding.prefix_bytes = static_cast<std::uint8_t>(has_rex ? raw.rex.offset : raw.prefix_count);
    encoding.evex = decoded.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    if (has_rex) {
        encoding.rex = static_cast<std::uint8_t>(0x40 | raw.rex.W << 3 | raw.rex.R << 2 | raw.rex.X << 1 | raw.rex.B);
        encoding.opcode_offset = static_cast<std::uint8_t>(raw.rex.offset + 1);
    } else if (vex) {
        encoding.prefix_bytes = raw.vex.offset;
        encoding.vex_offset = raw.vex.offset;
        encoding.vex_bytes = raw.vex.size;
        encoding.opcode_offset = static_cast<std::uint8_t>(raw.vex.offset + raw.vex.size);
    } else {
        encoding.opcode_offset = raw.prefix_count;
    }
    encoding.modrm_offset = (decoded.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 ? raw.modrm.offset : 0;
    encoding.sib_offset = (decoded.attributes & ZYDIS_ATTRIB_HAS_SIB) != 0 ? raw.sib.offset : 0;
    encoding.displacement_offset = raw.disp.size != 0 ? raw.disp.offset : 0;
    encoding.displacement_bytes = raw.disp.size / 8;
    encoding.immediate_offset = raw.imm[0].size != 0 ? raw.imm[0].offset : 0;
}

/// What the first of the operands is that assembly shows, and the memory among them.
void note_shown_operands(Encoding& encoding, const Instruction& instruction) {
    const auto shown = std::span(instruction.operands).first(instruction.operand_count);
    encoding.has_memory_operand = std::ranges::find(shown, OperandKind::memory, &Operand::kind) != shown.end();
    if (shown.empty()) return;
    encoding.first_operand = shown[0].kind;
    encoding.first_operand_is_64_bits = shown[0].bits == 64;
    if (shown[0].kind == OperandKind::immediate) encoding.immediate = shown[0].immediate;
    const auto memory = std::ranges::find(shown, OperandKind::memory, &Operand::kind);
    if (memory == shown.end()) return;
    const auto segment = memory->memory.segment;
    if (segment == Segment::fs || segment == Segment::gs) encoding.segment = segment;
    if (encoding.modrm_offset != 0) encoding.displacement = memory->memory.displacement;
}

Encoding encoding_of(const ZydisDecoded& zydis, const Instruction& instruction) {
    Encoding encoding;
    encoding.mnemonic = instruction.mnemonic;
    encoding.length_bytes = instruction.length_bytes;
    encoding.opcode = instruction.opcode;
    encoding.operand_bits = instruction.operand_bits;
    encoding.address_bits = instruction.address_bits;
    note_layout(encoding, zydis.instruction);
    const auto is_in = [](const auto& list, auto value) { return std::ranges::find(list, value) != std::end(list); };
    // RDTSC is in a category of the system's, and about RAX and RDX.
    const bool is_system =
        is_in(system_categories, zydis.instruction.meta.category) && zydis.instruction.mnemonic != ZYDIS_MNEMONIC_RDTSC;
    encoding.touches_other_state = is_system || is_in(state_savers, zydis.instruction.mnemonic);
    encoding.writes_memory = zydis.instruction.mnemonic == ZYDIS_MNEMONIC_CLZERO;  // which has no memory operand for Zydis
    encoding.x87 = is_in(x87_categories, zydis.instruction.meta.category);
    for (std::size_t i = 0; i < zydis.instruction.operand_count; ++i) {
        const auto& operand = zydis.operands[i];
        if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) note_register_operand(encoding, operand);
        if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) note_memory_operand(encoding, operand, zydis.instruction);
    }
    note_shown_operands(encoding, instruction);
    return encoding;
}

}  // namespace

std::expected<Encoding, DecodeError> decode_encoding_by_zydis(std::span<const std::byte> bytes, GuestAddress address) {
    ZydisDecoded zydis;
    if (const auto ok = decode_by_zydis(bytes, zydis); !ok) return std::unexpected(ok.error());
    return encoding_of(zydis, instruction_of(zydis, address));
}

}  // namespace lxr
