// Loads a program into an empty guest address space. Called by run_program.
#pragma once

#include <string>
#include <vector>

#include "runtime/address_space.h"
#include "runtime/loader/program.h"

namespace lxr {

struct LoadedProgram {
    GuestAddress entry;  // the interpreter's, if there is one
    GuestAddress stack_pointer;
    GuestAddress vdso;       // 0 if it could not be mapped
    std::uint64_t bias = 0;  // of the program, added to the addresses in its file
};

/// Maps image, interpreter, vDSO, heap and stack. Closes the program's files.
/// @param stack_limit_bytes  the guest's soft RLIMIT_STACK.
LoadResult<LoadedProgram> load_program(AddressSpace& memory, Program program, const std::vector<std::string>& environment,
                                       std::uint64_t stack_limit_bytes);

}  // namespace lxr
