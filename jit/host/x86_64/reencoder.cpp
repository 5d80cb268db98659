// Instruction format: prefixes, REX or VEX, opcode, ModRM, SIB, displacement, immediate (SDM Vol. 2A, "Instruction Format").
#include "jit/host/x86_64/reencoder.h"

#include <algorithm>

namespace lxr::host {

namespace {

unsigned value(std::byte byte) {
    return std::to_integer<unsigned>(byte);
}

/// The fields that REX, VEX, ModRM and SIB share, as new host numbers of four bits.
class Fields {
public:
    Fields(const Encoding& encoding, std::span<const std::byte> bytes, const RegisterMap& map, const AddressOverride& address)
        : encoding_(encoding), bytes_(bytes), map_(map), address_(address) {
        const auto [r, x, b] = extension_bits();
        const unsigned modrm = encoding.modrm_offset != 0 ? value(bytes[encoding.modrm_offset]) : 0;
        const unsigned sib = encoding.sib_offset != 0 ? value(bytes[encoding.sib_offset]) : 0;
        mod = modrm >> 6;
        reg = mapped(encoding.reg, (modrm >> 3 & 7) | r << 3);
        if (encoding.modrm_offset == 0) {
            rm = mapped(encoding.opcode_reg, b << 3);
        } else if (mod == 3) {
            rm = mapped(encoding.rm, (modrm & 7) | b << 3);
        } else {
            set_memory(modrm, sib, x);
        }
    }

    [[nodiscard]] bool is_memory() const { return encoding_.modrm_offset != 0 && mod != 3; }
    /// In a vector's place 4 is a register, too.
    [[nodiscard]] bool has_index() const { return index != 4 || encoding_.has_vector_index; }

    unsigned mod = 0;
    unsigned reg = 0;
    unsigned rm = 0;     // register, opcode register, or base
    unsigned index = 4;  // 4: none
    unsigned scale = 0;
    bool has_base = true;

private:
    struct Extension {
        unsigned r, x, b;
    };

    [[nodiscard]] Extension extension_bits() const {
        if (encoding_.vex_bytes == 0) {
            return {encoding_.rex >> 2 & 1U, encoding_.rex >> 1 & 1U, encoding_.rex & 1U};
        }
        const unsigned first = ~value(bytes_[encoding_.vex_offset + 1U]);
        if (encoding_.vex_bytes == 2) return {first >> 7 & 1, 0, 0};
        return {first >> 7 & 1, first >> 6 & 1, first >> 5 & 1};
    }

    [[nodiscard]] unsigned mapped(std::uint8_t guest, unsigned as_is) const {
        return guest == no_gpr ? as_is : static_cast<unsigned>(map_[guest]);
    }

    void set_memory(unsigned modrm, unsigned sib, unsigned x) {
        const bool has_sib = (modrm & 7) == 4;
        has_base = encoding_.base != no_gpr || address_.base.has_value();
        if (encoding_.base != no_gpr) rm = static_cast<unsigned>(map_[encoding_.base]);
        if (address_.base) rm = static_cast<unsigned>(*address_.base);
        if (encoding_.index != no_gpr) {
            index = static_cast<unsigned>(map_[encoding_.index]);
            scale = has_sib ? sib >> 6 : 0;
        }
        if (encoding_.has_vector_index) {
            index = (sib >> 3 & 7) | x << 3;
            scale = sib >> 6;
        }
        if (address_.index) {
            index = static_cast<unsigned>(*address_.index);
            scale = 0;
        }
    }

