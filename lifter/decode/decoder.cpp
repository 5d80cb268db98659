// Decodes with Zydis and translates its words into lxr's.
#include "lifter/decoder.h"

#include <algorithm>
#include <array>

#include "lifter/decode/undefined_length.h"
#include "lifter/decode/zydis.h"

namespace lxr {

namespace {

constexpr auto mnemonic_of_zydis = [] {
    std::array<Mnemonic, ZYDIS_MNEMONIC_MAX_VALUE + 1> map{};
#define LXR_INSTRUCTION(mnemonic, function, undefined_flags, reference) map[ZYDIS_MNEMONIC_##mnemonic] = Mnemonic::mnemonic;
#include "lifter/semantics/instructions.inc"
#undef LXR_INSTRUCTION
    return map;
}();

constexpr auto segment_of(ZydisRegister reg) {
    return reg >= ZYDIS_REGISTER_ES && reg <= ZYDIS_REGISTER_GS ? static_cast<Segment>(reg - ZYDIS_REGISTER_ES) : Segment::ds;
}

/// Runs of Zydis's register numbers, each with the class and the first number they stand for.
struct RegisterRun {
    ZydisRegister first;
    ZydisRegister last;
    RegisterClass cls;
    std::uint8_t number;
};
constexpr std::array register_runs = {
    // clang-format off
    RegisterRun{ZYDIS_REGISTER_AL,   ZYDIS_REGISTER_BL,    RegisterClass::gpr,       0},
    RegisterRun{ZYDIS_REGISTER_AH,   ZYDIS_REGISTER_BH,    RegisterClass::high_byte, 0},
    RegisterRun{ZYDIS_REGISTER_SPL,  ZYDIS_REGISTER_R15B,  RegisterClass::gpr,       4},
    RegisterRun{ZYDIS_REGISTER_AX,   ZYDIS_REGISTER_R15W,  RegisterClass::gpr,       0},
    RegisterRun{ZYDIS_REGISTER_EAX,  ZYDIS_REGISTER_R15D,  RegisterClass::gpr,       0},
    RegisterRun{ZYDIS_REGISTER_RAX,  ZYDIS_REGISTER_R15,   RegisterClass::gpr,       0},
    RegisterRun{ZYDIS_REGISTER_ST0,  ZYDIS_REGISTER_ST7,   RegisterClass::x87,       0},
    RegisterRun{ZYDIS_REGISTER_MM0,  ZYDIS_REGISTER_MM7,   RegisterClass::mmx,       0},
    RegisterRun{ZYDIS_REGISTER_XMM0, ZYDIS_REGISTER_XMM31, RegisterClass::vector,    0},
    RegisterRun{ZYDIS_REGISTER_YMM0, ZYDIS_REGISTER_YMM31, RegisterClass::vector,    0},
    RegisterRun{ZYDIS_REGISTER_ZMM0, ZYDIS_REGISTER_ZMM31, RegisterClass::vector,    0},
    RegisterRun{ZYDIS_REGISTER_ES,   ZYDIS_REGISTER_GS,    RegisterClass::segment,   0},
    RegisterRun{ZYDIS_REGISTER_K0,   ZYDIS_REGISTER_K7,    RegisterClass::mask,      0},
    RegisterRun{ZYDIS_REGISTER_CR0,  ZYDIS_REGISTER_CR15,  RegisterClass::control,   0},
    RegisterRun{ZYDIS_REGISTER_DR0,  ZYDIS_REGISTER_DR15,  RegisterClass::debug,     0},
    RegisterRun{ZYDIS_REGISTER_EIP,  ZYDIS_REGISTER_RIP,   RegisterClass::rip,       0},
    // clang-format on
};

constexpr auto register_of_zydis = [] {
    std::array<Register, ZYDIS_REGISTER_MAX_VALUE + 1> map{};
    for (const auto& run : register_runs) {
        for (unsigned reg = run.first; reg <= static_cast<unsigned>(run.last); ++reg) {
            map[reg] = {run.cls, static_cast<std::uint8_t>(run.number + reg - run.first)};
        }
    }
    return map;
}();

const ZydisDecoder& decoder() {
    static const ZydisDecoder instance = [] {
        ZydisDecoder made;
        ZydisDecoderInit(&made, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        ZydisDecoderEnableMode(&made, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);  // without MPX these are NOPs
        return made;
    }();
    return instance;
}

}  // namespace

Register register_of(ZydisRegister reg) {
    return register_of_zydis[reg];
}

bool without_base(const ZydisDecodedInstruction& decoded) {
    constexpr ZyanU64 with_sib = ZYDIS_ATTRIB_HAS_MODRM | ZYDIS_ATTRIB_HAS_SIB;
    return (decoded.attributes & with_sib) == with_sib && decoded.raw.modrm.mod == 0 && (decoded.raw.sib.base & 7) == 5;
}

namespace {

Memory memory_of(const ZydisDecodedOperand& operand, const ZydisDecodedInstruction& decoded, const Instruction& instruction) {
    Memory memory;
    memory.base = register_of(operand.mem.base);
    memory.index = register_of(operand.mem.index);
    memory.scale = std::max<std::uint8_t>(operand.mem.scale, 1);
    memory.address_bits = instruction.address_bits;
    memory.segment = segment_of(operand.mem.segment);
    memory.displacement = operand.mem.disp.has_displacement ? operand.mem.disp.value : 0;
    if (without_base(decoded) && memory.base.cls != RegisterClass::none) {  // Zydis 4.0 takes R13D as base
        memory.base = {};
        memory.displacement = decoded.raw.disp.value;
    }
    if (memory.base.cls == RegisterClass::rip) {
        memory.base = {};
        memory.displacement += static_cast<std::int64_t>(instruction.next_address().value());
        if (memory.address_bits == 32) memory.displacement = static_cast<std::uint32_t>(memory.displacement);
    }
    return memory;
}

Operand operand_of(const ZydisDecodedOperand& decoded, const ZydisDecodedInstruction& whole, const Instruction& instruction) {
    Operand operand;
    operand.bits = decoded.size;
    operand.modified =
        (decoded.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0 && (decoded.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    switch (decoded.type) {
        case ZYDIS_OPERAND_TYPE_REGISTER:
            operand.kind = OperandKind::reg;
            operand.reg = register_of(decoded.reg.value);
            break;
        case ZYDIS_OPERAND_TYPE_MEMORY:
            operand.kind = OperandKind::memory;
            operand.memory = memory_of(decoded, whole, instruction);
            break;
        case ZYDIS_OPERAND_TYPE_IMMEDIATE:
            operand.kind = OperandKind::immediate;
            operand.immediate = decoded.imm.value.s;
            operand.relative = decoded.imm.is_relative;
            if (operand.relative) operand.immediate += static_cast<std::int64_t>(instruction.next_address().value());
            break;
        default:
            operand.kind = OperandKind::far_pointer;
    }
    return operand;
}

/// The processor has to have all of an instruction, and no more than it takes, before it says that there is none such.
DecodeError error_of_undefined(std::span<const std::byte> bytes) {
    const auto length = undefined_length(bytes);
    if (bytes.size() < std::min(length, longest_instruction_bytes)) return DecodeError::truncated;
    return length > longest_instruction_bytes ? DecodeError::too_long : DecodeError::invalid;
}

/// Zydis stops where an instruction has more than 15 bytes, whether or not the processor has it. Where it has not, Zydis's
/// count of its bytes need not be the processor's.
DecodeError error_of(ZyanStatus status, std::span<const std::byte> bytes) {
    const bool is_short = bytes.size() < longest_instruction_bytes;
    if (status == ZYDIS_STATUS_NO_MORE_DATA && is_short) return DecodeError::truncated;
    return error_of_undefined(bytes);
}

std::uint8_t modrm_of(const ZydisDecodedInstruction& decoded) {
    if ((decoded.attributes & ZYDIS_ATTRIB_HAS_MODRM) == 0) return 0;
    const auto& modrm = decoded.raw.modrm;
    return static_cast<std::uint8_t>(modrm.mod << 6 | modrm.reg << 3 | modrm.rm);
}

bool has_prefix(const ZydisDecodedInstruction& decoded, std::uint8_t prefix) {
    const auto prefixes = std::span(decoded.raw.prefixes).first(decoded.raw.prefix_count);
    return std::ranges::any_of(prefixes, [&](const auto& p) { return p.value == prefix; });
}

/// Of string instructions, and of CLZERO, which has no memory operand for Zydis.
Segment string_segment(const ZydisDecodedInstruction& decoded) {
    constexpr std::uint8_t fs = 0x64;
    constexpr std::uint8_t gs = 0x65;
    if (decoded.mnemonic == ZYDIS_MNEMONIC_CLZERO) {
        for (auto i = decoded.raw.prefix_count; i > 0; --i) {  // the last one counts
            if (decoded.raw.prefixes[i - 1].value == fs) return Segment::fs;
            if (decoded.raw.prefixes[i - 1].value == gs) return Segment::gs;
        }
    }
    if (decoded.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS) return Segment::fs;
    if (decoded.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS) return Segment::gs;
    return Segment::ds;
}

/// True if a hidden operand is memory in the stack's segment.
bool uses_stack(const ZydisDecodedInstruction& decoded, std::span<const ZydisDecodedOperand> operands) {
    const auto hidden = operands.subspan(decoded.operand_count_visible, decoded.operand_count - decoded.operand_count_visible);
    return std::ranges::any_of(hidden, [](const ZydisDecodedOperand& operand) {
        return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.segment == ZYDIS_REGISTER_SS;
    });
}

/// F3 90 is PAUSE, but with REX.B it stays XCHG with R8, which this version of Zydis does not say.
void correct_pause(Instruction& instruction, const ZydisDecodedInstruction& decoded) {
    if (decoded.mnemonic != ZYDIS_MNEMONIC_PAUSE || decoded.raw.rex.B == 0) return;
    constexpr std::uint8_t r8 = 8;
    const auto accumulator = [&](std::uint8_t number) {
        return Operand{
            .kind = OperandKind::reg, .bits = instruction.operand_bits, .reg = {RegisterClass::gpr, number}, .memory = {}};
    };
    instruction.mnemonic = Mnemonic::XCHG;
    instruction.operand_count = 2;
    instruction.operands[0] = accumulator(r8);
    instruction.operands[1] = accumulator(0);
}

/// CLZERO takes no prefix that could select another instruction, which Zydis does not say.
bool has_forbidden_prefix(const ZydisDecodedInstruction& decoded) {
    return decoded.mnemonic == ZYDIS_MNEMONIC_CLZERO &&
           (has_prefix(decoded, 0x66) || has_prefix(decoded, 0xf2) || has_prefix(decoded, 0xf3));
}

/// Zydis knows encodings of processors that are no ancestors of the guest's (Knights Corner has VEX forms of its own).
bool is_foreign(const ZydisDecodedInstruction& decoded) {
    return decoded.meta.isa_ext == ZYDIS_ISA_EXT_KNC || decoded.meta.isa_ext == ZYDIS_ISA_EXT_KNCE ||
           decoded.meta.isa_ext == ZYDIS_ISA_EXT_KNCV;
}

}  // namespace

std::expected<void, DecodeError> decode_by_zydis(std::span<const std::byte> bytes, ZydisDecoded& decoded) {
    const auto status = ZydisDecoderDecodeFull(&decoder(), bytes.data(), std::min(bytes.size(), longest_instruction_bytes),
                                               &decoded.instruction, decoded.operands.data());
    if (!ZYAN_SUCCESS(status)) return std::unexpected(error_of(status, bytes));
    if (is_foreign(decoded.instruction) || has_forbidden_prefix(decoded.instruction))
        return std::unexpected(error_of_undefined(bytes));
    return {};
}

Instruction instruction_of(const ZydisDecoded& zydis, GuestAddress address) {
    const auto& decoded = zydis.instruction;
    Instruction instruction;
    instruction.address = address;
    // AMD's XOP shares a mnemonic with BMI1, and no more.
    instruction.mnemonic =
        decoded.encoding == ZYDIS_INSTRUCTION_ENCODING_XOP ? Mnemonic::unknown : mnemonic_of_zydis[decoded.mnemonic];
    instruction.opcode = decoded.opcode;
    instruction.modrm = modrm_of(decoded);
    instruction.length_bytes = decoded.length;
    instruction.operand_bits = decoded.operand_width;
    instruction.address_bits = decoded.address_width;
    instruction.lock = (decoded.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0;
    instruction.rep = (decoded.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE)) != 0;
    instruction.repne = (decoded.attributes & ZYDIS_ATTRIB_HAS_REPNE) != 0;
    instruction.vex = decoded.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX;
    instruction.evex = decoded.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    instruction.uses_stack = uses_stack(decoded, zydis.operands);
    instruction.vector_bits = decoded.avx.vector_length;
    instruction.segment = string_segment(decoded);
    instruction.operand_count =
        std::min<std::uint8_t>(decoded.operand_count_visible, static_cast<std::uint8_t>(instruction.operands.size()));
    for (std::size_t i = 0; i < instruction.operand_count; ++i) {
        instruction.operands[i] = operand_of(zydis.operands[i], decoded, instruction);
    }
    correct_pause(instruction, decoded);
    return instruction;
}

std::expected<Instruction, DecodeError> decode(std::span<const std::byte> bytes, GuestAddress address) {
    ZydisDecoded zydis;
    if (const auto ok = decode_by_zydis(bytes, zydis); !ok) return std::unexpected(ok.error());
    return instruction_of(zydis, address);
}

std::string disassemble(std::span<const std::byte> bytes, GuestAddress address) {
    ZydisDisassembledInstruction text;
    const auto status = ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, address.value(), bytes.data(),
                                              std::min(bytes.size(), longest_instruction_bytes), &text);
    return ZYAN_SUCCESS(status) ? text.text : "(bad)";
}

std::string_view instruction_set_name(std::span<const std::byte> bytes) {
    ZydisDecoder decoder;
    ZydisDecodedInstruction decoded;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    const auto size_bytes = std::min(bytes.size(), longest_instruction_bytes);
    const auto status = ZydisDecoderDecodeInstruction(&decoder, nullptr, bytes.data(), size_bytes, &decoded);
    return ZYAN_SUCCESS(status) ? ZydisISASetGetString(decoded.meta.isa_set) : std::string_view();
}

namespace {

struct MnemonicRow {
    std::string_view name;
    std::uint32_t undefined_flags;
    std::string_view reference;
};

constexpr std::array<MnemonicRow, static_cast<std::size_t>(Mnemonic::count)> mnemonic_rows = [] {
    using namespace rflags;  // the table's column of undefined flags uses their names
    constexpr std::uint32_t none = 0;
    return std::array<MnemonicRow, static_cast<std::size_t>(Mnemonic::count)>{
        MnemonicRow{"?", none, ""},
#define LXR_INSTRUCTION(mnemonic, function, undefined_flags, reference) MnemonicRow{#mnemonic, undefined_flags, reference},
#include "lifter/semantics/instructions.inc"
#undef LXR_INSTRUCTION
    };
}();

}  // namespace

std::string_view mnemonic_name(Mnemonic mnemonic) {
    return mnemonic_rows[static_cast<std::size_t>(mnemonic)].name;
}
std::uint32_t undefined_flags(Mnemonic mnemonic) {
    return mnemonic_rows[static_cast<std::size_t>(mnemonic)].undefined_flags;
}
std::string_view mnemonic_reference(Mnemonic mnemonic) {
    return mnemonic_rows[static_cast<std::size_t>(mnemonic)].reference;
}

}  // namespace lxr
