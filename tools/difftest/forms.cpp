// Walks the opcode maps with every prefix that selects another form.
#include "tools/difftest/forms.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

#include "tools/difftest/arena.h"
#include "tools/difftest/opcode_bytes.h"

namespace lxr::difftest {

namespace {

constexpr std::size_t most_places = 256;
constexpr std::uint64_t bad_key = 1;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    return derived_seed(hash, value);
}

std::uint64_t key_of(const Instruction& i) {
    std::uint64_t hash = static_cast<std::uint64_t>(i.mnemonic);
    const auto prefixes =
        (i.lock ? 1U : 0U) | (i.rep ? 2U : 0U) | (i.repne ? 4U : 0U) | (i.vex ? 8U : 0U) | (i.evex ? 16U : 0U);
    hash = mixed(hash, prefixes | (std::uint64_t{i.operand_bits} << 8) | (std::uint64_t{i.vector_bits} << 16));
    for (unsigned n = 0; n < i.operand_count; ++n) {
        const auto& o = i.operands[n];
        const auto cls = o.kind == OperandKind::reg      ? static_cast<unsigned>(o.reg.cls)
                         : o.kind == OperandKind::memory ? static_cast<unsigned>(o.memory.index.cls == RegisterClass::vector)
                                                         : 0U;
        hash = mixed(hash, static_cast<unsigned>(o.kind) | (cls << 8) | (std::uint64_t{o.bits} << 16) |
                               (std::uint64_t{o.relative} << 32));
    }
    return hash | 2;  // never bad_key
}

std::string operand_name(const Operand& o) {
    switch (o.kind) {
        case OperandKind::memory:
            return fmt::format("{}{}", o.memory.index.cls == RegisterClass::vector ? "vm" : "m", o.bits);
        case OperandKind::immediate:
            return fmt::format("{}{}", o.relative ? "rel" : "imm", o.bits);
        case OperandKind::reg:
            break;
        default:
            return "far";
    }
    switch (o.reg.cls) {
        case RegisterClass::gpr:
            return fmt::format("r{}", o.bits);
        case RegisterClass::high_byte:
            return "r8h";
        case RegisterClass::vector:
            return o.bits == 256 ? "ymm" : "xmm";
        case RegisterClass::mmx:
            return "mm";
        case RegisterClass::x87:
            return "st";
        case RegisterClass::segment:
            return "sreg";
        default:
            return "other";
    }
}

std::string name_of(const Instruction& i) {
    std::string name = i.lock ? "LOCK " : i.rep ? "REP " : i.repne ? "REPNE " : "";
    name += mnemonic_name(i.mnemonic);
    for (unsigned n = 0; n < i.operand_count; ++n) name += (n == 0 ? " " : ", ") + operand_name(i.operands[n]);
    return name;
}

using Forms = std::unordered_map<std::uint64_t, Form>;

void add_place(Form& form, const OpcodePlace& place) {
    const auto same = [&](const OpcodePlace& p) {
        return p.vex == place.vex && p.map == place.map && p.opcode == place.opcode && p.prefixes == place.prefixes &&
               p.rex == place.rex && p.vex_prefix == place.vex_prefix && p.wide == place.wide &&
               ((p.modrm ^ place.modrm) & 0xf8) == 0;
    };
    if (form.places.size() < most_places && std::ranges::none_of(form.places, same)) form.places.push_back(place);
}

/// What differs between AMD's and Intel's processors, and is not compared; lxr does as Intel's. No program has it.
/// - Near branches with an operand-size prefix: AMD cuts the address to 16 bits, Intel ignores the prefix.
/// - Far pointers of 80 bits: AMD knows none, and reads 48 bits.
/// - 0F 0D with a register: #UD or a reserved NOP.
/// - LOOPE and LOOPNE with a REP prefix: AMD takes the condition from the prefix.
bool depends_on_vendor(const OpcodePlace& place, const Instruction& instruction) {
    constexpr std::array branches = {Mnemonic::CALL, Mnemonic::JMP, Mnemonic::RET};
    const bool branch = instruction.operands[0].relative || std::ranges::count(branches, instruction.mnemonic) > 0;
    const bool cut = branch && place.prefixes[0] == 0x66 && place.rex != 0x48;
    const bool far_load = place.map == 1 && (place.opcode == 0xb2 || place.opcode == 0xb4 || place.opcode == 0xb5);
    const bool long_pointer = (branch && instruction.operands[0].bits == 80) || (far_load && place.rex == 0x48);
    const bool register_prefetch = place.map == 1 && place.opcode == 0x0d && place.modrm >= 0xc0;
    const bool loop = instruction.mnemonic == Mnemonic::LOOPE || instruction.mnemonic == Mnemonic::LOOPNE;
    const bool repeated_loop = loop && std::ranges::any_of(place.prefixes, [](auto p) { return p == 0xf2 || p == 0xf3; });
    return cut || long_pointer || repeated_loop || (register_prefetch && !place.vex);
}

/// Decodes the place and files it under its form.
void classify(Forms& forms, std::vector<OpcodePlace>& bad, const OpcodePlace& place) {
    const auto bytes = opcode_bytes(place);
    const auto instruction = decode(bytes.bytes(), GuestAddress(arena::usual_entry));
    if (!instruction) {
        if (instruction.error() == DecodeError::invalid) bad.push_back(place);
        return;
    }
    if (instruction->mnemonic == Mnemonic::unknown || depends_on_vendor(place, *instruction)) return;
    auto& form = forms[key_of(*instruction)];
    if (form.places.empty()) {
        form.name = name_of(*instruction);
        form.mnemonic = instruction->mnemonic;
        form.key = key_of(*instruction);
    }
    add_place(form, place);
}

constexpr std::array legacy_prefixes = {
    std::array<std::uint8_t, 2>{0, 0},       std::array<std::uint8_t, 2>{0x66, 0},    std::array<std::uint8_t, 2>{0xf2, 0},
    std::array<std::uint8_t, 2>{0xf3, 0},    std::array<std::uint8_t, 2>{0xf0, 0},    std::array<std::uint8_t, 2>{0x66, 0xf2},
    std::array<std::uint8_t, 2>{0x66, 0xf3}, std::array<std::uint8_t, 2>{0x66, 0xf0}, std::array<std::uint8_t, 2>{0xf2, 0xf0},
};

/// Bytes of the one-byte map that are prefixes or lead to other maps and encodings.
bool is_no_opcode(unsigned map, unsigned opcode) {
    constexpr std::array others = {0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x62, 0x64, 0x65, 0x66, 0x67, 0xc4, 0xc5, 0xf0, 0xf2, 0xf3};
    if (map == 1) return opcode == 0x38 || opcode == 0x3a;
    return map == 0 && ((opcode >= 0x40 && opcode < 0x50) || std::ranges::count(others, static_cast<int>(opcode)) > 0);
}

/// ModRM bytes that can select different forms: memory, and registers with every r/m where an opcode is a group of those.
template <typename Function>
void for_each_modrm(unsigned map, unsigned opcode, const Function& function) {
    const bool group_of_registers = (map == 0 && opcode >= 0xd8 && opcode <= 0xdf) || map == 1;
    for (unsigned reg = 0; reg < 8; ++reg) {
        function(static_cast<std::uint8_t>(reg << 3));
        for (unsigned rm = 0; rm < (group_of_registers ? 8 : 1); ++rm) {
            // Register 4 rather than 0: with a REX prefix it is SPL, without AH, so both forms are found.
            function(static_cast<std::uint8_t>(0xc0 | (reg << 3) | (group_of_registers ? rm : 4)));
            if (!group_of_registers) function(static_cast<std::uint8_t>(0xc0 | (reg << 3)));
        }
    }
}

void walk_legacy(Forms& forms, std::vector<OpcodePlace>& bad) {
    for (const auto& prefixes : legacy_prefixes) {
        for (const unsigned rex : {0x00U, 0x40U, 0x48U}) {
            for (unsigned map = 0; map < 4; ++map) {
                for (unsigned opcode = 0; opcode < 256; ++opcode) {
                    if (is_no_opcode(map, opcode)) continue;
                    for_each_modrm(map, opcode, [&](std::uint8_t modrm) {
                        OpcodePlace place;
                        place.prefixes = prefixes;
                        place.prefix_count = prefixes[0] == 0 ? 0 : prefixes[1] == 0 ? 1 : 2;
                        place.rex = static_cast<std::uint8_t>(rex);
                        place.map = static_cast<std::uint8_t>(map);
                        place.opcode = static_cast<std::uint8_t>(opcode);
                        place.modrm = modrm;
                        classify(forms, bad, place);
                    });
                }
            }
        }
    }
}

/// The one instruction that is another by the address size.
void find_jecxz(Forms& forms, std::vector<OpcodePlace>& bad) {
    OpcodePlace place;
    place.prefixes = {0x67};
    place.prefix_count = 1;
    place.opcode = 0xe3;
    classify(forms, bad, place);
}

void walk_vex(Forms& forms, std::vector<OpcodePlace>& bad) {
    for (unsigned selector = 0; selector < 16; ++selector) {  // pp, W, L
        for (unsigned map = 1; map < 4; ++map) {
            for (unsigned opcode = 0; opcode < 256; ++opcode) {
                const auto classify_with = [&](std::uint8_t modrm) {
                    OpcodePlace place;
                    place.vex = true;
                    place.vex_prefix = selector & 3;
                    place.wide = (selector & 4) != 0;
                    place.long_vector = (selector & 8) != 0;
                    place.map = static_cast<std::uint8_t>(map);
                    place.opcode = static_cast<std::uint8_t>(opcode);
                    place.modrm = modrm;
                    classify(forms, bad, place);
                };
                for_each_modrm(0, opcode, classify_with);
                for (unsigned reg = 0; reg < 8; ++reg) classify_with(static_cast<std::uint8_t>(reg << 3 | 4));  // VSIB
            }
        }
    }
}

/// Points a memory operand without registers into the data, and a relative branch to a landing pad.
void aim(Encoding& encoding, const OpcodeBytes& bytes, std::uint64_t address, Random& random) {
    const auto& i = encoding.instruction;
    const auto put = [&](std::size_t at, std::uint64_t value, std::size_t size_bytes) {
        for (std::size_t n = 0; n < size_bytes; ++n) encoding.buffer[at + n] = static_cast<std::byte>(value >> (8 * n));
    };
    const auto next = address + encoding.size_bytes;
    const auto target = arena::data_begin + 64 + random.below(arena::data_size_bytes - 640);
    for (unsigned n = 0; n < i.operand_count; ++n) {
        const auto& o = i.operands[n];
        if (o.relative) {
            const auto size_bytes = std::min<std::size_t>(o.bits / 8, 4);
            const auto pad = size_bytes == 1 ? next + 16 + random.below(96) : arena::code_begin + random.below(0x700);
            put(encoding.size_bytes - size_bytes, pad - next, size_bytes);
        }
        if (o.kind != OperandKind::memory || o.memory.base.cls != RegisterClass::none ||
            o.memory.index.cls != RegisterClass::none) {
            continue;
        }
        if (bytes.is_moffs()) {
            put(bytes.modrm_at, target, o.memory.address_bits / 8);
        } else if ((bytes.modrm() & 0xc7) == 0x05) {
            put(bytes.modrm_at + 1, target - next, 4);
        } else {
            put(bytes.modrm_at + 2, target, 4);
        }
    }
}

bool decode_into(Encoding& encoding, std::uint64_t address) {
    const auto instruction = decode(encoding.buffer, GuestAddress(address));
    if (!instruction) return false;
    encoding.instruction = *instruction;
    encoding.size_bytes = instruction->length_bytes;
    return true;
}

}  // namespace

