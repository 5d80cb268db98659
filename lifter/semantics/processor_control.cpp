// Identification, time stamps, segment bases, random numbers, and what user mode may not do.
#include <sched.h>
#include <sys/random.h>

#include "lifter/cpu_model.h"
#include "lifter/host/timestamp.h"
#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"

namespace lxr::semantics {

void processor_identification(B& b) {
    b.helper(Helper::cpuid, b.read_gpr(Gpr::rax), b.read_gpr(Gpr::rcx));
}

namespace {

void write_edx_eax(B& b, Value wide) {
    b.write_gpr(Gpr::rax, b.truncate(wide, Type::i32));
    b.write_gpr(Gpr::rdx, b.shift_right(wide, b.imm(Type::i8, 32)));
}

}  // namespace

void get_extended_control(B& b) {
    write_edx_eax(b, b.helper(Helper::xgetbv, b.read_gpr(Gpr::rcx)));
}

void read_timestamp(B& b) {
    write_edx_eax(b, b.helper(Helper::timestamp));
}

void read_timestamp_and_processor(B& b) {
    const auto processor = b.helper(Helper::processor_id);
    write_edx_eax(b, b.helper(Helper::timestamp));
    b.write_gpr(Gpr::rcx, b.truncate(processor, Type::i32));
}

void read_processor(B& b) {
    b.write(0, b.helper(Helper::processor_id));
}

void random_number(B& b) {
    const auto number = b.helper(Helper::random_number);
    b.write(0, b.type_of(0) == Type::i64 ? number : b.truncate(number, b.type_of(0)));
    b.put_flags(rflags::status, b.imm(Type::i32, rflags::cf));
}

namespace {

void read_base(B& b, std::size_t offset) {
    b.write(0, b.get_state(b.type_of(0), offset));
}

void write_base(B& b, std::size_t offset) {
    const auto base = b.type_of(0) == Type::i64 ? b.read(0) : b.zero_extend(b.read(0), Type::i64);
    // A non-canonical base is #GP: the upper 17 bits must be equal.
    const auto top = b.shift_right_arithmetic(base, b.imm(Type::i8, 47));
    const auto canonical = b.is_less_unsigned(b.add(top, b.imm(Type::i64, 1)), b.imm(Type::i64, 2));
    b.helper(Helper::fault_unless, b.zero_extend(canonical, Type::i64));
    b.set_state(offset, base);
}

}  // namespace

void read_fs_base(B& b) {
    read_base(b, offsetof(GuestState, fs_base));
}
void read_gs_base(B& b) {
    read_base(b, offsetof(GuestState, gs_base));
}
void write_fs_base(B& b) {
    write_base(b, offsetof(GuestState, fs_base));
}
void write_gs_base(B& b) {
    write_base(b, offsetof(GuestState, gs_base));
}

/// Nothing is monitored, because a wait may end at any time; hypervisors, which stand in for it, do not read the line either.
void monitor_line(B& b) {
    const auto no_extensions = b.is_equal(b.read_gpr(Gpr::rcx, Type::i32), b.imm(Type::i32, 0));
    b.helper(Helper::fault_unless, b.zero_extend(no_extensions, Type::i64));
}

/// The wait ends at once. There are two extensions: interrupts end it although they are masked, and a timer ends it.
void wait_for_monitored_line(B& b) {
    constexpr std::uint64_t extensions = 3;
    const auto others = b.bit_and(b.read_gpr(Gpr::rcx), b.imm(Type::i64, ~extensions));
    b.helper(Helper::fault_unless, b.zero_extend(b.is_equal(others, b.imm(Type::i64, 0)), Type::i64));
}

void privileged(B& b) {
    b.fault(ExceptionVector::general_protection);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

std::uint64_t cpuid(GuestState& state, std::uint64_t leaf, std::uint64_t subleaf, std::uint64_t) {
    const auto answer = guest_cpuid(static_cast<std::uint32_t>(leaf), static_cast<std::uint32_t>(subleaf));
    state[Gpr::rax] = answer.eax;
    state[Gpr::rbx] = answer.ebx;
    state[Gpr::rcx] = answer.ecx;
    state[Gpr::rdx] = answer.edx;
    return 0;
}

std::uint64_t fault_unless(GuestState& state, std::uint64_t holds, std::uint64_t, std::uint64_t) {
    if (holds == 0) state.raise({.vector = ExceptionVector::general_protection});
    return 0;
}

std::uint64_t general_protection(GuestState& state, std::uint64_t error_code, std::uint64_t, std::uint64_t) {
    state.raise({.vector = ExceptionVector::general_protection, .error_code = static_cast<std::uint32_t>(error_code)});
    return 0;
}

std::uint64_t timestamp(GuestState&, std::uint64_t, std::uint64_t, std::uint64_t) {
    return host::timestamp();
}

std::uint64_t processor_id(GuestState&, std::uint64_t, std::uint64_t, std::uint64_t) {
    constexpr unsigned node_shift = 12;  // Linux asm/segment.h, VDSO_CPUNODE_BITS
    unsigned processor = 0;
    unsigned node = 0;
    getcpu(&processor, &node);
    return processor | (node << node_shift);
}

std::uint64_t random_number(GuestState&, std::uint64_t, std::uint64_t, std::uint64_t) {
    std::uint64_t number = 0;
    while (getrandom(&number, sizeof number, 0) != sizeof number) {
    }
    return number;
}

}  // namespace lxr::helpers
