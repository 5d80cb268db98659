// The x87 FPU as its helpers see it: the register stack, exceptions and their responses (SDM Vol. 1, "x87 FPU Exceptions"), and
// how an instruction calls a helper. Used by the x87_*.cpp files.
#pragma once

#include <bit>
#include <cstdint>

#include "lifter/guest_state.h"
#include "lifter/host/x87_arithmetic.h"
#include "lifter/semantics/instruction_builder.h"

namespace lxr {

/// Bits of FSW; the exception flags are at the places of their masks in FCW (SDM Vol. 1, "x87 FPU Status Register").
namespace x87_status {
inline constexpr std::uint16_t invalid = 1U << 0;
inline constexpr std::uint16_t denormal = 1U << 1;
inline constexpr std::uint16_t zero_divide = 1U << 2;
inline constexpr std::uint16_t overflow = 1U << 3;
inline constexpr std::uint16_t underflow = 1U << 4;
inline constexpr std::uint16_t exceptions = 0x3f;
inline constexpr std::uint16_t stack_fault = 1U << 6;
inline constexpr std::uint16_t summary = 1U << 7;
inline constexpr std::uint16_t c0 = 1U << 8;
inline constexpr std::uint16_t c1 = 1U << 9;
inline constexpr std::uint16_t c2 = 1U << 10;
inline constexpr unsigned top_shift = 11;
inline constexpr std::uint16_t c3 = 1U << 14;
inline constexpr std::uint16_t busy = 1U << 15;
inline constexpr std::uint16_t conditions = c0 | c1 | c2 | c3;
/// Exceptions that, unmasked, stop an operation before it writes a register; one that writes memory stops at the others too.
inline constexpr std::uint16_t stops_register = invalid | denormal | zero_divide;
inline constexpr std::uint16_t stops_memory = stops_register | overflow | underflow;
}  // namespace x87_status

/// Where an operand is, in the order of the groups in lifter/host/x87_operations.inc.
enum class X87Format : std::uint8_t { reg, f32, f64, i16, i32, i64, bcd, f80 };

/// The first argument of every x87 helper: what the decoder knows about the instruction.
struct X87Call {
    host::X87Operation operation{};
    X87Format format = X87Format::reg;
    std::uint8_t destination = 0;  // ST(destination)
    std::uint8_t source = 0;       // ST(source)
    std::uint8_t pops = 0;
    std::uint8_t quiet = 0;    // an empty ST(0) is no fault
    std::uint16_t opcode = 0;  // FOP

    [[nodiscard]] std::uint64_t packed() const { return std::bit_cast<std::uint64_t>(*this); }
    static X87Call unpacked(std::uint64_t bits) { return std::bit_cast<X87Call>(bits); }
};
static_assert(sizeof(X87Call) == sizeof(std::uint64_t));

/// Bytes of a register in memory, as FSTP m80fp, FNSAVE and FXSAVE write it.
inline constexpr unsigned x87_register_bytes = 10;

/// The quiet NaN that stands for "no number" in masked responses.
inline constexpr X87Register x87_indefinite = {.significand = 0xc000'0000'0000'0000, .sign_exponent = 0xffff};

class X87Unit {
public:
    explicit X87Unit(GuestState& state) : state_(state), x87_(state.x87) {}

    /// A waiting instruction begins: a pending exception is raised now.
    /// @return false if so; the helper then returns at once.
    [[nodiscard]] bool wait();
    /// A waiting instruction other than control begins: as wait(), and notes where it stands.
    [[nodiscard]] bool begin(X87Call call);

    [[nodiscard]] bool is_empty(unsigned number) const { return (x87_.valid >> physical(number) & 1) == 0; }
    [[nodiscard]] const X87Register& st(unsigned number) const { return x87_.registers[physical(number)]; }
    void set(unsigned number, const X87Register& value);
    /// As set, but an empty register stays empty.
    void set_raw(unsigned number, const X87Register& value) { x87_.registers[physical(number)] = value; }
    void push(const X87Register& value);
    void pop(unsigned times);
    void free(unsigned number) { x87_.valid &= static_cast<std::uint8_t>(~(1U << physical(number))); }

    /// Condition codes in `which` become those of `values`.
    void set_conditions(std::uint16_t which, std::uint16_t values);
    /// Takes over the exception flags of `raised`, and the condition codes in `which`.
    /// @return true unless an unmasked exception in `stops` keeps the instruction from writing its result.
    bool raise(std::uint16_t raised, std::uint16_t which = x87_status::c1, std::uint16_t stops = x87_status::stops_register);
    /// Stack faults. @return true if the masked response is to be given.
    bool stack_underflow(std::uint16_t which = x87_status::c1) {
        return raise(x87_status::invalid | x87_status::stack_fault, which);
    }
    bool stack_overflow(std::uint16_t which = x87_status::c1) {
        return raise(x87_status::invalid | x87_status::stack_fault | x87_status::c1, which);
    }

    /// Sets ES and B as flags and masks have them.
    void summarize();
    void initialize();
    [[nodiscard]] std::uint16_t status_word() const;
    void set_status_word(std::uint16_t status);
    void set_control(std::uint16_t control);
    [[nodiscard]] std::uint16_t control() const { return x87_.control; }

    host::X87Outcome execute(host::X87Operation operation, const X87Register& a, const X87Register& b = {}) {
        return host::x87_execute(operation, {.control = x87_.control, .sticky = x87_.status}, a, b);
    }

private:
    [[nodiscard]] unsigned physical(unsigned number) const { return (x87_.top + number) & 7U; }

    GuestState& state_;
    X87State& x87_;
};

/// Calls an x87 helper with the instruction's call, completed with its opcode, and what goes along.
ir::Value x87_helper(InstructionBuilder& b, Helper helper, X87Call call, ir::Value second = {}, ir::Value third = {});
/// As InstructionBuilder::check_alignment, before a helper that stores; an exception that is pending comes first.
void x87_check_alignment(InstructionBuilder& b, ir::Value address, unsigned size_bytes);
/// Notes the address of a memory operand (FDP), after the helper.
void x87_note_data(InstructionBuilder& b, ir::Value address);
/// A memory operand of 16, 32 or 64 bits, zero-extended.
ir::Value x87_load_memory(InstructionBuilder& b, ir::Value address, unsigned bits);

}  // namespace lxr
