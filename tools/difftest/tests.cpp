// Random states, aimed at the instruction that they are for.
#include "tools/difftest/tests.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "tools/difftest/values.h"

namespace lxr::difftest {

namespace {

std::uint64_t pad_address(Random& random) {
    return arena::code_begin + random.below(0x700);
}

std::uint64_t data_address(Random& random, std::uint64_t size_bytes) {
    const auto alignment = random.percent(50) ? 64U : 1U;
    const auto offset = 64 + random.below(arena::data_size_bytes - 64 - size_bytes - 64);
    return arena::data_begin + (offset & ~std::uint64_t{alignment - 1});
}

/// Where a memory operand shall lie: mostly inside the data, sometimes over its edge, in the read-only page, or nowhere.
std::uint64_t operand_address(Random& random, std::uint64_t size_bytes) {
    const auto kind = random.below(100);
    if (kind < 86) return data_address(random, size_bytes);
    if (kind < 90) return arena::data_begin + page_size_bytes - random.below(size_bytes + 1);
    if (kind < 92) return arena::data_end - random.below(size_bytes + 1);
    if (kind < 94) return arena::data_begin - random.below(size_bytes + 1);
    if (kind < 95) return arena::read_only_begin - random.below(size_bytes + 1);
    if (kind < 97) return arena::read_only_begin + random.below(page_size_bytes);
    if (kind < 98) return arena::code_begin + random.below(arena::code_size_bytes - size_bytes);
    return random_word(random);
}

constexpr std::uint64_t canonical(std::uint64_t address) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(address << 16) >> 16);
}

/// @return null for a segment whose base is always 0.
std::uint64_t* base_of(MachineState& state, Segment segment) {
    if (segment == Segment::fs) return &state.fs_base;
    return segment == Segment::gs ? &state.gs_base : nullptr;
}

/// What reaches the address from the segment's base. An offset that is not canonical is for the processor's maker to judge,
/// whatever the base makes of it; the base becomes 0 instead.
std::uint64_t offset_from_base(MachineState& state, Segment segment, std::uint64_t address) {
    auto* const base = base_of(state, segment);
    if (base == nullptr) return address;
    if (canonical(address - *base) != address - *base) *base = 0;
    return address - *base;
}

/// With any RPL, one that Linux lets user mode load: null, 32-bit code, data, 64-bit code, the processor's number.
std::uint16_t loadable_selector(Random& random) {
    constexpr std::array<std::uint16_t, 5> selectors = {0, 0x20, 0x28, 0x30, 0x78};
    return static_cast<std::uint16_t>(random.pick(selectors) | random.below(4));
}

std::uint16_t random_selector(Random& random) {
    constexpr std::uint64_t selectors_in_use = 0x100;
    return random.percent(70) ? loadable_selector(random) : static_cast<std::uint16_t>(random.below(selectors_in_use));
}

std::uint32_t random_mxcsr(Random& random) {
    constexpr std::uint32_t exceptions = 0x3f;
    constexpr std::uint32_t masks = exceptions << 7;
    auto mxcsr = static_cast<std::uint32_t>(random.next()) & 0xffff;
    if (random.percent(50)) mxcsr &= ~std::uint32_t{exceptions};
    if (random.percent(40)) mxcsr &= ~std::uint32_t{0x8040};  // neither FTZ nor DAZ
    if (random.percent(40)) mxcsr &= ~std::uint32_t{0x6000};
    if (random.percent(80)) mxcsr |= masks;
    return mxcsr;
}

/// No pending exception: an unmasked one has no flag.
X87State random_x87_state(Random& random) {
    X87State x87{};
    x87.control = static_cast<std::uint16_t>((random.next() & 0x0f00) | 0x40 | (random.percent(80) ? 0x3f : random.below(64)));
    x87.status = static_cast<std::uint16_t>((random.next() & 0x4700) | (random.next() & x87.control & 0x3f));
    if ((x87.status & 1) != 0 && random.percent(50)) x87.status |= 0x40;  // stack fault
    x87.top = static_cast<std::uint8_t>(random.below(8));
    x87.valid = static_cast<std::uint8_t>(random.percent(60) ? 0xff : random.next());
    for (auto& reg : x87.registers) reg = random_x87(random);
    return x87;
}

