// Where the kernel would put things in a new address space of the guest's size: Linux arch/x86/mm/mmap.c and fs/binfmt_elf.c,
// with the window's end for TASK_SIZE.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtime/address_space.h"

namespace lxr {

struct AddressLayout {
    std::uint64_t stack_end;                 // page-aligned
    std::uint64_t stack_skip_bytes;          // left unused between the strings and the vectors (arch_align_stack)
    std::uint64_t placement_top;             // mmap_base
    std::uint64_t program_base;              // of an ET_DYN program that has an interpreter
    std::uint64_t free_break_base;           // of the heap of an ET_DYN program that has none
    std::uint64_t break_offset;              // between a program's end and its heap
    std::array<std::byte, 16> random_bytes;  // AT_RANDOM
};

/// Random as natively: not under ADDR_NO_RANDOMIZE (personality(2)) or kernel.randomize_va_space = 0.
/// @param stack_limit_bytes  the guest's soft RLIMIT_STACK.
AddressLayout choose_layout(GuestWindow window, std::uint64_t stack_limit_bytes);

}  // namespace lxr
