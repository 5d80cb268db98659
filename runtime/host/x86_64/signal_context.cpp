// The host's signal frame on x86-64. Called by runtime/signal/host_handler.cpp.
#include "runtime/host/signal_context.h"

#include <cstddef>

extern "C" const std::byte lxr_interruptible_call_begin;
extern "C" const std::byte lxr_interruptible_call_instruction;
extern "C" const std::byte lxr_interruptible_call_abort;

namespace lxr {

namespace {

std::uint64_t address_of(const std::byte& label) {
    return reinterpret_cast<std::uint64_t>(&label);
}

}  // namespace

std::uint64_t program_counter(const ucontext_t& context) {
    return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
}

void interrupt_system_call(ucontext_t& context) {
    const std::uint64_t pc = program_counter(context);
    if (pc < address_of(lxr_interruptible_call_begin) || pc > address_of(lxr_interruptible_call_instruction)) return;
    context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(address_of(lxr_interruptible_call_abort));
}

GuestFault fault_from_signal(const siginfo_t& info, const ucontext_t& context) {
    return {.vector = static_cast<ExceptionVector>(context.uc_mcontext.gregs[REG_TRAPNO]),
            .error_code = static_cast<std::uint32_t>(context.uc_mcontext.gregs[REG_ERR]),
            .address = guest_address(info.si_addr),
            .host_signal = info.si_signo,
            .host_code = info.si_code};
}

}  // namespace lxr
