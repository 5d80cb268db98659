// Bytes to Encoding by the generated table, and by Zydis where that does not know.
#include "lifter/encoding.h"

#include "lifter/decode/encoding_table.h"

namespace lxr {

namespace {

#include <lifter/decode/encoding_table.inc>  // made by generate_encoding_table.cpp

struct GeneratedTable {
    static bool has_modrm(unsigned map, unsigned opcode) { return (opcode_index[map * 256 + opcode] & has_modrm_bit) != 0; }
    static const EncodingRow& row(unsigned map, unsigned opcode, const EncodingVariant& variant) {
        const unsigned groups = opcode_index[map * 256 + opcode] & ~has_modrm_bit;
        const unsigned group = groups_of_opcodes[groups][variant.prefix | (variant.w ? 4U : 0U) | (variant.l ? 8U : 0U)];
        return encoding_rows[row_groups[group][(variant.mod3 ? 8U : 0U) | variant.reg]];
    }
};

}  // namespace

bool decode_encoding_by_table(std::span<const std::byte> bytes, GuestAddress address, Encoding& encoding) {
    return EncodingWalk(bytes, address, GeneratedTable{}, encoding).run();
}

std::expected<Encoding, DecodeError> decode_encoding(std::span<const std::byte> bytes, GuestAddress address) {
    std::expected<Encoding, DecodeError> result;
    if (!decode_encoding_by_table(bytes, address, *result)) result = decode_encoding_by_zydis(bytes, address);
    return result;
}

}  // namespace lxr
