// The maps of opcodes as the processor's length decoder has them: which opcodes have a ModRM byte and how many immediate bytes.
#include "lifter/decode/undefined_length.h"

#include <algorithm>
#include <array>

namespace lxr {

namespace {

/// What the prefixes say.
struct Prefixes {
    bool operand_size = false;  // 66
    bool lock = false;          // F0
    bool address_size = false;  // 67
    bool rex = false;           // REX is the last of them; before others it means nothing
    bool wide = false;          // REX.W
};

/// A row of a map: opcodes from `first` to `last`. Those without a row have a ModRM byte and no immediate.
struct Range {
    std::uint8_t first;
    std::uint8_t last;
    enum class Operands : std::uint8_t {
        none,
        byte,
        word,
        word_and_byte,
        operand,       // of the operand size, but 4 bytes at most
        wide_operand,  // of the operand size
        distance,  // of a near branch: of the operand size where LOCK forbids it, else 4 bytes, as Intel's processors have it
        far_pointer,  // as `operand`, and a selector
        address,      // of the address size
        // from here on after ModRM
        modrm,
        modrm_register,  // r/m is a register, whatever mod says
        modrm_byte,
        modrm_word,
        modrm_operand,
        modrm_four_bytes,
        modrm_test  // group 3: TEST has a byte (even opcode) or `operand` (odd), others nothing
    } operands;
};
using Operands = Range::Operands;

// clang-format off
constexpr std::array one_byte_map = {
    Range{0x06, 0x07, Operands::none},          Range{0x0e, 0x0e, Operands::none},
    Range{0x16, 0x17, Operands::none},          Range{0x1e, 0x1f, Operands::none},
    Range{0x27, 0x27, Operands::none},          Range{0x2f, 0x2f, Operands::none},
    Range{0x37, 0x37, Operands::none},          Range{0x3f, 0x3f, Operands::none},
    Range{0x04, 0x04, Operands::byte},          Range{0x05, 0x05, Operands::operand},
    Range{0x0c, 0x0c, Operands::byte},          Range{0x0d, 0x0d, Operands::operand},
    Range{0x14, 0x14, Operands::byte},          Range{0x15, 0x15, Operands::operand},
    Range{0x1c, 0x1c, Operands::byte},          Range{0x1d, 0x1d, Operands::operand},
    Range{0x24, 0x24, Operands::byte},          Range{0x25, 0x25, Operands::operand},
    Range{0x2c, 0x2c, Operands::byte},          Range{0x2d, 0x2d, Operands::operand},
    Range{0x34, 0x34, Operands::byte},          Range{0x35, 0x35, Operands::operand},
    Range{0x3c, 0x3c, Operands::byte},          Range{0x3d, 0x3d, Operands::operand},
    Range{0x50, 0x61, Operands::none},          Range{0x68, 0x68, Operands::operand},
    Range{0x69, 0x69, Operands::modrm_operand}, Range{0x6a, 0x6a, Operands::byte},
    Range{0x6b, 0x6b, Operands::modrm_byte},    Range{0x6c, 0x6f, Operands::none},
    Range{0x70, 0x7f, Operands::byte},          Range{0x80, 0x80, Operands::modrm_byte},
    Range{0x81, 0x81, Operands::modrm_operand}, Range{0x82, 0x83, Operands::modrm_byte},
    Range{0x90, 0x99, Operands::none},          Range{0x9a, 0x9a, Operands::far_pointer},
    Range{0x9b, 0x9f, Operands::none},          Range{0xa0, 0xa3, Operands::address},
    Range{0xa4, 0xa7, Operands::none},          Range{0xa8, 0xa8, Operands::byte},
    Range{0xa9, 0xa9, Operands::operand},       Range{0xaa, 0xaf, Operands::none},
    Range{0xb0, 0xb7, Operands::byte},          Range{0xb8, 0xbf, Operands::wide_operand},
    Range{0xc0, 0xc1, Operands::modrm_byte},    Range{0xc2, 0xc2, Operands::word},
    Range{0xc3, 0xc3, Operands::none},          Range{0xc6, 0xc6, Operands::modrm_byte},
    Range{0xc7, 0xc7, Operands::modrm_operand}, Range{0xc8, 0xc8, Operands::word_and_byte},
    Range{0xc9, 0xc9, Operands::none},          Range{0xca, 0xca, Operands::word},
    Range{0xcb, 0xcc, Operands::none},          Range{0xcd, 0xcd, Operands::byte},
    Range{0xce, 0xcf, Operands::none},          Range{0xd4, 0xd5, Operands::byte},
    Range{0xd6, 0xd7, Operands::none},          Range{0xe0, 0xe7, Operands::byte},
    Range{0xe8, 0xe9, Operands::distance},      Range{0xea, 0xea, Operands::far_pointer},
    Range{0xeb, 0xeb, Operands::byte},          Range{0xec, 0xef, Operands::none},
    Range{0xf1, 0xf1, Operands::none},          Range{0xf4, 0xf5, Operands::none},
    Range{0xf6, 0xf7, Operands::modrm_test},    Range{0xf8, 0xfd, Operands::none},
};

/// 0F, and the map 1 of VEX and 1 and 5 of EVEX.
constexpr std::array two_byte_map = {
    Range{0x04, 0x0c, Operands::none},          Range{0x0e, 0x0e, Operands::none},
    Range{0x0f, 0x0f, Operands::modrm_byte},    Range{0x20, 0x23, Operands::modrm_register},
    Range{0x24, 0x27, Operands::none},          Range{0x30, 0x3f, Operands::none},
    Range{0x70, 0x73, Operands::modrm_byte},    Range{0x77, 0x77, Operands::none},
    Range{0x78, 0x78, Operands::modrm_word}, Range{0x7a, 0x7b, Operands::none},
    Range{0x80, 0x8f, Operands::distance},      Range{0xa0, 0xa2, Operands::none},
    Range{0xa4, 0xa4, Operands::modrm_byte},    Range{0xa6, 0xaa, Operands::none},
    Range{0xac, 0xac, Operands::modrm_byte},    Range{0xb9, 0xb9, Operands::none},
    Range{0xba, 0xba, Operands::modrm_byte},    Range{0xc2, 0xc2, Operands::modrm_byte},
    Range{0xc4, 0xc6, Operands::modrm_byte},    Range{0xc8, 0xcf, Operands::none},
    Range{0xff, 0xff, Operands::none},
};
// clang-format on

/// Reads bytes in order; those that are not there are 0.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint8_t peek() const { return at_ < bytes_.size() ? std::to_integer<std::uint8_t>(bytes_[at_]) : 0; }
    std::uint8_t next() {
        const auto byte = peek();
        ++at_;
        return byte;
    }
    void skip(std::size_t count) { at_ += count; }
    [[nodiscard]] std::size_t position() const { return at_; }

private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

Prefixes read_prefixes(Reader& reader) {
    constexpr std::array legacy = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3};
    Prefixes prefixes;
    while (true) {
        const auto byte = reader.peek();
        const bool is_rex = (byte & 0xf0) == 0x40;
        if (byte == 0x66) prefixes.operand_size = true;
        if (byte == 0xf0) prefixes.lock = true;
        if (byte == 0x67) prefixes.address_size = true;
        const bool is_prefix = is_rex || std::ranges::count(legacy, byte) != 0;
        if (!is_prefix) return prefixes;
        prefixes.rex = is_rex;
        prefixes.wide = is_rex && (byte & 8) != 0;
        reader.skip(1);
    }
}

/// ModRM, SIB and displacement. @return ModRM.
std::uint8_t read_modrm(Reader& reader, bool always_register) {
    const auto modrm = reader.next();
    const unsigned mod = always_register ? 3 : modrm >> 6;
    if (mod == 3) return modrm;
    const unsigned rm = modrm & 7U;
    const unsigned base = rm == 4 ? reader.next() & 7U : rm;
    if (mod == 2 || (mod == 0 && base == 5)) reader.skip(4);
    if (mod == 1) reader.skip(1);
    return modrm;
}

/// The operands of an opcode: ModRM and what follows it, or what there is instead.
void skip_operands(Reader& reader, Operands operands, std::uint8_t opcode, const Prefixes& prefixes) {
    const bool has_modrm = operands >= Operands::modrm;
    const auto modrm = has_modrm ? read_modrm(reader, operands == Operands::modrm_register) : std::uint8_t{0};
    const std::size_t operand_bytes = prefixes.operand_size && !prefixes.wide ? 2 : 4;
    switch (operands) {
        case Operands::none:
        case Operands::modrm:
        case Operands::modrm_register:
            return;
        case Operands::byte:
        case Operands::modrm_byte:
            return reader.skip(1);
        case Operands::word:
        case Operands::modrm_word:
            return reader.skip(2);
        case Operands::word_and_byte:
            return reader.skip(3);
        case Operands::operand:
        case Operands::modrm_operand:
            return reader.skip(operand_bytes);
        case Operands::wide_operand:
            return reader.skip(prefixes.wide ? 8 : operand_bytes);
        case Operands::distance:
            return reader.skip(prefixes.lock ? operand_bytes : 4);
        case Operands::far_pointer:
            return reader.skip(operand_bytes + 2);
        case Operands::address:
            return reader.skip(prefixes.address_size ? 4 : 8);
        case Operands::modrm_four_bytes:
            return reader.skip(4);
        case Operands::modrm_test:
            if ((modrm & 0x30) == 0) reader.skip(opcode % 2 == 0 ? 1 : operand_bytes);
            return;
    }
}

Operands operands_of(std::span<const Range> map, std::uint8_t opcode) {
    const auto found = std::ranges::find_if(map, [&](const Range& r) { return r.first <= opcode && opcode <= r.last; });
    return found == map.end() ? Operands::modrm : found->operands;
}

void skip_legacy(Reader& reader, const Prefixes& prefixes) {
    auto opcode = reader.next();
    if (opcode != 0x0f) return skip_operands(reader, operands_of(one_byte_map, opcode), opcode, prefixes);
    opcode = reader.next();
    if (opcode == 0x38 || opcode == 0x3a) {
        const auto operands = opcode == 0x38 ? Operands::modrm : Operands::modrm_byte;
        return skip_operands(reader, operands, reader.next(), prefixes);
    }
    skip_operands(reader, operands_of(two_byte_map, opcode), opcode, prefixes);
}

void skip_vex(Reader& reader, unsigned map) {
    const auto opcode = reader.next();
    const auto operands = map == 1 ? operands_of(two_byte_map, opcode) : map == 3 ? Operands::modrm_byte : Operands::modrm;
    skip_operands(reader, operands, opcode, {});
}

void skip_xop(Reader& reader, unsigned map) {
    constexpr unsigned with_four_bytes = 10;
    const auto opcode = reader.next();
    skip_operands(reader, map == with_four_bytes ? Operands::modrm_four_bytes : Operands::modrm, opcode, {});
}

void skip_evex(Reader& reader, unsigned map) {
    const auto opcode = reader.next();
    const bool second_map = map == 1 || map == 5;
    const bool conversions = second_map && opcode >= 0x78 && opcode <= 0x7b;
    const auto operands = second_map && !conversions ? operands_of(two_byte_map, opcode)
                          : map == 3 || map == 7     ? Operands::modrm_byte
                                                     : Operands::modrm;
    skip_operands(reader, operands, opcode, {});
}

}  // namespace

std::size_t undefined_length(std::span<const std::byte> bytes) {
    constexpr unsigned vex_map_mask = 0x1f;
    constexpr unsigned evex_map_mask = 7;
    constexpr unsigned modrm_reg = 0x38;
    Reader reader(bytes);
    const auto prefixes = read_prefixes(reader);
    auto start = reader;
    start.skip(1);
    switch (prefixes.rex ? 0 : reader.peek()) {  // after REX these are opcodes of old: LDS, LES, BOUND and POP
        case 0xc5: {
            start.skip(1);
            skip_vex(start, 1);
            return start.position();
        }
        case 0xc4: {
            const auto map = start.next() & vex_map_mask;
            start.skip(1);
            skip_vex(start, map);
            return start.position();
        }
        case 0x62: {
            const auto map = start.next() & evex_map_mask;
            start.skip(2);
            skip_evex(start, map);
            return start.position();
        }
        case 0x8f: {
            const auto payload = start.next();
            if ((payload & modrm_reg) == 0) break;  // POP
            start.skip(1);
            skip_xop(start, payload & vex_map_mask);
            return start.position();
        }
        default:
            break;
    }
    skip_legacy(reader, prefixes);
    return reader.position();
}

}  // namespace lxr
