// Saving and restoring of state: FXSAVE and FXRSTOR (SDM Vol. 1, "FXSAVE and FXRSTOR Instructions"), and the XSAVE feature set
// (SDM Vol. 1, "Managing State Using the XSAVE Feature Set"). The helpers access memory themselves; they change state only when
// all of it has been read.
#include <algorithm>
#include <cstring>

#include "lifter/cpu_model.h"
#include "lifter/host/mxcsr.h"
#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/x87_unit.h"
#include "lifter/support/write_probe.h"

namespace lxr {

namespace {

// The second argument of the helpers.
constexpr std::uint64_t form_wide = 1;      // REX.W: 64-bit pointers
constexpr std::uint64_t form_optimize = 2;  // leaves out what is in its initial configuration
constexpr std::uint64_t form_compact = 4;   // without gaps

}  // namespace

}  // namespace lxr

namespace lxr::semantics {

namespace {

Value form(B& b, std::uint64_t bits) {
    return b.imm(Type::i64, bits | (b.i.operand_bits == 64 ? form_wide : 0));
}

/// EDX:EAX, which selects components.
Value requested_components(B& b) {
    const auto high = b.shift_left(b.read_gpr(Gpr::rdx), b.imm(Type::i8, 32));
    return b.bit_or(high, b.zero_extend(b.read_gpr(Gpr::rax, Type::i32), Type::i64));
}

void save_extended(B& b, std::uint64_t bits) {
    b.helper(Helper::save_extended_state, b.address_of(0), form(b, bits), requested_components(b));
}

}  // namespace

namespace {

/// Where it is not even a multiple of 4 it is #AC rather than #GP.
Value legacy_area(B& b) {
    const auto where = b.address_of(0);
    b.check_alignment(where, 4);
    return where;
}

}  // namespace

void save_legacy_state(B& b) {
    b.helper(Helper::save_legacy_state, legacy_area(b), form(b, 0));
}
void restore_legacy_state(B& b) {
    b.helper(Helper::restore_legacy_state, legacy_area(b), form(b, 0));
}
void save_extended_state(B& b) {
    save_extended(b, 0);
}
void save_extended_state_optimized(B& b) {
    save_extended(b, form_optimize);
}
void save_extended_state_compacted(B& b) {
    save_extended(b, form_optimize | form_compact);
}
void restore_extended_state(B& b) {
    b.helper(Helper::restore_extended_state, b.address_of(0), form(b, 0), requested_components(b));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// The legacy region: what FXSAVE writes (SDM Vol. 2A, FXSAVE, "Layout of the 64-bit Mode FXSAVE64 Map").
struct LegacyRegion {
    struct Register {
        std::uint64_t significand;
        std::uint16_t sign_exponent;
        std::array<std::uint16_t, 3> reserved;
    };
    std::uint16_t control;
    std::uint16_t status;
    std::uint8_t valid;
    std::uint8_t reserved;
    std::uint16_t opcode;
    std::uint64_t instruction_pointer;
    std::uint64_t data_pointer;
    std::uint32_t mxcsr;
    std::uint32_t mxcsr_mask;
    std::array<Register, 8> stack;
    std::array<std::array<std::uint64_t, 2>, 16> xmm;
};
static_assert(sizeof(LegacyRegion) == 416);

struct Header {
    std::uint64_t present;  // XSTATE_BV
    std::uint64_t compact;  // XCOMP_BV
    std::array<std::uint64_t, 6> reserved;
};
constexpr std::size_t legacy_area_bytes = 512;
constexpr std::size_t header_offset = legacy_area_bytes;
static_assert(sizeof(Header) == 64);

using AvxRegion = std::array<std::array<std::uint64_t, 2>, 16>;

/// All of the area in the standard format.
struct Area {
    LegacyRegion legacy;
    std::array<std::byte, header_offset - sizeof(LegacyRegion)> unused;
    Header header;
    AvxRegion avx;
};
static_assert(offsetof(Area, header) == header_offset);

// Bits of XCR0.
constexpr std::uint64_t component_x87 = 1U << 0;
constexpr std::uint64_t component_sse = 1U << 1;
constexpr std::uint64_t component_avx = 1U << 2;
constexpr std::uint64_t compact_format = std::uint64_t{1} << 63;

constexpr std::uint32_t initial_mxcsr = 0x1f80;

void save_x87(GuestState& state, LegacyRegion& region, bool wide) {
    const X87Unit x87(state);
    const auto& from = state.x87;
    region.control = from.control;
    region.status = x87.status_word();
    region.valid = from.valid;
    for (unsigned number = 0; number < 8; ++number) {
        region.stack[number] = {x87.st(number).significand, x87.st(number).sign_exponent, {}};
    }
    // As AMD's processors: the pointers are of interest only to handlers of a pending exception.
    if ((from.status & x87_status::summary) == 0) return;
    region.opcode = from.opcode;
    const auto narrow = [&](std::uint64_t pointer) { return wide ? pointer : static_cast<std::uint32_t>(pointer); };
    region.instruction_pointer = narrow(from.instruction_pointer);
    region.data_pointer = narrow(from.data_pointer);
}

void restore_x87(GuestState& state, const LegacyRegion& region, bool wide) {
    X87Unit x87(state);
    auto& to = state.x87;
    constexpr std::uint16_t opcode_bits = 0x7ff;
    to.valid = region.valid;
    to.opcode = region.opcode & opcode_bits;
    const auto narrow = [&](std::uint64_t pointer) { return wide ? pointer : static_cast<std::uint32_t>(pointer); };
    to.instruction_pointer = narrow(region.instruction_pointer);
    to.data_pointer = narrow(region.data_pointer);
    x87.set_control(region.control);
    x87.set_status_word(region.status);
    for (unsigned number = 0; number < 8; ++number) {
        x87.set_raw(number,
                    {.significand = region.stack[number].significand, .sign_exponent = region.stack[number].sign_exponent});
    }
}

void initialize_x87(GuestState& state) {
    X87Unit(state).initialize();
    state.x87.registers = {};
}

bool x87_in_use(const GuestState& state) {
    const auto& x87 = state.x87;
    const bool registers = std::ranges::any_of(
        x87.registers, [](const X87Register& value) { return value.significand != 0 || value.sign_exponent != 0; });
    return registers || x87.control != 0x37f || x87.status != 0 || x87.top != 0 || x87.valid != 0 || x87.opcode != 0 ||
           x87.instruction_pointer != 0 || x87.data_pointer != 0;
}

void save_sse(const GuestState& state, LegacyRegion& region) {
    for (unsigned number = 0; number < region.xmm.size(); ++number) {
        std::copy_n(state.vector[number].words.begin(), 2, region.xmm[number].begin());
    }
}

void restore_sse(GuestState& state, const LegacyRegion& region) {
    for (unsigned number = 0; number < region.xmm.size(); ++number) {
        std::copy_n(region.xmm[number].begin(), 2, state.vector[number].words.begin());
    }
}

void save_avx(const GuestState& state, AvxRegion& region) {
    for (unsigned number = 0; number < region.size(); ++number) {
        std::copy_n(state.vector[number].words.begin() + 2, 2, region[number].begin());
    }
}

void restore_avx(GuestState& state, const AvxRegion& region) {
    for (unsigned number = 0; number < region.size(); ++number) {
        std::copy_n(region[number].begin(), 2, state.vector[number].words.begin() + 2);
    }
}

/// Components that are not in their initial configuration (XINUSE). For MXCSR see save_extended_state.
std::uint64_t components_in_use(const GuestState& state) {
    std::uint64_t used = x87_in_use(state) ? component_x87 : 0;
    for (unsigned number = 0; number < 16; ++number) {
        const auto& words = state.vector[number].words;
        if ((words[0] | words[1]) != 0) used |= component_sse;
        if ((words[2] | words[3]) != 0) used |= component_avx;
    }
    return used;
}

/// A non-canonical address is let through: it faults in its own way as soon as it is used.
bool aligned(GuestState& state, std::uint64_t address, std::uint64_t bytes) {
    if (address % bytes == 0 || !is_canonical(address)) return true;
    state.raise({.vector = ExceptionVector::general_protection});
    return false;
}

bool mxcsr_allowed(GuestState& state, std::uint32_t mxcsr) {
    if ((mxcsr & ~mxcsr_mask) == 0) return true;
    state.raise({.vector = ExceptionVector::general_protection});
    return false;
}

/// #UD where CPUID does not show OSXSAVE.
bool xsave_enabled(GuestState& state) {
    if (guest_cpu()[cpu_osxsave]) return true;
    state.raise({.vector = ExceptionVector::invalid_opcode});
    return false;
}

/// A part of the area in host memory to or from where it is in the guest's.
struct Part {
    std::size_t offset;
    std::size_t size;
};
constexpr Part part_x87_control{.offset = 0, .size = offsetof(LegacyRegion, mxcsr)};
constexpr Part part_mxcsr{.offset = offsetof(LegacyRegion, mxcsr), .size = 8};
constexpr Part part_x87_stack{.offset = offsetof(LegacyRegion, stack), .size = sizeof(LegacyRegion::stack)};
constexpr Part part_xmm{.offset = offsetof(LegacyRegion, xmm), .size = sizeof(LegacyRegion::xmm)};
// The only component outside of the legacy region, so it has the same place in the compact format.
constexpr Part part_avx{.offset = offsetof(Area, avx), .size = sizeof(AvxRegion)};

void copy_out(std::uint64_t address, const Area& area, Part part) {
    std::memcpy(host_pointer<std::byte>(GuestAddress(address + part.offset)),
                reinterpret_cast<const std::byte*>(&area) + part.offset, part.size);
}

}  // namespace

std::uint64_t xgetbv(GuestState& state, std::uint64_t index, std::uint64_t, std::uint64_t) {
    if (!xsave_enabled(state)) return 0;
    index = static_cast<std::uint32_t>(index);
    if (index == 0) return guest_xcr0();
    if (index == 1 && guest_cpu()[cpu_xgetbv1]) return components_in_use(state) & guest_xcr0();
    state.raise({.vector = ExceptionVector::general_protection});
    return 0;
}

std::uint64_t save_legacy_state(GuestState& state, std::uint64_t address, std::uint64_t form, std::uint64_t) {
    if (!aligned(state, address, 16)) return 0;
    LegacyRegion region{};
    save_x87(state, region, (form & form_wide) != 0);
    region.mxcsr = host::mxcsr();
    region.mxcsr_mask = mxcsr_mask;
    save_sse(state, region);
    // All of the area must be writable, though the end of it stays as it is.
    probe_write(GuestAddress(address + legacy_area_bytes - 1));
    probe_write(GuestAddress(address));
    std::memcpy(host_pointer<std::byte>(GuestAddress(address)), &region, sizeof region);
    return 0;
}

std::uint64_t restore_legacy_state(GuestState& state, std::uint64_t address, std::uint64_t form, std::uint64_t) {
    if (!aligned(state, address, 16)) return 0;
    const auto* const area = host_pointer<std::byte>(GuestAddress(address));
    // All of it must be readable, before anything in it is looked at; volatile, as its end is of no use.
    static_cast<void>(*static_cast<const volatile std::byte*>(area + legacy_area_bytes - 1));
    LegacyRegion region;
    std::memcpy(&region, area, sizeof region);
    if (!mxcsr_allowed(state, region.mxcsr)) return 0;
    restore_x87(state, region, (form & form_wide) != 0);
    host::set_mxcsr(region.mxcsr);
    restore_sse(state, region);
    return 0;
}

std::uint64_t save_extended_state(GuestState& state, std::uint64_t address, std::uint64_t form, std::uint64_t requested) {
    if (!xsave_enabled(state) || !aligned(state, address, 64)) return 0;
    requested &= guest_xcr0();
    auto in_use = components_in_use(state) & requested;
    // For XSAVEC, MXCSR belongs to SSE (SDM Vol. 1, "Processor Tracking of XSAVE-Managed State"); for the others to none.
    if ((form & form_compact) != 0 && host::mxcsr() != initial_mxcsr) in_use |= requested & component_sse;
    const auto saved = (form & form_optimize) != 0 ? in_use : requested;
    Area area{};
    save_x87(state, area.legacy, (form & form_wide) != 0);
    area.legacy.mxcsr = host::mxcsr();
    area.legacy.mxcsr_mask = mxcsr_mask;
    save_sse(state, area.legacy);
    save_avx(state, area.avx);
    if ((saved & component_x87) != 0) {
        copy_out(address, area, part_x87_control);
        copy_out(address, area, part_x87_stack);
    }
    const auto with_mxcsr = (form & form_compact) != 0 ? saved & component_sse : requested & (component_sse | component_avx);
    if (with_mxcsr != 0) copy_out(address, area, part_mxcsr);
    if ((saved & component_sse) != 0) copy_out(address, area, part_xmm);
    if ((saved & component_avx) != 0) copy_out(address, area, part_avx);
    auto* header = host_pointer<std::uint64_t>(GuestAddress(address + header_offset));
    if ((form & form_compact) != 0) {
        header[0] = in_use;
        header[1] = compact_format | requested;
    } else {
        header[0] = (header[0] & ~requested) | in_use;
    }
    return 0;
}

namespace {

/// What XRSTOR refuses with #GP (SDM Vol. 1, "Operation of XRSTOR").
bool header_allowed(GuestState& state, const Header& header) {
    const auto supported = guest_xcr0();
    const bool compact = (header.compact & compact_format) != 0;
    const auto reserved_words = compact ? 6 : 1;
    bool allowed = (header.present & ~supported) == 0;
    allowed &= compact ? (header.compact & ~(supported | compact_format)) == 0 && (header.present & ~header.compact) == 0
                       : header.compact == 0;
    allowed &= std::all_of(header.reserved.begin(), header.reserved.begin() + reserved_words,
                           [](std::uint64_t word) { return word == 0; });
    if (!allowed) state.raise({.vector = ExceptionVector::general_protection});
    return allowed;
}

}  // namespace

std::uint64_t restore_extended_state(GuestState& state, std::uint64_t address, std::uint64_t form, std::uint64_t requested) {
    if (!xsave_enabled(state) || !aligned(state, address, 64)) return 0;
    requested &= guest_xcr0();
    Area area{};
    const auto* from = host_pointer<std::byte>(GuestAddress(address));
    std::memcpy(&area.header, from + header_offset, sizeof area.header);
    if (!header_allowed(state, area.header)) return 0;
    const bool compact = (area.header.compact & compact_format) != 0;
    std::memcpy(&area.legacy, from, sizeof area.legacy);
    if ((requested & area.header.present & component_avx) != 0) {
        std::memcpy(&area.avx, from + part_avx.offset, part_avx.size);
    }
    auto mxcsr = area.legacy.mxcsr;
    const auto with_mxcsr = requested & (compact ? component_sse : component_sse | component_avx);
    if (compact && (area.header.present & component_sse) == 0) mxcsr = initial_mxcsr;
    if (with_mxcsr != 0 && !mxcsr_allowed(state, mxcsr)) return 0;
    if ((requested & component_x87) != 0) {
        if ((area.header.present & component_x87) != 0) {
            restore_x87(state, area.legacy, (form & form_wide) != 0);
        } else {
            initialize_x87(state);
        }
    }
    if ((area.header.present & component_sse) == 0) area.legacy.xmm = {};
    if ((requested & component_sse) != 0) restore_sse(state, area.legacy);
    if ((requested & component_avx) != 0) restore_avx(state, area.avx);
    if (with_mxcsr != 0) host::set_mxcsr(mxcsr);
    return 0;
}

}  // namespace lxr::helpers
