// How an instruction's bytes are laid out, for those who write it down again with other registers (a baseline emitter on a host
// with the guest's instruction set).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "lifter/decoder.h"
#include "lifter/instruction.h"

namespace lxr {

inline constexpr std::uint8_t no_gpr = 0xff;

/// Offsets are from the instruction's first byte; 0 means that the part is absent (none but prefixes can be at 0).
struct Encoding {
    Mnemonic mnemonic = Mnemonic::unknown;
    std::uint8_t length_bytes = 0;
    std::uint8_t opcode = 0;         // the last opcode byte
    std::uint8_t operand_bits = 0;   // effective operand size: 8, 16, 32, 64
    std::uint8_t address_bits = 64;  // effective address size

    std::uint8_t prefix_bytes = 0;  // legacy prefixes, mandatory ones included
    std::uint8_t rex = 0;           // the REX byte; 0 without
    std::uint8_t vex_offset = 0;    // of C4 or C5; only valid if vex_bytes != 0
    std::uint8_t vex_bytes = 0;     // 2 or 3; 0 for legacy encodings
    std::uint8_t opcode_offset = 0;
    std::uint8_t modrm_offset = 0;
    std::uint8_t sib_offset = 0;
    std::uint8_t displacement_offset = 0;
    std::uint8_t displacement_bytes = 0;
    std::uint8_t immediate_offset = 0;  // immediates go to the end of the instruction

    // The general-purpose registers in each field; no_gpr where the field holds something else.
    std::uint8_t reg = no_gpr;         // ModRM.reg
    std::uint8_t rm = no_gpr;          // ModRM.rm as a register
    std::uint8_t opcode_reg = no_gpr;  // low bits of the opcode
    std::uint8_t vvvv = no_gpr;        // VEX.vvvv
    std::uint8_t base = no_gpr;        // of the memory operand, whether in ModRM or SIB
    std::uint8_t index = no_gpr;

    bool has_vector_index = false;  // the SIB byte's index is a vector register (SDM Vol. 2A, "VSIB")
    bool rip_relative = false;
    bool evex = false;
    bool uses_high_byte = false;       // AH … BH: no REX prefix is possible
    bool x87 = false;                  // uses the x87 unit or its registers (MMX), and none of its environment's pointers
    bool touches_other_state = false;  // more than GPRs, vectors, MXCSR, x87 and plain memory: segments, CPUID, …
    std::uint16_t gprs_read = 0;       // masks, implicit operands and address registers included
    std::uint16_t gprs_written = 0;

    OperandKind first_operand = OperandKind::none;  // of those that assembly shows
    bool first_operand_is_64_bits = false;
    bool has_memory_operand = false;  // assembly shows one
    bool writes_memory = false;       // there or elsewhere, as PUSH does; also where it only may
    Segment segment = Segment::ds;    // FS or GS if the memory operand is relative to it; DS for all others
    std::int64_t displacement = 0;    // of ModRM's memory operand; where that is relative to rip, the address itself
    std::int64_t immediate = 0;       // the first operand, if it is one: sign-extended; of branches the absolute target

    bool operator==(const Encoding&) const = default;
};

/// As `decode`, but the layout. Thread-safe, and several times as fast.
std::expected<Encoding, DecodeError> decode_encoding(std::span<const std::byte> bytes, GuestAddress address);

}  // namespace lxr
