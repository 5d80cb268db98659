// Asks Zydis about every opcode and writes the table that encoding_table.h describes, as C++ arrays. Runs while lxr is built.
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "lifter/decode/encoding_table.h"

namespace lxr {

namespace {

using Bytes = std::array<std::byte, longest_instruction_bytes>;

struct Opcode {
    unsigned map;
    unsigned number;
    [[nodiscard]] bool is_vex() const { return map >= legacy_maps; }
};

/// What may differ between encodings of one row.
struct Fields {
    unsigned rxb = 0;      // extension bits; of legacy encodings in a REX prefix
    bool has_rex = false;  // also if nothing asks for it
    unsigned mod = 0;      // not 3, where the variant is of memory
    unsigned rm = 0;       // or the low bits of the opcode
    unsigned sib = 0;
    unsigned vvvv = 0;
    unsigned segment_prefix = 0;
};

Bytes encode(const Opcode& opcode, bool has_modrm, const EncodingVariant& variant, const Fields& fields) {
    Bytes bytes;
    std::size_t size = 0;
    const auto put = [&](unsigned byte) { bytes[size++] = static_cast<std::byte>(byte); };
    if (fields.segment_prefix != 0) put(fields.segment_prefix);
    if (opcode.is_vex()) {
        put(0xc4);
        put((~fields.rxb & 7) << 5 | (opcode.map - legacy_maps + 1));
        put((variant.w ? 0x80U : 0U) | (~fields.vvvv & 15) << 3 | (variant.l ? 4U : 0U) | variant.prefix);
    } else {
        constexpr std::array prefixes = {0U, 0x66U, 0xf3U, 0xf2U};
        if (variant.prefix != 0) put(prefixes[variant.prefix]);
        if (fields.has_rex || variant.w) put(0x40 | (variant.w ? 8U : 0U) | fields.rxb);
        if (opcode.map != 0) put(0x0f);
        if (opcode.map > 1) put(opcode.map == 2 ? 0x38 : 0x3a);
    }
    put(opcode.number);
    if (has_modrm) put((variant.mod3 ? 3U : fields.mod) << 6 | variant.reg << 3 | fields.rm);
    if (has_modrm && !variant.mod3 && fields.rm == 4) put(fields.sib);
    for (unsigned filler = 0x91; size < bytes.size(); filler += 0x11) put(filler & 0xff);
    return bytes;
}

constexpr GuestAddress anywhere{0x5555'1234'5670};

/// A table of one row.
struct Candidate {
    bool modrm;
    EncodingRow only;
    [[nodiscard]] bool has_modrm(unsigned, unsigned) const { return modrm; }
    [[nodiscard]] const EncodingRow& row(unsigned, unsigned, const EncodingVariant&) const { return only; }
};

FieldUse use_of(const Encoding& encoding, std::uint8_t number) {
    if (number == no_gpr) return {};
    return {.is_gpr = true,
            .is_read = (encoding.gprs_read >> number & 1) != 0,
            .is_written = (encoding.gprs_written >> number & 1) != 0};
}

/// The row that one encoding suggests, whose registers are different ones of R8 to R15 and so not implicit operands.
EncodingRow suggested_row(const Opcode& opcode, bool has_modrm, const EncodingVariant& variant) {
    Fields fields{.rxb = 5, .has_rex = true, .mod = 1, .rm = variant.reg == 2 ? 3U : 2U, .vvvv = 8 + ((variant.reg + 4) & 7)};
    EncodingRow row;
    auto encoding = decode_encoding_by_zydis(encode(opcode, has_modrm, variant, fields), anywhere);
    row.has_vvvv = opcode.is_vex() && encoding.has_value();
    if (opcode.is_vex() && !encoding) {
        fields.vvvv = 0;
        encoding = decode_encoding_by_zydis(encode(opcode, has_modrm, variant, fields), anywhere);
    }
    if (!encoding || encoding->evex || (encoding->modrm_offset != 0) != has_modrm) return {};
    if (!has_modrm && encoding->displacement_bytes != 0) return {};  // MOV with an absolute address
    row.is_known = true;
    row.mnemonic = encoding->mnemonic;
    std::uint16_t fields_mask = 0;
    for (const auto number : {encoding->reg, encoding->rm, encoding->opcode_reg, encoding->vvvv, encoding->base}) {
        if (number != no_gpr) fields_mask |= static_cast<std::uint16_t>(1U << number);
    }
    row.implicitly_read = encoding->gprs_read & static_cast<std::uint16_t>(~fields_mask);
    row.implicitly_written = encoding->gprs_written & static_cast<std::uint16_t>(~fields_mask);
    row.reg = use_of(*encoding, encoding->reg);
    row.rm = use_of(*encoding, encoding->rm);
    row.opcode_reg = use_of(*encoding, encoding->opcode_reg);
    row.vvvv = use_of(*encoding, encoding->vvvv);
    row.operand_bits = encoding->operand_bits;
    if (encoding->immediate_offset != 0) {
        row.immediate_bytes = static_cast<std::uint8_t>(encoding->length_bytes - encoding->immediate_offset);
    }
    row.first_operand = encoding->first_operand;
    row.first_operand_is_64_bits = encoding->first_operand_is_64_bits;
    constexpr std::int64_t far = 1LL << 40;  // an absolute target is near `anywhere`
    row.is_relative = encoding->first_operand == OperandKind::immediate && encoding->immediate > far &&
                      row.immediate_bytes <= sizeof(std::uint32_t);
    row.has_memory_operand = encoding->has_memory_operand;
    row.writes_memory = encoding->writes_memory;
    row.x87 = encoding->x87;
    row.touches_other_state = encoding->touches_other_state;

    // Without REX, numbers from 4 on may be AH … BH, which are no field's register.
    if (opcode.is_vex() || variant.w) return row;
    const auto plain = decode_encoding_by_zydis(encode(opcode, has_modrm, variant, {.mod = 1, .rm = 6}), anywhere);
    if (!plain) return row;
    row.reg.is_byte = row.reg.is_gpr && variant.reg >= 4 && plain->reg == no_gpr;
    row.rm.is_byte = row.rm.is_gpr && plain->rm == no_gpr;
    row.opcode_reg.is_byte = row.opcode_reg.is_gpr && (opcode.number & 7) >= 4 && plain->opcode_reg == no_gpr;
    return row;
}

bool agrees_with_zydis(const Opcode& opcode, const EncodingVariant& variant, const Candidate& candidate, const Fields& fields) {
    const auto bytes = encode(opcode, candidate.modrm, variant, fields);
    Encoding walked;
    if (!EncodingWalk(std::span<const std::byte>(bytes), anywhere, candidate, walked).run())
        return true;  // Zydis will be asked
    const auto asked = decode_encoding_by_zydis(bytes, anywhere);
    return asked && *asked == walked;
}

/// Encodings of all kinds of registers and addresses.
std::vector<Fields> samples(const Opcode& opcode, bool has_modrm, const EncodingVariant& variant) {
    constexpr std::array sibs = {0x24U, 0x25U, 0x65U, 0xe5U, 0x9cU, 0xd8U};
    constexpr std::array segment_prefixes = {0U, 0x64U, 0x2eU};
    std::vector<Fields> all;
    unsigned turn = 0;
    for (unsigned extension = 0; extension < 9; ++extension) {
        for (unsigned rm = 0; rm < (has_modrm ? 8U : 1U); ++rm) {
            for (unsigned mod = 0; mod < (has_modrm && !variant.mod3 ? 3U : 1U); ++mod, ++turn) {
                all.push_back({.rxb = extension & 7,
                               .has_rex = extension < 8,
                               .mod = mod,
                               .rm = rm,
                               .sib = sibs[turn % sibs.size()],
                               .vvvv = turn % 3 == 0 ? 0 : turn % 16,
                               .segment_prefix = opcode.is_vex() ? 0 : segment_prefixes[turn % segment_prefixes.size()]});
            }
        }
    }
    return all;
}

EncodingRow row_of(const Opcode& opcode, bool has_modrm, const EncodingVariant& variant) {
    Candidate candidate{has_modrm, suggested_row(opcode, has_modrm, variant)};
    if (!candidate.only.is_known) return {};
    const auto all = samples(opcode, has_modrm, variant);
    for (const bool takes_segment : {true, false}) {
        candidate.only.takes_segment = takes_segment;
        const auto agrees = [&](const Fields& fields) { return agrees_with_zydis(opcode, variant, candidate, fields); };
        if (std::ranges::all_of(all, agrees)) return candidate.only;
    }
    return {};
}

/// Bytes that begin something else than an opcode of the map.
bool is_prefix_or_escape(const Opcode& opcode) {
    constexpr std::array prefixes = {0x0fU, 0x26U, 0x2eU, 0x36U, 0x3eU, 0x62U, 0x64U, 0x65U,
                                     0x66U, 0x67U, 0xc4U, 0xc5U, 0xf0U, 0xf2U, 0xf3U};
    if (opcode.map == 0) return (opcode.number & 0xf0) == 0x40 || std::ranges::find(prefixes, opcode.number) != prefixes.end();
    return opcode.map == 1 && (opcode.number == 0x0f || opcode.number == 0x38 || opcode.number == 0x3a);
}

enum class ModrmPresence : unsigned char { unknown, absent, present };

ModrmPresence modrm_presence(const Opcode& opcode) {
    for (unsigned choice = 0; choice < 4 * 4 * 16; ++choice) {
        const EncodingVariant variant{.prefix = choice & 3,
                                      .w = (choice & 4) != 0,
                                      .l = (choice & 8) != 0,
                                      .mod3 = (choice & 16) != 0,
                                      .reg = choice >> 5};
        const auto encoding = decode_encoding_by_zydis(encode(opcode, true, variant, {.mod = 1, .rm = 2}), anywhere);
        if (encoding) return encoding->modrm_offset != 0 ? ModrmPresence::present : ModrmPresence::absent;
    }
    return ModrmPresence::unknown;
}

// ---- the three levels of the table, each without repetitions

/// The rows of one prefix, W and L: those of memory, and those of ModRM.mod 3, by ModRM.reg.
using Group = std::array<unsigned, 16>;
/// The groups of one opcode, by prefix, W and L.
using GroupsOfOpcode = std::array<unsigned, 16>;

template <typename T>
unsigned number_of(std::vector<T>& all, const T& one) {
    const auto found = std::ranges::find(all, one);
    if (found == all.end()) all.push_back(one);
    return static_cast<unsigned>(std::ranges::find(all, one) - all.begin());
}

class Table {
public:
    Table() { number_of(rows_, EncodingRow{}); }

