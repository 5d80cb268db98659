// The stack as a new program finds it: psABI 3.4.1 Initial Stack and Register State; Linux fs/binfmt_elf.c, create_elf_tables.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/address_space.h"
#include "runtime/loader/image.h"
#include "runtime/loader/layout.h"

namespace lxr {

struct StackRequest {
    const Program& program;
    const std::vector<std::string>& environment;
    const AddressLayout& layout;
    const LoadedImage& image;
    GuestAddress interpreter_base;  // what is added to the addresses in its file; 0 if there is none
    GuestAddress vdso;              // 0 if there is none
    std::uint64_t stack_limit_bytes;
};

/// Addresses of its parts, as prctl(2), PR_SET_MM names them.
struct InitialStack {
    GuestAddress pointer;  // rsp at the entry point
    GuestAddress argument_begin;
    GuestAddress argument_end;
    GuestAddress environment_begin;
    GuestAddress environment_end;
    GuestAddress auxiliary_vector;
    std::uint64_t auxiliary_vector_size_bytes;
};

/// Maps the stack, which then grows down by itself to the soft RLIMIT_STACK, and fills it.
LoadResult<InitialStack> make_initial_stack(AddressSpace& memory, const StackRequest& request);

}  // namespace lxr