    const Encoding& encoding_;
    std::span<const std::byte> bytes_;
    const RegisterMap& map_;
    const AddressOverride& address_;
};

std::int32_t displacement_of(const Encoding& encoding, std::span<const std::byte> bytes) {
    std::int32_t displacement = 0;
    if (encoding.displacement_bytes == 1) return static_cast<std::int8_t>(value(bytes[encoding.displacement_offset]));
    if (encoding.displacement_bytes == 4) std::memcpy(&displacement, &bytes[encoding.displacement_offset], 4);
    return displacement;
}

/// What may precede the opcode's own REX: a REX byte among legacy prefixes means nothing, and may not end up as the last one;
/// of a prefix that is repeated the last one is enough.
void put_prefixes(Assembler& assembler, std::span<const std::byte> prefixes) {
    for (auto at = prefixes.begin(); at != prefixes.end(); ++at) {
        const bool is_rex = (value(*at) & 0xf0) == 0x40;
        const bool comes_again = std::find(at + 1, prefixes.end(), *at) != prefixes.end();
        if (!is_rex && !comes_again && !is_segment_prefix(value(*at))) assembler.byte(value(*at));
    }
}

/// VEX always in its three-byte form; vvvv is a register only where the encoding says so.
void put_vex(Assembler& assembler, const Encoding& encoding, std::span<const std::byte> bytes, const Fields& fields,
             const RegisterMap& map) {
    const unsigned last = value(bytes[encoding.vex_offset + encoding.vex_bytes - 1U]);
    const unsigned map_select = encoding.vex_bytes == 3 ? value(bytes[encoding.vex_offset + 1U]) & 31 : 1;
    const unsigned w = encoding.vex_bytes == 3 ? last & 0x80 : 0;
    const unsigned x = fields.is_memory() ? fields.index >> 3 & 1 : 0;
    const unsigned rxb = (fields.reg >> 3 & 1) << 2 | x << 1 | (fields.rm >> 3 & 1);
    const unsigned vvvv = encoding.vvvv == no_gpr ? last & 0x78 : (~static_cast<unsigned>(map[encoding.vvvv]) & 15) << 3;
    assembler.bytes({0xc4, (~rxb & 7) << 5 | map_select, w | vvvv | (last & 7)});
}

void put_memory(Assembler& assembler, const Fields& fields, std::int32_t displacement) {
    const unsigned reg = (fields.reg & 7) << 3;
    const bool needs_sib = fields.has_index() || !fields.has_base || (fields.rm & 7) == 4;
    const bool small = displacement == static_cast<std::int8_t>(displacement);
    const unsigned mod = !fields.has_base ? 0 : displacement == 0 && (fields.rm & 7) != 5 ? 0 : small ? 1 : 2;
    assembler.byte(mod << 6 | reg | (needs_sib ? 4 : fields.rm & 7));
    if (needs_sib) assembler.byte(fields.scale << 6 | (fields.index & 7) << 3 | (fields.has_base ? fields.rm & 7 : 5));
    if (mod == 1) assembler.byte(static_cast<std::uint8_t>(displacement));
    if (mod == 2 || !fields.has_base) assembler.dword(static_cast<std::uint32_t>(displacement));
}

}  // namespace

bool is_segment_prefix(unsigned byte) {
    return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x64 || byte == 0x65;
}

bool reencode(Assembler& assembler, const Encoding& encoding, std::span<const std::byte> bytes, const RegisterMap& map,
              const AddressOverride& address) {
    const Fields fields(encoding, bytes, map, address);
    const unsigned x = fields.is_memory() ? fields.index >> 3 & 1 : 0;
    const unsigned rex = 0x40 | (encoding.rex & 8U) | (fields.reg >> 3 & 1) << 2 | x << 1 | (fields.rm >> 3 & 1);
    if (encoding.uses_high_byte && rex != 0x40) return false;

    const auto begin = assembler.position();
    put_prefixes(assembler, bytes.first(encoding.prefix_bytes));
    const std::size_t opcode_end = encoding.modrm_offset != 0       ? encoding.modrm_offset
                                   : encoding.immediate_offset != 0 ? encoding.immediate_offset
                                                                    : bytes.size();
    auto opcode = bytes.subspan(encoding.opcode_offset, opcode_end - encoding.opcode_offset);
    if (encoding.vex_bytes != 0) {
        put_vex(assembler, encoding, bytes, fields, map);
    } else if (rex != 0x40 || encoding.rex != 0) {
        assembler.byte(rex);
    }
    assembler.append(opcode.data(), opcode.size() - 1);
    const unsigned last_opcode = value(opcode.back());
    assembler.byte(encoding.opcode_reg == no_gpr ? last_opcode : (last_opcode & ~7U) | (fields.rm & 7));
    if (fields.is_memory()) {
        put_memory(assembler, fields, address.drop_displacement ? 0 : displacement_of(encoding, bytes));
    } else if (encoding.modrm_offset != 0) {
        assembler.byte(0xc0 | (fields.reg & 7) << 3 | (fields.rm & 7));
    }
    if (encoding.immediate_offset != 0) {
        assembler.append(&bytes[encoding.immediate_offset], bytes.size() - encoding.immediate_offset);
    }
    const bool fits = assembler.position() - begin <= longest_instruction_bytes;
    if (!fits) assembler.cut(begin);
    return fits;
}

}  // namespace lxr::host
