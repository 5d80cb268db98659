// What a test compares: the processor's state as plain data, how a run ended, and one batch of them. The batch lies in memory
// that the native child shares, so everything here is trivially copyable.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "lifter/guest_state.h"
#include "tools/difftest/arena.h"

namespace lxr::difftest {

/// Registers, all of them that are compared. `rflags` holds the status and user control flags only.
struct MachineState {
    std::array<std::uint64_t, 16> gpr{};
    std::uint64_t rip = 0;
    std::uint64_t rflags = 0;
    std::uint64_t fs_base = 0;
    std::uint64_t gs_base = 0;
    std::array<std::uint16_t, 6> selectors = GuestState{}.selectors;
    std::uint32_t mxcsr = 0x1f80;
    std::array<std::array<std::uint64_t, 4>, 16> ymm{};
    X87State x87{};

    [[nodiscard]] std::uint64_t& operator[](Gpr reg) { return gpr[static_cast<std::size_t>(reg)]; }
    [[nodiscard]] std::uint64_t operator[](Gpr reg) const { return gpr[static_cast<std::size_t>(reg)]; }
};

/// IRET to user mode makes 0 of null selectors with an RPL, whenever the kernel returns from an interrupt: they are not
/// compared.
void clear_rpl_of_null(std::array<std::uint16_t, 6>& selectors);

enum class Ending : std::uint8_t {
    none,     // never ran
    landed,   // went on to code outside of the tested bytes: `rip` says where
    fault,    // `fault` says which
    syscall,  // a system call was made
    endless   // was stopped
};

struct Fault {
    std::uint32_t vector = 0;
    std::uint32_t error_code = 0;
    std::uint64_t address = 0;  // #PF only
    bool operator==(const Fault&) const = default;
};

/// Bytes written into the data before a run.
struct Poke {
    std::uint64_t address = 0;
    std::uint32_t size_bytes = 0;
    std::array<std::byte, 64> bytes{};
};

struct Test {
    MachineState before;
    std::array<Poke, 5> pokes;
    std::uint32_t poke_count = 0;
};

struct Outcome {
    MachineState after;
    Ending ending = Ending::none;
    Fault fault;
    std::array<std::byte, arena::data_size_bytes> memory;
};

enum class Turn : std::uint32_t { idle, native, done };

/// One encoding (the bytes lie in the arena's code) and the states that it is run from.
struct Batch {
    static constexpr std::size_t capacity = 64;

    std::atomic<std::uint32_t> turn = 0;  // a Turn; futex word
    std::atomic<std::uint32_t> progress = 0;
    std::uint32_t count = 0;
    std::uint64_t entry = 0;
    std::uint64_t end = 0;
    std::array<std::byte, arena::data_size_bytes> memory;  // before pokes
    std::array<Test, capacity> tests;
    std::array<Outcome, capacity> native;
};
static_assert(std::is_trivially_copyable_v<Test> && std::is_trivially_copyable_v<Outcome>);

// -- names, for reports and cases
inline constexpr std::array<std::string_view, 16> gpr_names = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                                               "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

struct FlagName {
    std::uint32_t bit;
    std::string_view name;
};
inline constexpr std::array flag_names = {FlagName{rflags::cf, "cf"}, FlagName{rflags::pf, "pf"}, FlagName{rflags::af, "af"},
                                          FlagName{rflags::zf, "zf"}, FlagName{rflags::sf, "sf"}, FlagName{rflags::of, "of"},
                                          FlagName{rflags::df, "df"}, FlagName{rflags::tf, "tf"}, FlagName{rflags::nt, "nt"},
                                          FlagName{rflags::ac, "ac"}, FlagName{rflags::id, "id"}};

/// rflags bits that are compared.
inline constexpr std::uint32_t compared_flags = rflags::status | rflags::user_control;

/// Writes a test's pokes into the data. Used on both sides.
void apply_pokes(const Test& test);

/// How the run ended, with the vector if by a fault.
std::string ending_name(const Outcome& outcome);

/// The names of what differs ("rax", "cf", "memory", …), separated by blanks; empty if nothing does. Flags in
/// `undefined_flags` are left out.
std::string differences(const Outcome& native, const Outcome& lxr, std::uint32_t undefined_flags);

/// The state before and both outcomes side by side, with `*` at differences.
std::string side_by_side(const Test& test, const Outcome& native, const Outcome& lxr, std::uint32_t undefined_flags);

}  // namespace lxr::difftest