std::vector<Form> enumerate_forms() {
    Forms forms;
    std::vector<OpcodePlace> bad;
    walk_legacy(forms, bad);
    find_jecxz(forms, bad);
    walk_vex(forms, bad);
    std::vector<Form> list;
    list.reserve(forms.size() + 1);
    for (auto& [key, form] : forms) list.push_back(std::move(form));
    std::ranges::sort(list, [](const Form& a, const Form& b) { return a.name != b.name ? a.name < b.name : a.key < b.key; });
    list.push_back({.name = "(bad)", .mnemonic = Mnemonic::unknown, .key = bad_key, .places = std::move(bad)});
    return list;
}

Encoding random_encoding(const Form& form, std::uint64_t address, Random& random) {
    const auto& place = random.pick(form.places);
    for (unsigned attempt = 0;; ++attempt) {
        const auto freedom = attempt < 8 ? Freedom::all : attempt < 16 ? Freedom::operands : Freedom::none;
        const auto bytes = random_bytes(place, freedom, random);
        Encoding encoding;
        encoding.buffer = bytes.buffer;
        if (form.key == bad_key) {
            encoding.size_bytes = longest_instruction_bytes;
            if (freedom == Freedom::none || !decode(encoding.buffer, GuestAddress(address))) return encoding;
            continue;
        }
        const bool right = decode_into(encoding, address) && key_of(encoding.instruction) == form.key;
        if (!right && freedom != Freedom::none) continue;
        aim(encoding, bytes, address, random);
        decode_into(encoding, address);
        return encoding;
    }
}

}  // namespace lxr::difftest
