// One decoded guest instruction, in the SDM's words and independent of the decoder's library.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lifter/guest_state.h"
#include "lifter/support/address.h"

namespace lxr {

/// Every mnemonic that has semantics: one for each row of lifter/semantics/instructions.inc.
enum class Mnemonic : std::uint16_t {
    unknown,
#define LXR_INSTRUCTION(mnemonic, function, undefined_flags, reference) mnemonic,
#include "lifter/semantics/instructions.inc"
#undef LXR_INSTRUCTION
    count
};

enum class OperandKind : std::uint8_t { none, reg, memory, immediate, far_pointer };

enum class RegisterClass : std::uint8_t { none, gpr, high_byte, vector, mmx, x87, segment, mask, control, debug, rip };

/// A register operand: class and number (for high_byte the number of AH, CH, DH, BH's full register: 0–3).
struct Register {
    RegisterClass cls = RegisterClass::none;
    std::uint8_t number = 0;
    bool operator==(const Register&) const = default;
};

/// A memory operand: segment:[base + index * scale + displacement]. A rip-relative base has been folded into the displacement.
struct Memory {
    Register base;   // none or gpr
    Register index;  // none, gpr, or vector (gathers)
    std::uint8_t scale = 1;
    std::uint8_t address_bits = 64;  // 32 with the address-size prefix
    Segment segment = Segment::ds;
    std::int64_t displacement = 0;
};

struct Operand {
    OperandKind kind = OperandKind::none;
    std::uint16_t bits = 0;  // operand size; for x87 memory 80, for FXSAVE areas more than 512
    Register reg;
    Memory memory;
    std::int64_t immediate = 0;  // sign-extended as the instruction does it; for branches the absolute target
    bool relative = false;
    bool modified = false;  // read and (perhaps) written
};

struct Instruction {
    GuestAddress address;
    Mnemonic mnemonic = Mnemonic::unknown;
    std::uint8_t opcode = 0;  // the last opcode byte
    std::uint8_t modrm = 0;   // 0 where there is none
    std::uint8_t length_bytes = 0;
    std::uint8_t operand_count = 0;  // explicit operands and implicit ones that assembly shows
    std::uint8_t operand_bits = 0;   // effective operand size: 8, 16, 32, 64
    std::uint8_t address_bits = 64;  // effective address size
    std::uint16_t vector_bits = 0;   // VEX/EVEX vector length; 0 for legacy encodings
    bool lock = false;
    bool rep = false;    // F3 as REP/REPE
    bool repne = false;  // F2 as REPNE
    bool vex = false;    // VEX encoded: writes of a vector register clear its upper part
    bool evex = false;
    bool uses_stack = false;        // reads or writes memory at rSP (or, LEAVE, rBP) besides its memory operand
    Segment segment = Segment::ds;  // of the implicit DS:rSI operand of string instructions
    std::array<Operand, 5> operands;

    [[nodiscard]] GuestAddress next_address() const { return address + length_bytes; }
};

/// The mnemonic's spelling in upper case; "?" for unknown.
std::string_view mnemonic_name(Mnemonic mnemonic);
/// Flags that the manual leaves undefined after the instruction (mask of rflags bits).
std::uint32_t undefined_flags(Mnemonic mnemonic);
/// The manual's section.
std::string_view mnemonic_reference(Mnemonic mnemonic);

}  // namespace lxr
