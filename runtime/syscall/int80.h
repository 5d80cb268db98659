// INT 0x80 from 64-bit code: the kernel's 32-bit system call table. Called by Process::syscall_int80.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/syscall/syscall.h"

namespace lxr {

/// Makes the 32-bit system call `number` with EBX, ECX, EDX, ESI, EDI, EBP (Linux arch/x86/entry, do_int80_emulation).
/// Only calls whose arguments mean the same to both tables are there (int80.inc); others give ENOSYS.
SyscallResult perform_int80(GuestThread& thread, std::uint32_t number, const std::array<std::uint32_t, 6>& registers);

}  // namespace lxr
