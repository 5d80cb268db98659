// What the optimiser is asked and what it answers. Both travel as bytes without pointers, since the optimiser is another
// process. Names no LLVM.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lifter/evaluator.h"
#include "lifter/guest_state.h"
#include "lifter/support/address.h"

namespace lxr::optimizing {

/// A call that a region follows has a frame of its own: blocks of the callee that nobody else comes to, so that their return
/// has one place to go to. The region's own blocks are in the first frame.
using FrameNumber = std::uint32_t;
inline constexpr FrameNumber first_frame = 0;

/// One guest block of a region: so many instructions of the bytes. In each frame there is one for an address at most.
struct RegionBlock {
    GuestAddress begin;
    std::uint32_t instructions = 0;
    std::vector<std::byte> bytes;
    FrameNumber frame = first_frame;
    /// Where its last instruction was seen to go, if that is an indirect jump or call or a return: the most frequent first.
    std::vector<GuestAddress> targets = {};
    /// Where the call at its end leads to, if there is one: a new frame, or that of a function which is active already. As many
    /// as `targets`, or one if the call's target is known.
    std::vector<FrameNumber> callees = {};
};

struct RegionRequest {
    /// Where the region is entered; one of the blocks of the first frame begins there.
    GuestAddress entry;
    /// The state is exact whenever a guest access may fault. Else it is so at exits only.
    bool precise = true;
    /// No guest access is merged with another or reordered, because other threads or processes may see them.
    bool ordered = true;
    /// The answer shall show the stages in words.
    bool show_stages = false;
    std::vector<RegionBlock> blocks;
};

/// What the optimiser does for a region, one after the other.
enum class Stage : std::uint8_t {
    lower,     // from the guest's bytes to LLVM IR
    optimize,  // LLVM's passes
    generate,  // to an object file
    link       // to one piece of code
};
inline constexpr std::array<std::string_view, 4> stage_names = {"lower", "optimize", "generate", "link"};
/// Nanoseconds by Stage.
using StageTimes = std::array<std::uint64_t, stage_names.size()>;

struct RegionAnswer {
    /// Why there is no code; empty if there is.
    std::string refusal;
    /// Position-independent; its beginning wants an alignment of `code_alignment`.
    std::vector<std::byte> code;
    std::uint32_t entry_offset = 0;
    // If asked for: LLVM IR before and after the passes, and assembly.
    std::string lifted;
    std::string optimized;
    std::string assembly;
    /// CPU time that the optimiser has used since the answer before.
    std::uint64_t cpu_ns = 0;
    /// The part of it that each stage took; what is shown of stages is in none.
    StageTimes stage_ns{};
};

inline constexpr std::size_t code_alignment = 64;

std::vector<std::byte> encode(const RegionRequest& request);
std::vector<std::byte> encode(const RegionAnswer& answer);
/// @return false if the bytes are no such message.
bool decode(std::span<const std::byte> bytes, RegionRequest& request);
bool decode(std::span<const std::byte> bytes, RegionAnswer& answer);

/// Why a region returns. GuestState::rip and the state are set; the flags may be lazy (GuestState::lazy_flags).
enum class RegionExit : std::uint8_t {
    look_up,        // goes on at rip
    returned,       // the same, by a return of the guest's
    syscall,        // as LeaveReason::syscall
    syscall_int80,  // as LeaveReason::syscall_int80
    fault,          // the exception whose vector is in the second byte, with error code 0
    helper_fault    // GuestState::pending_fault
};
constexpr std::uint64_t exit_word(RegionExit exit, unsigned vector = 0) {
    return static_cast<std::uint64_t>(exit) | std::uint64_t{vector} << 8;
}

/// In the bits from here on a region counts how often it went to its entry's block by a way back, or to another copy of that in
/// a recursion, which is what the baseline counts too.
inline constexpr unsigned exit_word_rounds_bit = 16;
constexpr std::uint64_t rounds_of(std::uint64_t exit_word) {
    return exit_word >> exit_word_rounds_bit;
}

/// Calls a helper by its number (lifter/helpers.h).
using HelperCaller = std::uint64_t (*)(GuestState* state, std::uint64_t helper, std::uint64_t a, std::uint64_t b,
                                       std::uint64_t c);
/// A region's code. The guest's MXCSR is installed, with all exceptions masked. @return an exit_word.
using RegionFunction = std::uint64_t (*)(GuestState* state, HelperCaller call_helper);

// The face of the optimiser's process.
inline constexpr const char* optimizer_file = "lxr-optimizer";
/// Its end of the socket, and all that it has open at first.
inline constexpr int optimizer_socket = 0;
/// A compilation takes some 10 to 100 ms; one that takes so long is given up, and the process with it.
inline constexpr std::chrono::seconds longest_compilation{10};
/// What the process says first. It changes with the messages and with GuestState.
std::vector<std::byte> greeting();

}  // namespace lxr::optimizing
