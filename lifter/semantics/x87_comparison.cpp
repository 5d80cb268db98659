// x87 comparison instructions (SDM Vol. 1, "x87 FPU Comparison Instructions").
#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/x87_functions.h"

namespace lxr::semantics {

using host::X87Operation;

namespace {

/// ST(0) with the last operand, or with ST(1) if none is named.
void compare(B& b, X87Operation operation, std::uint8_t pops) {
    if (b.i.operand_count > 0 && b.is_memory(0)) {
        const auto format = x87_memory_format(b);
        const auto where = b.address_of(0);
        const X87Call call{.operation = x87_with_format(operation, format), .format = format, .pops = pops};
        x87_helper(b, Helper::x87_compare, call, x87_load_memory(b, where, b.operand(0).bits));
        return x87_note_data(b, where);
    }
    const std::uint8_t source = b.i.operand_count == 0 ? 1 : b.operand(b.i.operand_count - 1U).reg.number;
    x87_helper(b, Helper::x87_compare, {.operation = operation, .source = source, .pops = pops});
}

void compare_flags(B& b, X87Operation operation, bool pops) {
    const X87Call call{.operation = operation, .source = b.operand(1).reg.number, .pops = pops};
    b.put_flags(rflags::status, b.truncate(x87_helper(b, Helper::x87_compare_flags, call), Type::i32));
}

}  // namespace

void x87_compare(B& b) {
    compare(b, X87Operation::compare, 0);
}
void x87_compare_pop(B& b) {
    compare(b, X87Operation::compare, 1);
}
void x87_compare_pop_twice(B& b) {
    compare(b, X87Operation::compare, 2);
}
void x87_compare_unordered(B& b) {
    compare(b, X87Operation::compare_unordered, 0);
}
void x87_compare_unordered_pop(B& b) {
    compare(b, X87Operation::compare_unordered, 1);
}
void x87_compare_unordered_pop_twice(B& b) {
    compare(b, X87Operation::compare_unordered, 2);
}
void x87_compare_flags(B& b) {
    compare_flags(b, X87Operation::compare, false);
}
void x87_compare_flags_pop(B& b) {
    compare_flags(b, X87Operation::compare, true);
}
void x87_compare_unordered_flags(B& b) {
    compare_flags(b, X87Operation::compare_unordered, false);
}
void x87_compare_unordered_flags_pop(B& b) {
    compare_flags(b, X87Operation::compare_unordered, true);
}
void x87_compare_zero(B& b) {
    x87_helper(b, Helper::x87_compare, {.operation = X87Operation::compare_zero});
}
void x87_examine(B& b) {
    x87_helper(b, Helper::x87_examine, {});
}

}  // namespace lxr::semantics

namespace lxr::helpers {

using namespace x87_status;

namespace {

constexpr std::uint16_t unordered = c3 | c2 | c0;

/// What the comparison says; an empty register compares unordered.
host::X87Outcome comparison(X87Unit& x87, X87Call call, std::uint64_t memory) {
    const bool from_register = call.format == X87Format::reg;
    if (x87.is_empty(0) || (from_register && x87.is_empty(call.source))) {
        host::X87Outcome outcome;
        outcome.status = invalid | stack_fault | unordered;
        return outcome;
    }
    const X87Register operand{.significand = memory, .sign_exponent = 0};
    return x87.execute(call.operation, x87.st(0), from_register ? x87.st(call.source) : operand);
}

}  // namespace

std::uint64_t x87_compare(GuestState& state, std::uint64_t packed, std::uint64_t memory, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    const auto outcome = comparison(x87, call, memory);
    if (x87.raise(outcome.status, conditions)) x87.pop(call.pops);
    return 0;
}

std::uint64_t x87_compare_flags(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    const auto call = X87Call::unpacked(packed);
    if (!x87.begin(call)) return 0;
    const auto outcome = comparison(x87, call, 0);
    const bool stack_faulted = (outcome.status & stack_fault) != 0;
    if (x87.raise(outcome.status & ~c1, stack_faulted ? c1 : 0)) x87.pop(call.pops);
    return ((outcome.status & c0) != 0 ? rflags::cf : 0) | ((outcome.status & c2) != 0 ? rflags::pf : 0) |
           ((outcome.status & c3) != 0 ? rflags::zf : 0);
}

std::uint64_t x87_examine(GuestState& state, std::uint64_t packed, std::uint64_t, std::uint64_t) {
    X87Unit x87(state);
    if (!x87.begin(X87Call::unpacked(packed))) return 0;
    const auto outcome = x87.execute(host::X87Operation::examine, x87.st(0));
    const std::uint16_t sign = outcome.status & c1;
    x87.set_conditions(conditions, x87.is_empty(0) ? c3 | c0 | sign : outcome.status);
    return 0;
}

}  // namespace lxr::helpers
