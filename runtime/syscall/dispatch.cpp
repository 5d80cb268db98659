// Every system call of the guest passes here: the table's row decides who answers. Called by the engine, as Process::syscall.
//
// From the host's SYSCALL to the engine there is one return: kernels that guard returns against speculation leave the
// processor without predictions for them, so that each function in between would cost some 7 ns, a twentieth of a short call.
#include <array>
#include <atomic>
#include <cerrno>

#include "lifter/support/log.h"
#include "runtime/host/system_call.h"
#include "runtime/process.h"
#include "runtime/signal/delivery.h"
#include "runtime/syscall/int80.h"
#include "runtime/syscall/output_buffers.h"
#include "runtime/syscall/strace.h"
#include "runtime/syscall/syscall.h"
#include "runtime/syscall/syscall_table.h"
#include "runtime/syscall/vdso_calls.h"

namespace lxr {

namespace {

constexpr std::uint64_t syscall_instruction_bytes = 2;  // of SYSCALL and of INT 0x80

SyscallArguments arguments_of(const GuestState& state) {
    return {{state[Gpr::rdi], state[Gpr::rsi], state[Gpr::rdx], state[Gpr::r10], state[Gpr::r8], state[Gpr::r9]}};
}

std::uint32_t low_half(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

std::array<std::uint32_t, 6> int80_arguments_of(const GuestState& state) {
    return {low_half(state[Gpr::rbx]), low_half(state[Gpr::rcx]), low_half(state[Gpr::rdx]),
            low_half(state[Gpr::rsi]), low_half(state[Gpr::rdi]), low_half(state[Gpr::rbp])};
}

void finish_syscall(GuestThread& thread, const SyscallResult& result) {
    switch (result.kind()) {
        case SyscallResult::Kind::value:
            thread[Gpr::rax] = static_cast<std::uint64_t>(result.value());
            break;
        case SyscallResult::Kind::restart:
            thread.rip -= syscall_instruction_bytes;
            break;
        case SyscallResult::Kind::no_result:
            break;
    }
    // As the kernel: what the call has let in is delivered before the next instruction.
    if (!thread.exiting && thread.attention.load(std::memory_order_acquire) != 0) deliver_signals(thread);
}

/// See pass_to_host.
[[gnu::always_inline]] inline SyscallResult call_host(GuestThread& thread, std::uint64_t number,
                                                      const SyscallArguments& arguments) {
    const auto* attention = reinterpret_cast<const volatile std::uint32_t*>(&thread.attention);
    const LxrInterruptibleResult result = lxr_interruptible_system_call(number, arguments.values.data(), attention);
    return result.interrupted != 0 ? SyscallResult::restart() : SyscallResult::raw(result.value);
}

/// Says so once for each call: a program that asks in a loop must not fill the log.
SyscallResult refuse_unsupported(std::uint64_t number, const SyscallRow& row) {
    constinit static std::array<std::atomic<bool>, 512> told{};
    if (!told[number % told.size()].exchange(true)) {
        log(LogCategory::syscall, LogLevel::warning, "{} is not supported: {} (runtime/syscall/syscalls.inc, row {})", row.name,
            row.reason, number);
    }
    return Errno{row.errno_value};
}

SyscallResult pass_alone(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments, Afterwards afterwards) {
    if (thread.borrows_memory) return pass_to_host(thread, number, arguments);  // lxr's thread and child are its parent's
    thread.process.engine.begin_alone();
    const SyscallResult result = pass_to_host(thread, number, arguments);
    const bool succeeded = result.kind() == SyscallResult::Kind::value && result.value() >= 0;
    thread.process.engine.end_alone(!succeeded || afterwards == Afterwards::compiles_on);
    return result;
}

[[gnu::always_inline]] inline SyscallResult answer(GuestThread& thread, std::uint64_t number, const SyscallRow& row,
                                                   const SyscallArguments& arguments) {
    switch (row.disposition) {
        case Disposition::handled:
            return row.handler(thread, arguments);
        case Disposition::passed:
            return call_host(thread, number, arguments);
        case Disposition::alone:
            return pass_alone(thread, number, arguments, row.afterwards);
        case Disposition::unsupported:
            return refuse_unsupported(number, row);
        case Disposition::refused:
        case Disposition::absent:
            return Errno{row.errno_value};
    }
    return Errno{ENOSYS};
}

SyscallResult perform_traced(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments) {
    StracedCall call(number, arguments);
    const SyscallResult result = answer(thread, number, syscall_row(number), arguments);
    call.finish(result);
    return result;
}

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free);

[[gnu::always_inline]] inline SyscallResult perform(GuestThread& thread, std::uint64_t number,
                                                    const SyscallArguments& arguments) {
    let_call_write(thread, number, arguments);
    while (true) {
        const SyscallResult result = thread.process.options.strace ? perform_traced(thread, number, arguments)
                                                                   : answer(thread, number, syscall_row(number), arguments);
        const bool refused = result.kind() == SyscallResult::Kind::value && result.value() == -EFAULT;
        // Another thread may have run code from the page meanwhile.
        if (!refused || !let_call_write(thread, number, arguments)) return result;
    }
}

}  // namespace

void Process::syscall(GuestState& state) {
    if (is_vdso_call(state[Gpr::rax])) return answer_vdso_call(state);
    GuestThread& thread = GuestThread::of(state);
    finish_syscall(thread, perform(thread, state[Gpr::rax], arguments_of(state)));
}

void Process::syscall_int80(GuestState& state) {
    GuestThread& thread = GuestThread::of(state);
    finish_syscall(thread, perform_int80(thread, low_half(state[Gpr::rax]), int80_arguments_of(state)));
}

SyscallResult perform_syscall(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments) {
    return perform(thread, number, arguments);
}

SyscallResult pass_to_host(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments) {
    return call_host(thread, number, arguments);
}

std::int64_t host_syscall(std::uint64_t number, std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                          std::uint64_t e, std::uint64_t f) {
    const std::array<std::uint64_t, 6> arguments = {a, b, c, d, e, f};
    return lxr_system_call(number, arguments.data());
}

}  // namespace lxr
