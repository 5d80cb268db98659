// Forms: every way in which an instruction of lifter/semantics/instructions.inc can be encoded, grouped by mnemonic, operand
// kinds and sizes. Found by decoding all opcodes, so that a new row of the table is tested without further work.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lifter/decoder.h"
#include "tools/difftest/random.h"

namespace lxr::difftest {

/// A place in the opcode space; operands are chosen later.
struct OpcodePlace {
    std::array<std::uint8_t, 2> prefixes{};  // 66 F2 F3 F0, as needed for the form
    std::uint8_t prefix_count = 0;
    bool vex = false;
    std::uint8_t map = 0;  // 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A
    std::uint8_t opcode = 0;
    std::uint8_t rex = 0;         // 0, 40 or 48
    std::uint8_t vex_prefix = 0;  // VEX.pp
    bool wide = false;            // VEX.W
    bool long_vector = false;     // VEX.L
    std::uint8_t modrm = 0;
};

struct Form {
    std::string name;  // "ADD r32, m32"
    Mnemonic mnemonic = Mnemonic::unknown;
    std::uint64_t key = 0;
    std::vector<OpcodePlace> places;
};

/// One instruction with its bytes.
struct Encoding {
    std::array<std::byte, longest_instruction_bytes> buffer{};
    std::size_t size_bytes = 0;
    Instruction instruction;  // decoded at the address given

    [[nodiscard]] std::span<const std::byte> bytes() const { return {buffer.data(), size_bytes}; }
};

/// All forms, sorted by name. The last is "(bad)": bytes that do not decode and must be #UD.
std::vector<Form> enumerate_forms();

/// A random encoding of the form: registers, addressing, displacement, immediate, and prefixes that change nothing or select a
/// segment or the address size. Relative branches lead to landing pads of the arena, absolute and rip-relative operands into
/// its data.
Encoding random_encoding(const Form& form, std::uint64_t address, Random& random);

}  // namespace lxr::difftest
