// What the guest's processor holds. Every tier and the runtime share this layout; offsets are part of the convention of
// translated code.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lifter/guest_fault.h"
#include "lifter/support/address.h"

namespace lxr {

/// General-purpose registers in the order of their encoding (SDM Vol. 2A, "Instruction Format").
enum class Gpr : std::uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

/// Segment registers in the order of their encoding.
enum class Segment : std::uint8_t { es, cs, ss, ds, fs, gs };

/// Bits of RFLAGS (SDM Vol. 1, "EFLAGS Register").
namespace rflags {
inline constexpr std::uint32_t cf = 1U << 0;
inline constexpr std::uint32_t fixed = 1U << 1;
inline constexpr std::uint32_t pf = 1U << 2;
inline constexpr std::uint32_t af = 1U << 4;
inline constexpr std::uint32_t zf = 1U << 6;
inline constexpr std::uint32_t sf = 1U << 7;
inline constexpr std::uint32_t tf = 1U << 8;
inline constexpr std::uint32_t interrupts = 1U << 9;  // IF: always 1 in user mode
inline constexpr std::uint32_t df = 1U << 10;
inline constexpr std::uint32_t of = 1U << 11;
inline constexpr std::uint32_t nt = 1U << 14;
inline constexpr std::uint32_t rf = 1U << 16;
inline constexpr std::uint32_t ac = 1U << 18;
inline constexpr std::uint32_t id = 1U << 21;
inline constexpr std::uint32_t status = cf | pf | af | zf | sf | of;
/// What POPF may change in user mode besides the status flags (IOPL and IF stay).
inline constexpr std::uint32_t user_control = tf | df | nt | ac | id;
}  // namespace rflags

/// The selectors that a 64-bit Linux process has in CS and SS (Linux asm/segment.h, __USER_CS and __USER_DS).
inline constexpr std::uint16_t user_code_selector = 0x33;
inline constexpr std::uint16_t user_stack_selector = 0x2b;

/// 512 bits of a vector register; XMM and YMM are its low parts.
struct alignas(64) VectorRegister {
    std::array<std::uint64_t, 8> words;
};

/// An 80-bit x87 register: 64-bit significand, then sign and exponent.
struct alignas(16) X87Register {
    std::uint64_t significand;
    std::uint16_t sign_exponent;
};

/// x87 state (SDM Vol. 1, "x87 FPU Execution Environment"). `registers` is indexed by physical register (R0–R7); ST(i) is
/// registers[(top + i) & 7]. MMX register i is registers[i].significand.
struct X87State {
    std::array<X87Register, 8> registers;
    std::uint16_t control;  // FCW
    std::uint16_t status;   // FSW without TOP
    std::uint8_t top;       // TOP, 0–7
    std::uint8_t valid;     // bit i: physical register i is not empty (FXSAVE's abridged tag word)
    std::uint16_t opcode;   // FOP
    std::uint64_t instruction_pointer;
    std::uint64_t data_pointer;
    std::uint16_t data_selector;  // of the segment that the last memory operand was in (FDS)
};

/// The bits of MXCSR that the guest's processor has: Intel's (SDM Vol. 1, "MXCSR Control and Status Register").
inline constexpr std::uint32_t mxcsr_mask = 0xffff;

/// The evaluator's lazy status flags: which family of operation set them last, and its operands. Private to the
/// interpreter while it runs; `kind == 0` means that GuestState::status_flags holds them. Canonical state has kind 0.
struct LazyFlags {
    std::uint64_t a;
    std::uint64_t b;
    std::uint64_t c;
    std::uint32_t kind;
};

/// What translated code keeps beside the guest's state; see jit/baseline/. Private to the engine.
struct TranslatedCodeArea {
    static constexpr std::size_t jump_entries = 1U << 13;
    static constexpr std::size_t second_jump_entries = 1U << 12;

