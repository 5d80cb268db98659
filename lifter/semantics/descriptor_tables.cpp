// What user mode can see of descriptor tables and system registers: the segments that Linux gives a 64-bit process, and the
// values that its kernel shows where the processor hides the true ones (SDM Vol. 3A, "User-Mode Instruction Prevention").
// There is no local descriptor table: modify_ldt is refused.
#include <algorithm>

#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/support/log.h"

namespace lxr {
namespace {

enum class Property : std::uint8_t { access_rights, limit, readable, writable };  // argument b of segment_property
constexpr std::uint64_t segment_exists = std::uint64_t{1} << 32;

}  // namespace
}  // namespace lxr

namespace lxr::semantics {

namespace {

Value ask(B& b, Property property, unsigned operand) {
    const auto selector = b.zero_extend(b.read(operand, Type::i16), Type::i64);
    return b.helper(Helper::segment_property, selector, b.imm(Type::i64, static_cast<std::uint64_t>(property)));
}

Value exists(B& b, Value answer) {
    return b.truncate(b.shift_right(answer, b.imm(Type::i8, 32)), Type::i8);
}

void load_property(B& b, Property property) {
    const auto type = b.type_of(0);
    const auto answer = ask(b, property, 1);
    const auto found = exists(b, answer);
    if (type == Type::i16) {
        b.write(0, b.select(found, b.truncate(answer, type), b.read(0)));
    } else {  // the whole register stays as it is where nothing is found
        const auto reg = static_cast<Gpr>(b.operand(0).reg.number);
        const auto value = b.zero_extend(b.truncate(answer, Type::i32), Type::i64);
        b.write_gpr(reg, b.select(found, value, b.read_gpr(reg)));
    }
    b.put_flags(rflags::zf, b.flag(found, rflags::zf));
}

void verify(B& b, Property property) {
    b.put_flags(rflags::zf, b.flag(exists(b, ask(b, property, 0)), rflags::zf));
}

/// Limit and base, as Linux makes them up (arch/x86/kernel/umip.c).
void store_table(B& b, std::uint64_t base) {
    const auto where = b.address_of(0);
    b.store(b.add(where, b.imm(Type::i64, 2)), b.imm(Type::i64, base));
    b.store(where, b.imm(Type::i16, 0));
}

/// Memory gets 16 bits; of a register only the operand's bytes change, without the usual zero-extension, because it is the
/// kernel that writes them (arch/x86/kernel/umip.c, fixup_umip_exception).
void store_word(B& b, std::uint32_t value) {
    if (b.is_memory(0)) return b.write(0, b.imm(Type::i16, value & 0xffff));
    const auto type = b.type_of(0);
    if (type != Type::i32) return b.write(0, b.imm(type, type == Type::i16 ? value & 0xffff : value));
    const auto reg = static_cast<Gpr>(b.operand(0).reg.number);
    const auto high = b.bit_and(b.read_gpr(reg), b.imm(Type::i64, ~std::uint64_t{0xffffffff}));
    b.write_gpr(reg, b.bit_or(high, b.imm(Type::i64, value)));
}

}  // namespace

void load_access_rights(B& b) {
    load_property(b, Property::access_rights);
}
void load_segment_limit(B& b) {
    load_property(b, Property::limit);
}
void verify_read(B& b) {
    verify(b, Property::readable);
}
void verify_write(B& b) {
    verify(b, Property::writable);
}

void store_global_descriptor_table(B& b) {
    store_table(b, 0xfffffffffffe0000);
}
void store_interrupt_descriptor_table(B& b) {
    store_table(b, 0xffffffffffff0000);
}
void store_local_descriptor_table(B& b) {
    store_word(b, 0);
}
void store_task_register(B& b) {
    store_word(b, 0x40);  // Linux asm/segment.h, GDT_ENTRY_TSS
}
void store_machine_status(B& b) {
    store_word(b, 0x80050033);  // Linux asm/cpufeature.h, CR0_STATE
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// The descriptors that user mode may look at (Linux asm/segment.h; arch/x86/kernel/cpu/common.c, gdt_page).
struct Descriptor {
    std::uint64_t selector;  // without RPL
    std::uint32_t access_rights;
    std::uint32_t limit;
    bool writable;
};
constexpr std::array descriptors = {
    Descriptor{0x20, 0x00cffb00, 0xffffffff, false},  // 32-bit code
    Descriptor{0x28, 0x00cff300, 0xffffffff, true},   // data
    Descriptor{0x30, 0x00affb00, 0xffffffff, false},  // 64-bit code
    Descriptor{0x78, 0x0040f500, 0, false},           // its limit is the number of the processor
};
constexpr std::uint64_t code_32_segment = 0x20;
constexpr std::uint64_t processor_segment = 0x78;
constexpr std::uint64_t requested_privilege_level = 3;

/// @param wanted  a selector without RPL. All descriptors are readable, and those that user mode may look at it may load.
bool fits(std::uint64_t wanted, Segment segment) {
    if (segment == Segment::cs) return wanted == (user_code_selector & ~requested_privilege_level);
    if (segment == Segment::ss) return wanted == (user_stack_selector & ~requested_privilege_level);
    return wanted == 0 || std::ranges::find(descriptors, wanted, &Descriptor::selector) != descriptors.end();
}

}  // namespace

std::uint64_t segment_property(GuestState& state, std::uint64_t selector, std::uint64_t property, std::uint64_t) {
    const auto wanted = selector & ~requested_privilege_level;
    const auto* const found = std::ranges::find(descriptors, wanted, &Descriptor::selector);
    if (found == descriptors.end()) return 0;
    switch (static_cast<Property>(property)) {
        case Property::access_rights:
            return found->access_rights | segment_exists;
        case Property::limit:
            return (wanted == processor_segment ? processor_id(state, 0, 0, 0) : found->limit) | segment_exists;
        case Property::readable:
            return segment_exists;
        case Property::writable:
            return found->writable ? segment_exists : 0;
    }
    return 0;
}

std::uint64_t check_selector(GuestState& state, std::uint64_t selector, std::uint64_t segment, std::uint64_t rpl_matters) {
    const auto wanted = selector & ~requested_privilege_level;
    const bool right_rpl = rpl_matters == 0 || wanted + requested_privilege_level == selector;
    if (right_rpl && fits(wanted, static_cast<Segment>(segment))) return 0;
    if (right_rpl && wanted == code_32_segment && static_cast<Segment>(segment) == Segment::cs) {
        log(LogCategory::lift, LogLevel::error,
            "a far transfer into 32-bit code at {:#x}: the guest gets SIGSEGV; there is no 32-bit mode in lifter/decode/",
            state.rip);
    }
    state.raise({.vector = ExceptionVector::general_protection, .error_code = static_cast<std::uint32_t>(wanted)});
    return 0;
}

}  // namespace lxr::helpers