MachineState random_state(std::uint64_t entry, Random& random) {
    MachineState state;
    for (auto& reg : state.gpr) reg = random.percent(15) ? data_address(random, 8) : random_word(random);
    if (random.percent(96)) state[Gpr::rsp] = (data_address(random, 1024) & ~std::uint64_t{7}) | (random.percent(90) ? 0 : 1);
    state.rip = entry;
    state.rflags = random.next() & (rflags::status | rflags::df);
    if (random.percent(50)) state.rflags &= ~std::uint64_t{rflags::df};
    if (random.percent(4)) state.rflags |= rflags::ac;
    // Not so high that an offset from there to the data would not be canonical.
    state.fs_base = random.percent(50) ? 0 : random_word(random) >> 18;
    state.gs_base = random.percent(50) ? 0 : random_word(random) >> 18;
    for (const auto segment : {Segment::es, Segment::ds, Segment::fs, Segment::gs}) {
        if (random.percent(20)) state.selectors[static_cast<std::size_t>(segment)] = loadable_selector(random);
    }
    clear_rpl_of_null(state.selectors);
    state.mxcsr = random_mxcsr(random);
    for (auto& reg : state.ymm) fill_lanes(random, std::as_writable_bytes(std::span(reg)));
    state.x87 = random_x87_state(random);
    return state;
}

void poke(Test& test, std::uint64_t address, std::span<const std::byte> bytes) {
    const bool inside = address >= arena::data_begin && address < arena::data_end && bytes.size() <= arena::data_end - address;
    if (!inside || test.poke_count == test.pokes.size()) return;
    auto& poke = test.pokes[test.poke_count++];
    poke.address = address;
    poke.size_bytes = static_cast<std::uint32_t>(std::min(bytes.size(), poke.bytes.size()));
    std::memcpy(poke.bytes.data(), bytes.data(), poke.size_bytes);
}

void poke_word(Test& test, std::uint64_t address, std::uint64_t word) {
    poke(test, address, std::as_bytes(std::span(&word, 1)));
}

/// What an operand in memory contains: an integer, an x87 number, or lanes.
void poke_operand(Test& test, std::uint64_t address, std::uint64_t size_bytes, Random& random) {
    std::array<std::byte, 64> bytes;
    fill_lanes(random, bytes);
    if (size_bytes <= 8 && random.percent(60)) {
        const auto word = random_word(random);
        std::memcpy(bytes.data(), &word, sizeof word);
    } else if (size_bytes == 10) {
        const auto number = random_x87(random);
        std::memcpy(bytes.data(), &number.significand, 8);
        std::memcpy(bytes.data() + 8, &number.sign_exponent, 2);
    }
    poke(test, address, std::span(bytes).first(std::min<std::size_t>(size_bytes, bytes.size())));
}

/// Base and index are one register: (1 + scale) * register = wanted, if that has a solution.
std::uint64_t solve_same(std::uint64_t wanted, std::uint64_t factor) {
    return wanted / factor;
}

// -- hints of instruction_hints.inc

struct HintContext {
    Test& test;
    const Instruction& instruction;
    Random& random;

    [[nodiscard]] std::uint64_t& gpr(Gpr reg) const { return test.before[reg]; }
    /// Address of memory operand `number`, if it has been aimed at; see random_test.
    const std::array<std::uint64_t, 5>& addresses;

    void set_operand(unsigned number, std::uint64_t value) const {
        const auto& o = instruction.operands[number];
        if (o.kind == OperandKind::reg && o.reg.cls == RegisterClass::gpr) test.before.gpr[o.reg.number] = value;
        if (o.kind == OperandKind::memory) poke_word(test, addresses[number], value);
    }
};

