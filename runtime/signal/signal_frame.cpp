// The signal frame of x86-64 Linux (Linux arch/x86/include/asm/sigframe.h, struct rt_sigframe).
#include "runtime/signal/signal_frame.h"

#include <array>
#include <cstddef>
#include <optional>

#include "lifter/support/log.h"
#include "runtime/guest_memory.h"
#include "runtime/signal/thread_signals.h"
#include "runtime/signal/xsave_image.h"

namespace lxr {

namespace {

// Linux uapi asm/ucontext.h
constexpr std::uint64_t uc_fp_xstate = 1;
constexpr std::uint64_t uc_sigcontext_ss = 2;
constexpr std::uint64_t uc_strict_restore_ss = 4;

constexpr std::uint64_t sa_restorer = 0x04000000;
constexpr std::uint64_t red_zone_bytes = 128;  // psABI 3.2.2 The Stack Frame
constexpr std::uint64_t frame_alignment = 16;
constexpr std::uint64_t xsave_alignment = 64;
constexpr std::uint16_t user_cs_32 = 0x23;

/// Linux uapi asm/sigcontext.h, struct sigcontext.
struct SignalContext {
    std::uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    std::uint16_t cs, gs, fs, ss;
    std::uint64_t error_code, trap_number, old_mask, cr2, extended_state;
    std::array<std::uint64_t, 8> reserved;
};
static_assert(sizeof(SignalContext) == 256);

struct KernelStack {  // stack_t
    std::uint64_t begin;
    std::uint32_t flags;
    std::uint32_t padding;
    std::uint64_t size_bytes;
};

struct SignalFrame {
    std::uint64_t restorer;
    std::uint64_t uc_flags;
    std::uint64_t uc_link;
    KernelStack uc_stack;
    SignalContext context;
    SignalSet uc_sigmask;
    siginfo_t info;
};
static_assert(sizeof(SignalFrame) == 440);

struct Place {
    Gpr reg;
    std::uint64_t SignalContext::* field;
};

constexpr std::array<Place, 16> register_places = {{
    {Gpr::r8, &SignalContext::r8},
    {Gpr::r9, &SignalContext::r9},
    {Gpr::r10, &SignalContext::r10},
    {Gpr::r11, &SignalContext::r11},
    {Gpr::r12, &SignalContext::r12},
    {Gpr::r13, &SignalContext::r13},
    {Gpr::r14, &SignalContext::r14},
    {Gpr::r15, &SignalContext::r15},
    {Gpr::rdi, &SignalContext::rdi},
    {Gpr::rsi, &SignalContext::rsi},
    {Gpr::rbp, &SignalContext::rbp},
    {Gpr::rbx, &SignalContext::rbx},
    {Gpr::rdx, &SignalContext::rdx},
    {Gpr::rax, &SignalContext::rax},
    {Gpr::rcx, &SignalContext::rcx},
    {Gpr::rsp, &SignalContext::rsp},
}};

struct FramePlace {
    std::uint64_t frame;
    std::uint64_t extended_state;
};

constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t alignment) {
    return value & ~(alignment - 1);
}

/// Linux arch/x86/kernel/signal.c, get_sigframe. Nothing if the alternate stack would overflow.
std::optional<FramePlace> place_frame(const GuestThread& thread, const SignalAction& action) {
    const AlternateStack& alternate = thread.signals->alternate_stack;
    std::uint64_t sp = thread[Gpr::rsp];
    bool on_alternate = alternate.in_use(sp);
    sp -= red_zone_bytes;
    if ((action.flags & SA_ONSTACK) != 0 && alternate.status(sp) == 0) {
        sp = alternate.begin + alternate.size_bytes;
        on_alternate = true;
    }
    const std::uint64_t extended_state = round_down(sp - xsave_frame_size_bytes, xsave_alignment);
    const std::uint64_t frame = round_down(extended_state - sizeof(SignalFrame), frame_alignment) - 8;
    if (on_alternate && !alternate.contains(frame)) return std::nullopt;
    return FramePlace{.frame = frame, .extended_state = extended_state};
}

SignalContext save_context(const GuestThread& thread, SignalSet saved_mask, std::uint64_t extended_state) {
    const ThreadSignals& signals = *thread.signals;
    SignalContext context{};
    for (const Place& place : register_places) context.*place.field = thread[place.reg];
    context.rip = thread.rip;
    context.rflags = thread.rflags_image() | (signals.after_fault ? rflags::rf : 0);
    context.cs = user_code_selector;
    context.ss = user_stack_selector;
    context.error_code = signals.trap_error_code;
    context.trap_number = signals.trap_number;
    context.old_mask = saved_mask;
    context.cr2 = signals.trap_address;
    context.extended_state = extended_state;
    return context;
}

bool write_extended_state(const GuestThread& thread, std::uint64_t address) {
    const XsaveImage image = save_xsave_image(thread);
    return copy_to_guest(GuestAddress(address), &image, sizeof image) &&
           copy_to_guest(GuestAddress(address) + sizeof image, &xsave_magic2, sizeof xsave_magic2);
}

void enter_handler(GuestThread& thread, const SignalAction& action, int signal, std::uint64_t frame) {
    thread[Gpr::rdi] = static_cast<std::uint64_t>(signal);
    thread[Gpr::rax] = 0;
    thread[Gpr::rsi] = frame + offsetof(SignalFrame, info);
    thread[Gpr::rdx] = frame + offsetof(SignalFrame, uc_flags);
    thread[Gpr::rsp] = frame;
    thread.rip = action.handler;
    thread.control_flags &= ~(rflags::df | rflags::tf);
    reset_extended_state(thread);
}

/// Which components a frame's image restores (Linux arch/x86/kernel/fpu/signal.c, check_xstate_in_sigframe); 0 with
/// `valid` false if the frame cannot be read.
struct FrameComponents {
    bool valid = true;
    bool legacy_only = false;
    std::uint64_t components = xfeature::offered;
};

FrameComponents components_of(const FxsaveArea& legacy, GuestAddress address) {
    constexpr std::size_t smallest = sizeof(FxsaveArea) + 64;  // with the XSAVE header
    const FrameComponents only_legacy{.valid = true, .legacy_only = true, .components = xfeature::x87 | xfeature::sse};
    const bool plausible = legacy.magic1 == xsave_magic1 && legacy.xsave_size_bytes >= smallest &&
                           legacy.xsave_size_bytes <= sizeof(XsaveImage) &&
                           legacy.xsave_size_bytes <= legacy.extended_size_bytes;
    if (!plausible) return only_legacy;
    const auto second_magic = read_guest<std::uint32_t>(address + legacy.xsave_size_bytes);
    if (!second_magic) return {.valid = false};
    if (*second_magic != xsave_magic2) return only_legacy;
    return {.components = legacy.extended_features & xfeature::offered};
}

bool read_extended_state(GuestThread& thread, GuestAddress address) {
    XsaveImage image{};
    if (!copy_from_guest(&image, address, sizeof image.legacy)) return false;
    const FrameComponents found = components_of(image.legacy, address);
    if (!found.valid) return false;
    if (found.legacy_only) {
        image.xstate_bv = found.components;  // FXRSTOR, and the rest becomes initial
    } else if (!copy_from_guest(&image.xstate_bv, address + sizeof image.legacy,
                                image.legacy.xsave_size_bytes - sizeof image.legacy)) {
        return false;
    }
    image.xstate_bv &= ~(xfeature::offered & ~found.components);
    return restore_xsave_image(thread, image, xfeature::offered);
}

void restore_context(GuestThread& thread, const SignalContext& context) {
    // NT and ID stay as they are (Linux arch/x86/kernel/signal.c, FIX_EFLAGS).
    constexpr std::uint64_t restored = rflags::status | rflags::ac | rflags::df | rflags::tf;
    for (const Place& place : register_places) thread[place.reg] = context.*place.field;
    thread.rip = context.rip;
    thread.set_rflags_image((thread.rflags_image() & ~restored) | (context.rflags & restored));
}

bool restore_registers(GuestThread& thread, const SignalContext& context) {
    restore_context(thread, context);
    if ((context.cs | 3) == user_cs_32) {
        log(LogCategory::signal, LogLevel::error,
            "a signal frame goes back to 32-bit code: not supported (add it in runtime/signal/signal_frame.cpp)");
    }
    if ((context.cs | 3) != user_code_selector) return false;
    if (context.extended_state != 0) return read_extended_state(thread, GuestAddress(context.extended_state));
    reset_extended_state(thread);
    return true;
}

void restore_alternate_stack(GuestThread& thread, const KernelStack& stack) {
    // Whatever is wrong with it is ignored (Linux kernel/signal.c, restore_altstack).
    (void)set_alternate_stack(*thread.signals, {.begin = stack.begin, .size_bytes = stack.size_bytes, .flags = stack.flags},
                              thread[Gpr::rsp]);
}

}  // namespace