    void add(const Opcode& opcode) {
        GroupsOfOpcode groups{};
        const auto presence = is_prefix_or_escape(opcode) ? ModrmPresence::unknown : modrm_presence(opcode);
        const bool has_modrm = presence == ModrmPresence::present;
        for (unsigned i = 0; i < groups.size(); ++i) {
            const EncodingVariant variant{.prefix = i & 3, .w = (i & 4) != 0, .l = (i & 8) != 0};
            const bool exists = presence != ModrmPresence::unknown && (opcode.is_vex() || !variant.l);
            groups[i] = number_of(groups_, exists ? group(opcode, has_modrm, variant) : Group{});
        }
        opcodes_.push_back(number_of(groups_of_opcodes_, groups) | (has_modrm ? has_modrm_bit : 0));
    }

    void print() const {
        std::puts("constexpr EncodingRow encoding_rows[] = {");
        for (const auto& row : rows_) print_row(row);
        std::puts("};");
        print_numbers("row_groups", groups_);
        print_numbers("groups_of_opcodes", groups_of_opcodes_);
        std::puts("constexpr std::uint16_t opcode_index[] = {");
        for (const auto number : opcodes_) std::printf("%u,", number);
        std::puts("};");
    }

private:
    Group group(const Opcode& opcode, bool has_modrm, EncodingVariant variant) {
        Group group{};
        for (unsigned i = 0; i < group.size(); ++i) {
            variant.mod3 = i >= 8;
            variant.reg = i & 7;
            group[i] = !has_modrm && i > 0 ? group[0] : number_of(rows_, row_of(opcode, has_modrm, variant));
        }
        return group;
    }