void implicit_pointers(const HintContext& c) {
    c.gpr(Gpr::rsi) = offset_from_base(c.test.before, c.instruction.segment, operand_address(c.random, 8));
    c.gpr(Gpr::rdi) = operand_address(c.random, 8);
    if (c.random.percent(20)) c.gpr(Gpr::rdi) = c.gpr(Gpr::rsi) + c.random.below(40) - 20;
    if (c.instruction.rep || c.instruction.repne)
        c.gpr(Gpr::rcx) = c.random.percent(70) ? c.random.below(12) : c.random.below(700);
    if (c.random.percent(30)) poke_word(c.test, c.gpr(Gpr::rdi), c.gpr(Gpr::rax));
}

void string_pointers(const HintContext& c) {
    if (c.instruction.operand_count != 0) return;  // a vector instruction of that name
    implicit_pointers(c);
}

void table_pointer(const HintContext& c) {
    c.gpr(Gpr::rbx) = operand_address(c.random, 256);
}

void frame_pointer(const HintContext& c) {
    c.gpr(Gpr::rbp) = operand_address(c.random, 8) & ~std::uint64_t{7};
}

/// A far pointer: offset of the operand size, then a selector, which is mostly that of 64-bit code.
void poke_far_pointer(const HintContext& c, std::uint64_t address, std::uint64_t offset) {
    constexpr std::array<std::uint64_t, 4> selectors = {0x33, 0x30, 0, 0xfff8};
    poke_word(c.test, address, offset);
    // RET with an immediate looks at the stack for another privilege level, beyond what it releases, before the selector.
    const bool right = c.instruction.operands[0].kind == OperandKind::immediate || c.random.percent(85);
    poke_word(c.test, address + c.instruction.operand_bits / 8U, right ? selectors[0] : c.random.pick(selectors));
}

void return_address(const HintContext& c) {
    constexpr unsigned opcode_far = 0xca;
    const auto offset = c.random.percent(80) ? pad_address(c.random) : random_word(c.random);
    if ((c.instruction.opcode & 0xfeU) == opcode_far) return poke_far_pointer(c, c.gpr(Gpr::rsp), offset);
    poke_word(c.test, c.gpr(Gpr::rsp), offset);
}

void code_operand(const HintContext& c) {
    const auto& o = c.instruction.operands[0];
    // Where CALL can neither push nor go, it says that it cannot push; lxr says that it cannot go. So one of both it can.
    const auto rsp = c.gpr(Gpr::rsp);
    const bool by_rsp =
        o.kind == OperandKind::reg && o.reg == Register{RegisterClass::gpr, static_cast<std::uint8_t>(Gpr::rsp)};
    const bool unknown =
        o.kind == OperandKind::memory && (c.addresses[0] < arena::data_begin || c.addresses[0] >= arena::data_end - 8);
    const bool inexact = o.kind == OperandKind::memory && o.memory.index.cls != RegisterClass::none;
    if (unknown || inexact) c.gpr(Gpr::rsp) = arena::data_begin + arena::data_size_bytes / 2;
    const bool can_push = !by_rsp && rsp >= arena::data_begin + 64 && rsp <= arena::data_end;
    const auto offset = !can_push || c.random.percent(80) ? pad_address(c.random) : random_word(c.random);
    if (o.kind == OperandKind::memory && o.bits != 64) return poke_far_pointer(c, c.addresses[0], offset);
    c.set_operand(0, offset);
}

/// BT and its kin with memory: the offset reaches far beyond the operand.
void bit_offset(const HintContext& c) {
    if (c.instruction.operands[0].kind == OperandKind::memory && c.random.percent(80)) {
        c.set_operand(1, c.random.below(4000) - 2000);
    }
}

void small_high_half(const HintContext& c) {
    const auto bits = c.instruction.operand_bits;
    const auto low = c.gpr(Gpr::rax);
    if (c.random.percent(30)) return;
    if (bits == 8) {
        c.gpr(Gpr::rax) = c.random.percent(50) ? low & 0xff : static_cast<std::uint64_t>(static_cast<std::int8_t>(low));
    } else {
        const bool negative = ((low >> (bits - 1)) & 1) != 0;
        c.gpr(Gpr::rdx) = c.random.percent(50) && negative ? ~std::uint64_t{0} : c.random.percent(50) ? 0 : c.random.below(16);
    }
}