std::size_t largest_signal_frame_bytes() {
    constexpr std::size_t unaligned = sizeof(SignalFrame) + frame_alignment - 1 + xsave_frame_size_bytes + xsave_alignment - 1;
    return (unaligned + frame_alignment - 1) / frame_alignment * frame_alignment;
}

bool push_signal_frame(GuestThread& thread, const SignalAction& action, const siginfo_t& info, SignalSet saved_mask) {
    ThreadSignals& signals = *thread.signals;
    const auto place = place_frame(thread, action);
    if (!place || !write_extended_state(thread, place->extended_state)) return false;
    if ((action.flags & sa_restorer) == 0) return false;
    const AlternateStack& alternate = signals.alternate_stack;
    const SignalFrame frame{.restorer = action.restorer,
                            .uc_flags = uc_fp_xstate | uc_sigcontext_ss | uc_strict_restore_ss,
                            .uc_link = 0,
                            .uc_stack = {alternate.begin, alternate.flags, 0, alternate.size_bytes},
                            .context = save_context(thread, saved_mask, place->extended_state),
                            .uc_sigmask = saved_mask,
                            .info = info};
    const bool with_info = (action.flags & SA_SIGINFO) != 0;
    if (!copy_to_guest(GuestAddress(place->frame), &frame, with_info ? sizeof frame : offsetof(SignalFrame, info)))
        return false;
    if ((alternate.flags & AlternateStack::autodisarm) != 0) signals.alternate_stack.disable();
    enter_handler(thread, action, info.si_signo, place->frame);
    return true;
}

PoppedFrame pop_signal_frame(GuestThread& thread) {
    // The handler's `ret` has taken the restorer's address off the stack. The siginfo is not looked at.
    SignalFrame frame;
    const GuestAddress address(thread[Gpr::rsp] - sizeof frame.restorer);
    if (!copy_from_guest(&frame, address, offsetof(SignalFrame, info))) return {.good = false, .mask = std::nullopt};
    const SignalSet mask = frame.uc_sigmask & ~unblockable_signals;
    if (!restore_registers(thread, frame.context)) return {.good = false, .mask = mask};
    restore_alternate_stack(thread, frame.uc_stack);
    return {.good = true, .mask = mask};
}

}  // namespace lxr