    std::uint64_t entry;                   // where the entry stub jumps to
    std::uint64_t leave;                   // address of the leave stub
    std::uint64_t evaluate;                // address of the stub that evaluates an instruction
    std::uint64_t use_x87;                 // called before x87 instructions: loads the host's x87 registers, or nothing
    std::uint64_t exit;                    // which exit was taken: a BaselineExit
    std::uint64_t return_stack;            // the host's stack pointer in translated code: see jit/baseline/return_stack.h
    std::array<std::uint64_t, 4> spilled;  // host registers lent to an instruction
    bool wide_vectors;                     // the host has 256-bit registers: the stubs move them whole
    std::uint64_t flags;                   // RFLAGS of the guest while code from the IR uses the host's
    std::uint64_t frame;                   // address of this thread's EvaluationFrame
    std::uint64_t host_stack;              // lxr's own stack pointer while translated code runs
    std::uint64_t overwritten;             // what was where the last indirect call has pushed its return address
    std::uint32_t transfer;                // low bits of the host address where the last transfer to `rip` was made
    std::uint64_t transfer_exit;           // the exit for transfers that find no code
    std::uint64_t transfer_miss;           // address of the stub that takes it
    std::uint64_t jump_index_mask;         // the bits of a guest address that choose its entry in `jump_table`
    std::uint64_t second_jump_index_mask;  // and in the second table
    std::array<std::uint64_t, jump_entries> jump_table;  // see jit/baseline/jump_table.h
    std::array<std::uint64_t, second_jump_entries> second_jump_table;
    std::array<std::uint64_t, second_jump_entries> second_jump_keys;
    std::uint64_t make_system_call;  // address of the stub that makes a system call
    std::uint64_t run_region;        // address of the stub that runs a region of the optimising tier
    std::uint64_t after_region;      // where code goes on that has called it
};

/// GuestState::attention: who asks. The runtime clears its bit in Services::attention; the engine clears its own.
inline constexpr std::uint32_t attention_runtime = 1U << 0;
inline constexpr std::uint32_t attention_engine = 1U << 1;

/// The guest's processor state of one thread. Owned by the thread; other threads and signal handlers touch only
/// `attention`. Canonical (everything current) at every block boundary and in every call of `Services`.
struct GuestState {
    std::array<std::uint64_t, 16> gpr{};
    std::uint64_t rip = 0;
    std::uint64_t fs_base = 0;
    std::uint64_t gs_base = 0;
    std::uint32_t status_flags = 0;   // CF PF AF ZF SF OF, at their places in RFLAGS
    std::uint32_t control_flags = 0;  // TF DF NT AC ID, at their places in RFLAGS
    std::uint32_t mxcsr = 0x1f80;
    /// Non-zero asks the thread to look up from guest code at the next block boundary. Written with release order by
    /// signal handlers and other threads, read by translated code (relaxed; the slow path re-reads with acquire).
    std::atomic<std::uint32_t> attention = 0;
    LazyFlags lazy_flags{};
    std::array<VectorRegister, 32> vector{};
    std::array<std::uint64_t, 8> mask{};  // k0–k7 (AVX-512; not advertised yet)
    X87State x87{.registers = {},
                 .control = 0x37f,
                 .status = 0,
                 .top = 0,
                 .valid = 0,
                 .opcode = 0,
                 .instruction_pointer = 0,
                 .data_pointer = 0,
                 .data_selector = 0};
    TranslatedCodeArea translated;            // filled by the engine when it makes the thread
    std::array<VectorRegister, 4> scratch{};  // vector operands and results of helpers

    /// A fault that a helper found; the block leaves after the helper if `fault_pending` is set.
    GuestFault pending_fault{};
    bool fault_pending = false;

    /// Selectors of ES CS SS DS FS GS. Those of CS and SS never change.
    std::array<std::uint16_t, 6> selectors = {0, user_code_selector, user_stack_selector, 0, 0, 0};

    [[nodiscard]] std::uint16_t& selector(Segment segment) { return selectors[static_cast<std::size_t>(segment)]; }
    /// Of FS or GS, as the kernel does it: the selector becomes null (Linux arch/x86/kernel/process_64.c, do_arch_prctl_64).
    void set_segment_base(Segment segment, std::uint64_t base) {
        (segment == Segment::fs ? fs_base : gs_base) = base;
        selector(segment) = 0;
    }

    void raise(const GuestFault& fault) {
        pending_fault = fault;
        fault_pending = true;
    }

    [[nodiscard]] std::uint64_t& operator[](Gpr reg) { return gpr[static_cast<std::size_t>(reg)]; }
    [[nodiscard]] std::uint64_t operator[](Gpr reg) const { return gpr[static_cast<std::size_t>(reg)]; }

    /// RFLAGS as the guest reads it (PUSHF, signal frames). Only valid when the state is canonical.
    [[nodiscard]] std::uint64_t rflags_image() const {
        return status_flags | control_flags | rflags::fixed | rflags::interrupts;
    }
    /// Sets what user mode may set of RFLAGS; the rest is ignored, as by POPF.
    void set_rflags_image(std::uint64_t image) {
        status_flags = static_cast<std::uint32_t>(image) & rflags::status;
        control_flags = static_cast<std::uint32_t>(image) & rflags::user_control;
        lazy_flags.kind = 0;
    }
};

}  // namespace lxr