void equal_accumulator(const HintContext& c) {
    const auto& o = c.instruction.operands[0];
    if (c.random.percent(50)) return;
    if (o.kind == OperandKind::reg) {
        c.gpr(Gpr::rax) = c.test.before.gpr[o.reg.number];
        return;
    }
    std::array<std::uint64_t, 2> pair = {c.gpr(Gpr::rax), c.gpr(Gpr::rdx)};
    if (o.bits == 64 && c.instruction.operand_count == 1) pair[0] = (pair[0] & 0xffffffff) | (pair[1] << 32);
    poke(c.test, c.addresses[0], std::as_bytes(std::span(pair)).first(std::min<std::size_t>(o.bits / 8, 16)));
}

void canonical_operand(const HintContext& c) {
    if (c.random.percent(90)) c.set_operand(0, canonical(random_word(c.random)));
}

void loaded_selector(const HintContext& c) {
    if (c.instruction.operands[0].kind != OperandKind::reg || c.instruction.operands[0].reg.cls != RegisterClass::segment)
        return;
    if (c.instruction.operand_count > 1) c.set_operand(1, random_selector(c.random));
    poke_word(c.test, c.gpr(Gpr::rsp), random_selector(c.random));
}

void harmless_flags(const HintContext& c) {
    poke_word(c.test, c.gpr(Gpr::rsp), c.random.next() & ~std::uint64_t{rflags::tf});
}

void valid_mxcsr(const HintContext& c) {
    constexpr std::uint64_t misaligned_mode = 1U << 17;  // AMD's, reserved for lxr as for Intel
    const auto any = c.random.next() & ~misaligned_mode;
    poke_word(c.test, c.addresses[0], c.random.percent(90) ? random_mxcsr(c.random) : any);
}

/// A frame that IRET takes, with a wrong word now and then.
void interrupt_frame(const HintContext& c) {
    const std::uint64_t step = c.instruction.operand_bits / 8U;
    std::array<std::uint64_t, 5> frame = {pad_address(c.random), 0x33,
                                          c.random.next() & ~std::uint64_t{rflags::tf | rflags::nt}, data_address(c.random, 8),
                                          0x2b};
    if (c.random.percent(20)) frame[c.random.percent(50) ? 1 : 4] = c.random.below(4) * 8;
    std::array<std::byte, 40> bytes{};
    for (std::size_t i = 0; i < frame.size(); ++i) std::memcpy(&bytes[i * step], &frame[i], step);
    poke(c.test, c.gpr(Gpr::rsp), std::span(bytes).first(frame.size() * step));
}

/// One that Linux has, but that of the processor's number, or one that it does not have.
void some_selector(const HintContext& c) {
    constexpr std::uint64_t selectors_before_it = 0x78;
    c.set_operand(c.instruction.operand_count - 1U, c.random.below(selectors_before_it));
}

void far_selector(const HintContext& c) {
    poke_word(c.test, c.addresses[1] + c.instruction.operands[0].bits / 8U,
              c.instruction.mnemonic == Mnemonic::LSS && c.random.percent(80) ? 0x2b : random_selector(c.random));
}

void accumulator_pointer(const HintContext& c) {
    c.gpr(Gpr::rax) = offset_from_base(c.test.before, c.instruction.segment, operand_address(c.random, 64));
}

void aligned_destination(const HintContext& c) {
    if (c.random.percent(80)) c.set_operand(0, operand_address(c.random, 64) & ~std::uint64_t{63});
}

