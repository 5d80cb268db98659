// Encodes prefixes, REX, VEX and ModRM (SDM Vol. 2A, "Instruction Format").
#include "tools/difftest/opcode_bytes.h"

#include "tools/difftest/values.h"

namespace lxr::difftest {

namespace {

/// The operand bits of an encoding that are not in ModRM: extensions of register numbers, and VEX.vvvv.
struct Extension {
    std::uint8_t rxb = 0;    // as in REX
    std::uint8_t vvvv = 15;  // inverted, as in VEX: 15 is "none"
    bool short_vex = false;
};

class Writer {
public:
    explicit Writer(OpcodeBytes& bytes) : bytes_(bytes) {}
    void put(unsigned byte) {
        if (at_ < bytes_.buffer.size()) bytes_.buffer[at_++] = static_cast<std::byte>(byte);
    }
    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] bool full() const { return at_ == bytes_.buffer.size(); }

private:
    OpcodeBytes& bytes_;
    std::size_t at_ = 0;
};

void put_vex(Writer& out, const OpcodePlace& place, const Extension& extension) {
    const unsigned last = (unsigned{extension.vvvv} << 3) | (place.long_vector ? 4U : 0U) | place.vex_prefix;
    if (extension.short_vex) {
        out.put(0xc5);
        out.put(((extension.rxb & 4) != 0 ? 0U : 0x80U) | last);
    } else {
        out.put(0xc4);
        out.put(((~unsigned{extension.rxb} & 7) << 5) | place.map);
        out.put((place.wide ? 0x80U : 0U) | last);
    }
    out.put(place.opcode);
}

void put_legacy(Writer& out, const OpcodePlace& place, const Extension& extension) {
    for (unsigned n = 0; n < place.prefix_count; ++n) out.put(place.prefixes[n]);
    if (place.rex != 0 || extension.rxb != 0) out.put(0x40U | place.rex | extension.rxb);
    if (place.map != 0) out.put(0x0f);
    if (place.map == 2) out.put(0x38);
    if (place.map == 3) out.put(0x3a);
    out.put(place.opcode);
}

void put_opcode(Writer& out, const OpcodePlace& place, const Extension& extension) {
    place.vex ? put_vex(out, place, extension) : put_legacy(out, place, extension);
}

/// A REX prefix that is none, because another prefix follows it; or the same prefix many times.
void put_idle_prefixes(Writer& out, const OpcodePlace& place, Random& random) {
    constexpr unsigned ignored_segment = 0x2e;
    if (random.percent(2)) {
        out.put(0x40U | static_cast<unsigned>(random.below(16)));
        out.put(ignored_segment);
    }
    if (random.percent(2)) {
        const unsigned repeated = place.prefix_count > 0 ? place.prefixes[0] : ignored_segment;
        for (auto count = random.below(13); count > 0; --count) out.put(repeated);
    }
}

/// Prefixes that choose a segment or the address size, or change nothing.
void put_spare_prefixes(Writer& out, const OpcodePlace& place, Random& random) {
    constexpr std::array<std::uint8_t, 4> ignored_segments = {0x26, 0x2e, 0x36, 0x3e};
    if (random.percent(4)) out.put(random.pick(ignored_segments));
    if (random.percent(12)) out.put(random.percent(50) ? 0x64 : 0x65);
    if (random.percent(8)) out.put(0x67);
    const bool loop = place.map == 0 && (place.opcode & 0xfeU) == 0xe0;  // see depends_on_vendor
    if (!place.vex && !loop && place.prefix_count == 0 && random.percent(2)) out.put(random.percent(50) ? 0xf2 : 0xf3);
    put_idle_prefixes(out, place, random);
}

Extension random_extension(const OpcodePlace& place, Random& random) {
    Extension extension;
    if (random.percent(60)) extension.rxb = static_cast<std::uint8_t>(random.below(8));
    if (place.vex && random.percent(90)) extension.vvvv = static_cast<std::uint8_t>(random.below(16));
    const bool fits = place.vex && place.map == 1 && !place.wide && (extension.rxb & 3) == 0;
    extension.short_vex = fits && random.percent(70);
    return extension;
}

bool has_sib(std::uint8_t modrm) {
    return modrm < 0xc0 && (modrm & 7) == 4;
}

std::uint8_t random_modrm(std::uint8_t modrm, Freedom freedom, Random& random) {
    if (freedom == Freedom::none) return modrm;
    constexpr unsigned reg_field = 0x38;
    const unsigned reg = freedom == Freedom::all ? static_cast<unsigned>(random.below(8)) << 3 : modrm & reg_field;
    const unsigned mode = modrm >= 0xc0 ? 3 : static_cast<unsigned>(random.below(3));
    return static_cast<std::uint8_t>((mode << 6) | reg | (has_sib(modrm) ? 4 : random.below(8)));
}

/// SIB and what follows: displacements are often small, immediates often edges.
void put_tail(Writer& out, std::uint8_t modrm, Random& random) {
    const unsigned mode = modrm >> 6;
    if (has_sib(modrm)) out.put(static_cast<unsigned>(random.next() & 0xff));
    if (mode == 2) {
        const auto displacement = random.percent(60) ? random.below(512) - 256 : random.next();
        for (unsigned n = 0; n < 4; ++n) out.put(static_cast<unsigned>(displacement >> (8 * n)) & 0xff);
    }
    if (mode == 1) out.put(static_cast<unsigned>(random.next() & 0xff));
    while (!out.full()) {
        const auto word = random_word(random);
        for (unsigned n = 0; n < 8; ++n) out.put(static_cast<unsigned>(word >> (8 * n)) & 0xff);
    }
}

}  // namespace

OpcodeBytes opcode_bytes(const OpcodePlace& place) {
    OpcodeBytes bytes;
    Writer out(bytes);
    put_opcode(out, place, {});
    bytes.modrm_at = out.at();
    bytes.one_byte_map = !place.vex && place.map == 0;
    out.put(place.modrm);
    constexpr unsigned second_register_as_index = 1 << 3;  // no vector register twice
    if (has_sib(place.modrm)) out.put(second_register_as_index);
    return bytes;
}

OpcodeBytes random_bytes(const OpcodePlace& place, Freedom freedom, Random& random) {
    OpcodeBytes bytes;
    Writer out(bytes);
    if (freedom != Freedom::none) put_spare_prefixes(out, place, random);
    put_opcode(out, place, freedom == Freedom::none ? Extension{} : random_extension(place, random));
    bytes.modrm_at = out.at();
    bytes.one_byte_map = !place.vex && place.map == 0;
    const auto modrm = random_modrm(place.modrm, freedom, random);
    out.put(modrm);
    put_tail(out, modrm, random);
    return bytes;
}

}  // namespace lxr::difftest
