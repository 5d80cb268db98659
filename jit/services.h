// What translated code wants of the world. The engine knows no Linux: the runtime implements this class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/guest_fault.h"
#include "lifter/guest_state.h"
#include "lifter/support/address.h"

namespace lxr {

/// Guest bytes that may be executed, as the engine may read them now.
struct CodeBytes {
    /// From the asked address on; empty if it is not executable. Ends where executability ends, or earlier.
    std::span<const std::byte> bytes;
    /// True if the bytes can change without an invalidation reaching the engine (the page is writable by the guest, or
    /// shared): a translation must then compare them at each entry.
    bool may_change = false;
    /// For an empty `bytes`: what the guest gets.
    GuestFault fault{};
};

/// Called on the guest thread that runs, with canonical state; the state may be changed at will (rip included) and the
/// engine continues from what it finds. No call may throw.
class Services {
public:
    virtual ~Services() = default;

    /// SYSCALL was executed; rip is already behind it, rcx and r11 are set. Must leave the result in rax. To repeat the
    /// instruction later (restart), set rip back.
    virtual void syscall(GuestState& state) = 0;
    /// INT 0x80 from 64-bit code: the 32-bit system call table; rip is already behind it.
    virtual void syscall_int80(GuestState& state) = 0;
    /// The guest caused a fault; the state is the one that its signal handler must see.
    virtual void fault(GuestState& state, const GuestFault& fault) = 0;
    /// GuestState::attention was found set. Clears it, and delivers signals or does what else was asked.
    virtual void attention(GuestState& state) = 0;
    /// The executable bytes at `address`.
    virtual CodeBytes code_at(GuestAddress address) = 0;
    /// As code_at, for code that is going to be translated and kept: where it can, sees to it that each change reaches the
    /// engine by an invalidation.
    virtual CodeBytes code_to_keep(GuestAddress address) { return code_at(address); }
    /// A store of the guest met this page fault. @return true if only code_to_keep stood in its way: no longer, and what was
    /// made from the place is invalidated. The instruction is then to be executed again, before anything is translated.
    virtual bool let_write(const GuestFault& /*fault*/) { return false; }
    /// The engine has made a host thread: libc may have taken signals for itself, which are the guest's.
    virtual void host_thread_made() {}
    /// True when the thread shall leave `Engine::run`.
    virtual bool thread_should_exit(const GuestState& state) = 0;
};

}  // namespace lxr