/// Mostly so that the elements lie in the data, where base and displacement lead.
void vector_index(const HintContext& c) {
    const auto mnemonic = mnemonic_name(c.instruction.mnemonic);
    const auto element_bytes = mnemonic[mnemonic.find("GATHER") + 6] == 'D' ? 4U : 8U;
    const auto& memory = c.instruction.operands[1].memory;
    const auto* const segment_base = base_of(c.test.before, memory.segment);
    const bool takes_any_offset = segment_base == nullptr || *segment_base == 0 || memory.address_bits == 32;
    const auto base = memory.base.cls == RegisterClass::gpr ? c.test.before.gpr[memory.base.number] : 0;
    const auto stays = [&](std::span<const std::byte> element) {
        std::int64_t value = 0;
        std::memcpy(&value, element.data(), element_bytes);
        if (element_bytes == 4) value = static_cast<std::int32_t>(value);
        const auto displacement = static_cast<std::uint64_t>(memory.displacement);
        const auto offset = base + static_cast<std::uint64_t>(value) * memory.scale + displacement;
        return takes_any_offset || canonical(offset) == offset;  // see offset_from_base
    };
    const auto index = std::as_writable_bytes(std::span(c.test.before.ymm[memory.index.number]));
    for (std::size_t at = 0; at < index.size(); at += element_bytes) {
        if (c.random.percent(5) && stays(index.subspan(at, element_bytes))) continue;
        const auto value = c.random.below(100) - 30;
        std::memcpy(&index[at], &value, element_bytes);
    }
}

struct HintRow {
    std::string_view mnemonic;
    void (*apply)(const HintContext& context);
};
constexpr std::array hint_rows = {
#define LXR_HINT(mnemonic, hint) HintRow{mnemonic, &hint},
#include "tools/difftest/instruction_hints.inc"
#undef LXR_HINT
};

bool names(std::string_view pattern, std::string_view mnemonic) {
    if (pattern.ends_with('$')) return mnemonic == pattern.substr(0, pattern.size() - 1);
    return mnemonic.starts_with(pattern);
}

}  // namespace

void fill_memory(std::span<std::byte> memory, Random& random) {
    for (std::size_t at = 0; at < memory.size(); at += 64) fill_lanes(random, memory.subspan(at, 64));
}

std::uint64_t aim_memory(MachineState& state, const Memory& memory, std::uint64_t address, Random& random) {
    const auto has_base = memory.base.cls == RegisterClass::gpr;
    const auto has_index = memory.index.cls == RegisterClass::gpr;
    auto* const segment_base = base_of(state, memory.segment);
    const auto displacement = static_cast<std::uint64_t>(memory.displacement);
    const auto offset = offset_from_base(state, memory.segment, address);
    if (!has_base && !has_index) {
        if (segment_base == nullptr) return displacement;
        *segment_base = canonical(address - displacement);
        return *segment_base + displacement;
    }
    auto wanted = offset - displacement;
    if (memory.address_bits == 32) wanted &= 0xffffffff;
    auto& base = state.gpr[memory.base.number];
    auto& index = state.gpr[memory.index.number];
    auto reached = wanted;
    if (!has_index) {
        base = wanted;
    } else if (!has_base) {
        index = wanted / memory.scale;
        reached = index * memory.scale;
    } else if (memory.base == memory.index) {
        base = solve_same(wanted, memory.scale + 1U);
        reached = base * (memory.scale + 1U);
    } else {
        index = random.percent(50) ? random.below(64) - 16 : random_word(random);
        base = wanted - index * memory.scale;
    }
    if (memory.address_bits == 32 && has_base) base = (base & 0xffffffff) | (random.next() << 32);
    return address + (reached - wanted);
}

Test random_test(const Instruction& instruction, std::uint64_t entry, Random& random) {
    Test test;
    test.before = random_state(entry, random);
    std::array<std::uint64_t, 5> addresses{};
    for (unsigned n = 0; n < instruction.operand_count; ++n) {
        const auto& o = instruction.operands[n];
        if (o.kind != OperandKind::memory) continue;
        const auto size_bytes = std::max<std::uint64_t>(o.bits / 8U, 1);
        addresses[n] = aim_memory(test.before, o.memory, operand_address(random, size_bytes), random);
        if (random.percent(75)) poke_operand(test, addresses[n], size_bytes, random);
    }
    const auto mnemonic = mnemonic_name(instruction.mnemonic);
    const HintContext context{.test = test, .instruction = instruction, .random = random, .addresses = addresses};
    for (const auto& row : hint_rows) {
        if (names(row.mnemonic, mnemonic)) row.apply(context);
    }
    return test;
}

}  // namespace lxr::difftest
