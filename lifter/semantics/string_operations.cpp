// String instructions (SDM Vol. 1, "String Instructions"). Repeated ones are helpers that keep rCX, rSI and rDI exact at every
// element, so that a fault or a signal in the middle finds them as the processor would leave them.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"

namespace lxr::semantics {

namespace {

constexpr std::uint64_t address_is_32_bits = 0x100;  // in the helpers' first argument, beside the element's size

/// + or - the element's size, as DF says.
Value step_bytes(B& b) {
    const auto size = static_cast<std::uint64_t>(b.i.operand_bits) / 8;
    const auto control = b.get_state(Type::i32, offsetof(GuestState, control_flags));
    const auto down =
        b.truncate(b.shift_right(b.bit_and(control, b.imm(Type::i32, rflags::df)), b.imm(Type::i8, 10)), Type::i8);
    return b.select(down, b.imm(Type::i64, 0 - size), b.imm(Type::i64, size));
}

struct Pointer {
    Gpr reg;
    Value offset;   // of the address size
    Value address;  // linear
};

Pointer pointer(B& b, Gpr reg, Segment segment) {
    const auto offset = b.read_gpr(reg, ir::integer_type(b.i.address_bits));
    return {reg, offset, b.add_segment_base(segment, offset)};
}

Pointer source(B& b) {
    return pointer(b, Gpr::rsi, b.i.segment);
}
Pointer destination(B& b) {
    return pointer(b, Gpr::rdi, Segment::es);
}

void advance(B& b, const Pointer& pointer, Value step) {
    const auto narrow = pointer.offset.type == Type::i64 ? step : b.truncate(step, Type::i32);
    b.write_gpr(pointer.reg, b.add(pointer.offset, narrow));
}

bool repeated(B& b) {
    return b.i.rep || b.i.repne;
}

/// What a helper does not look at: alignment. It is the first elements' that decides. The source is read before the destination
/// is looked at, so that its page fault comes first; nothing is accessed if the count is 0.
void check_repeated_alignment(B& b, bool has_source) {
    if (!b.checks_alignment()) return;
    const auto count = b.read_gpr(Gpr::rcx, ir::integer_type(b.i.address_bits));
    b.exit_if(b.is_equal(count, b.imm(count.type, 0)), b.i.next_address());
    if (has_source) b.load(b.operand_type(), source(b).address);
    b.check_alignment(destination(b).address, b.i.operand_bits / 8U);
}

Value helper_size(B& b) {
    const std::uint64_t size = b.i.operand_bits / 8;
    return b.imm(Type::i64, size | (b.i.address_bits == 32 ? address_is_32_bits : 0));
}

/// Goes on after the instruction if the helper says that it is done, else comes back for the rest.
void repeat_until_done(B& b, Value done) {
    b.exit_if(b.truncate(done, Type::i8), b.i.next_address());
    b.jump(b.i.address);
}

/// As above for CMPS and SCAS: the helper left the last two elements in scratch (2: it compared nothing).
void repeat_comparing(B& b, Value status) {
    b.exit_if(b.is_equal(status, b.imm(Type::i64, 2)), b.i.next_address());
    const auto element = [&](std::size_t number) {
        return b.get_state(b.operand_type(), offsetof(GuestState, scratch) + number * sizeof(std::uint64_t));
    };
    b.flags_sub(element(0), element(1));
    repeat_until_done(b, status);
}

}  // namespace

void move_string(B& b) {
    if (repeated(b)) {
        check_repeated_alignment(b, true);
        return repeat_until_done(b, b.helper(Helper::repeat_move, helper_size(b), b.segment_base(b.i.segment)));
    }
    const auto from = source(b);
    const auto to = destination(b);
    b.store(to.address, b.load(b.operand_type(), from.address));
    const auto step = step_bytes(b);
    advance(b, from, step);
    advance(b, to, step);
}

void store_string(B& b) {
    if (repeated(b)) {
        check_repeated_alignment(b, false);
        return repeat_until_done(b, b.helper(Helper::repeat_store, helper_size(b)));
    }
    const auto to = destination(b);
    b.store(to.address, b.read_gpr(Gpr::rax, b.operand_type()));
    advance(b, to, step_bytes(b));
}

void load_string(B& b) {
    // Repeated LODS is legal and useless: one element each time round.
    const auto count_type = ir::integer_type(b.i.address_bits);
    const auto count = repeated(b) ? b.read_gpr(Gpr::rcx, count_type) : Value{};
    if (repeated(b)) b.exit_if(b.is_equal(count, b.imm(count_type, 0)), b.i.next_address());
    const auto from = source(b);
    const auto loaded = b.load(b.operand_type(), from.address);
    advance(b, from, step_bytes(b));
    b.write_gpr(Gpr::rax, loaded);
    if (!repeated(b)) return;
    b.write_gpr(Gpr::rcx, b.sub(count, b.imm(count_type, 1)));
    b.jump(b.i.address);
}

void compare_string(B& b) {
    if (repeated(b)) {
        const auto while_equal = b.imm(Type::i64, b.i.rep ? 1 : 0);
        check_repeated_alignment(b, true);
        return repeat_comparing(b, b.helper(Helper::repeat_compare, helper_size(b), b.segment_base(b.i.segment), while_equal));
    }
    const auto from = source(b);
    const auto to = destination(b);
    const auto first = b.load(b.operand_type(), from.address);
    const auto second = b.load(b.operand_type(), to.address);
    const auto step = step_bytes(b);
    advance(b, from, step);
    advance(b, to, step);
    b.flags_sub(first, second);
}

void scan_string(B& b) {
    if (repeated(b)) {
        const auto while_equal = b.imm(Type::i64, b.i.rep ? 1 : 0);
        check_repeated_alignment(b, false);
        return repeat_comparing(b, b.helper(Helper::repeat_scan, helper_size(b), b.imm(Type::i64, 0), while_equal));
    }
    const auto to = destination(b);
    const auto element = b.load(b.operand_type(), to.address);
    const auto accumulator = b.read_gpr(Gpr::rax, b.operand_type());
    advance(b, to, step_bytes(b));
    b.flags_sub(accumulator, element);
}

void move_string_or_scalar_double(B& b) {
    if (b.i.operand_count == 0 || b.operand(0).bits == 32) return move_string(b);
    move_scalar_double(b);
}

void compare_string_or_scalar_double(B& b) {
    if (b.i.operand_count == 0 || b.operand(0).bits == 32) return compare_string(b);
    compare_scalar_double(b);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// How many elements a helper handles before the block looks at the attention word again.
constexpr std::uint64_t elements_at_once = 4096;

/// rCX, rSI, rDI of the address size, stepping as DF says.
class StringRegisters {
public:
    StringRegisters(GuestState& state, std::uint64_t size_argument, std::uint64_t segment_base)
        : state_(state),
          size_(size_argument & 0xff),
          mask_((size_argument & semantics::address_is_32_bits) != 0 ? 0xffffffff : ~std::uint64_t{0}),
          segment_base_(segment_base),
          step_((state.control_flags & rflags::df) != 0 ? 0 - size_ : size_) {}

    [[nodiscard]] std::uint64_t count() const { return state_[Gpr::rcx] & mask_; }
    [[nodiscard]] bool forward() const { return step_ == size_; }
    [[nodiscard]] std::uint64_t source() const { return segment_base_ + (state_[Gpr::rsi] & mask_); }
    [[nodiscard]] std::uint64_t destination() const { return state_[Gpr::rdi] & mask_; }

    /// After `elements` are done. The fences keep the updates between the guest accesses: a fault must find them done.
    void advance(std::uint64_t elements, bool moves_source, bool moves_destination) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        const auto add = [&](Gpr reg, std::uint64_t amount) { state_[reg] = (state_[reg] + amount) & mask_; };
        if (moves_source) add(Gpr::rsi, elements * step_);
        if (moves_destination) add(Gpr::rdi, elements * step_);
        add(Gpr::rcx, 0 - elements);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    /// How many of `wanted` elements from `address` on lie in its page; at least 1 (that one may cross into the next).
    [[nodiscard]] std::uint64_t in_page(std::uint64_t address, std::uint64_t wanted) const {
        const auto in_page = (page_size_bytes - (address & (page_size_bytes - 1))) / size_;
        return std::clamp<std::uint64_t>(in_page, 1, wanted);
    }

private:
    GuestState& state_;
    std::uint64_t size_;
    std::uint64_t mask_;
    std::uint64_t segment_base_;
    std::uint64_t step_;
};

template <typename T>
T read(std::uint64_t address) {
    T value;
    std::memcpy(&value, host_pointer(GuestAddress(address)), sizeof value);
    return value;
}

/// One page at a time: either its first element faults, before anything is done, or none does.
template <typename T>
std::uint64_t move_elements(GuestState& state, std::uint64_t size_argument, std::uint64_t segment_base) {
    StringRegisters registers(state, size_argument, segment_base);
    for (std::uint64_t budget = elements_at_once; budget > 0;) {
        if (registers.count() == 0) return 1;
        const auto from = registers.source();
        const auto to = registers.destination();
        auto elements = std::min(registers.count(), budget);
        elements = registers.forward() ? registers.in_page(to, registers.in_page(from, elements)) : 1;
        // An overlap ahead repeats what was just written: element by element then.
        if (to - from < elements * sizeof(T) && to != from) elements = 1;
        auto* destination = host_pointer(GuestAddress(to));
        // The first element by itself: if it faults, then at its own address.
        const auto first = read<T>(from);
        std::memcpy(destination, &first, sizeof first);
        if (elements > 1) {
            std::memmove(destination + sizeof(T), host_pointer(GuestAddress(from)) + sizeof(T), (elements - 1) * sizeof(T));
        }
        registers.advance(elements, true, true);
        budget -= elements;
    }
    return registers.count() == 0 ? 1 : 0;
}

template <typename T>
std::uint64_t store_elements(GuestState& state, std::uint64_t size_argument) {
    StringRegisters registers(state, size_argument, 0);
    const auto element = static_cast<T>(state[Gpr::rax]);
    for (std::uint64_t budget = elements_at_once; budget > 0;) {
        if (registers.count() == 0) return 1;
        auto elements = std::min(registers.count(), budget);
        elements = registers.forward() ? registers.in_page(registers.destination(), elements) : 1;
        auto* destination = host_pointer(GuestAddress(registers.destination()));
        for (std::uint64_t i = 0; i < elements; ++i) std::memcpy(destination + i * sizeof(T), &element, sizeof(T));
        registers.advance(elements, false, true);
        budget -= elements;
    }
    return registers.count() == 0 ? 1 : 0;
}

/// Compares until the elements differ (while_equal) or are equal. First element: at rSI for CMPS, the accumulator for SCAS.
template <typename T, bool scan>
std::uint64_t compare_elements(GuestState& state, std::uint64_t size_argument, std::uint64_t segment_base, bool while_equal) {
    StringRegisters registers(state, size_argument, segment_base);
    if (registers.count() == 0) return 2;
    auto& elements = state.scratch[0].words;
    const auto pages = [&] {
        const auto span = [](std::uint64_t address) {
            return std::pair(page_floor(address), page_floor(address + sizeof(T) - 1));
        };
        return std::pair(span(scan ? 0 : registers.source()), span(registers.destination()));
    };
    const auto begun_in = pages();
    for (std::uint64_t budget = elements_at_once; budget > 0; --budget) {
        // What may fault comes first in a call, so that the flags are those of the element before it.
        if (budget < elements_at_once && pages() != begun_in) return 0;
        const auto first = scan ? static_cast<T>(state[Gpr::rax]) : read<T>(registers.source());
        const auto second = read<T>(registers.destination());
        registers.advance(1, !scan, true);
        elements[0] = first;
        elements[1] = second;
        if (registers.count() == 0 || (first == second) != while_equal) return 1;
    }
    return 0;
}

template <typename Function>
std::uint64_t by_size(std::uint64_t size_argument, Function&& function) {
    switch (size_argument & 0xff) {
        case 1:
            return function.template operator()<std::uint8_t>();
        case 2:
            return function.template operator()<std::uint16_t>();
        case 4:
            return function.template operator()<std::uint32_t>();
        default:
            return function.template operator()<std::uint64_t>();
    }
}

}  // namespace

std::uint64_t repeat_move(GuestState& state, std::uint64_t a, std::uint64_t b, std::uint64_t) {
    return by_size(a, [&]<typename T>() { return move_elements<T>(state, a, b); });
}

std::uint64_t repeat_store(GuestState& state, std::uint64_t a, std::uint64_t, std::uint64_t) {
    return by_size(a, [&]<typename T>() { return store_elements<T>(state, a); });
}

std::uint64_t repeat_compare(GuestState& state, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return by_size(a, [&]<typename T>() { return compare_elements<T, false>(state, a, b, c != 0); });
}

std::uint64_t repeat_scan(GuestState& state, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return by_size(a, [&]<typename T>() { return compare_elements<T, true>(state, a, b, c != 0); });
}

}  // namespace lxr::helpers