    static void print_use(const FieldUse& use) {
        std::printf("{%d,%d,%d,%d},", use.is_gpr, use.is_byte, use.is_read, use.is_written);
    }

    static void print_row(const EncodingRow& row) {
        std::printf("{%d,Mnemonic{%u},%u,%u,", row.is_known, static_cast<unsigned>(row.mnemonic), row.implicitly_read,
                    row.implicitly_written);
        for (const auto& use : {row.reg, row.rm, row.opcode_reg, row.vvvv}) print_use(use);
        std::printf("%u,%u,OperandKind{%u},%d,%d,%d,%d,%d,%d,%d,%d},\n", row.operand_bits, row.immediate_bytes,
                    static_cast<unsigned>(row.first_operand), row.first_operand_is_64_bits, row.is_relative,
                    row.has_memory_operand, row.writes_memory, row.x87, row.touches_other_state, row.has_vvvv,
                    row.takes_segment);
    }

    template <typename T>
    static void print_numbers(const char* name, const std::vector<T>& all) {
        std::printf("constexpr std::uint16_t %s[][%zu] = {\n", name, T{}.size());
        for (const auto& numbers : all) {
            std::fputs("{", stdout);
            for (const auto number : numbers) std::printf("%u,", number);
            std::puts("},");
        }
        std::puts("};");
    }

    std::vector<EncodingRow> rows_;
    std::vector<Group> groups_;
    std::vector<GroupsOfOpcode> groups_of_opcodes_;
    std::vector<unsigned> opcodes_;
};

}  // namespace

}  // namespace lxr

/// @param arguments  the file to write.
int main(int count, char** arguments) {
    if (count != 2 || std::freopen(arguments[1], "w", stdout) == nullptr) {
        std::fputs("usage: generate_encoding_table FILE\n", stderr);
        return 2;
    }
    lxr::Table table;
    for (unsigned map = 0; map < lxr::opcode_maps; ++map) {
        for (unsigned number = 0; number < 256; ++number) table.add({map, number});
    }
    table.print();
    return std::fclose(stdout) == 0 ? 0 : 1;
}
