// What the files that use Zydis share. Private to lifter/decode/.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <cstddef>
#include <expected>
#include <span>

#include "lifter/decoder.h"
#include "lifter/instruction.h"

namespace lxr {

struct ZydisDecoded {
    ZydisDecodedInstruction instruction;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
};

std::expected<void, DecodeError> decode_by_zydis(std::span<const std::byte> bytes, ZydisDecoded& decoded);
Instruction instruction_of(const ZydisDecoded& zydis, GuestAddress address);

/// Class and number of Zydis's register.
Register register_of(ZydisRegister reg);

/// True if the SIB byte says that there is no base but a displacement (SDM Vol. 2A, Table 2-3).
bool without_base(const ZydisDecodedInstruction& decoded);

}  // namespace lxr
