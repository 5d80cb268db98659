// From a path to what must be loaded: follows '#!' lines, opens and checks the program and its ELF interpreter, by the rules of
// execve(2). Called by run_program, and by the guest's execve for its errors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/loader/elf.h"
#include "runtime/loader/load_failure.h"
#include "runtime/proc/descriptor.h"

namespace lxr {

/// One ELF file that will be mapped.
struct ElfToLoad {
    std::string path;  // as named, for messages
    Descriptor file;
    ElfFile elf;
};

struct ProgramRequest {
    /// As execve(2) takes it; for a program that is already open, what the guest calls it ("/dev/fd/N").
    std::string path;
    /// argv, argv[0] included.
    std::vector<std::string> arguments;
    /// RuntimeOptions::sysroot.
    std::string sysroot;
    /// Read instead of opening `path`; closed with the program.
    std::optional<int> descriptor;
};

struct Program {
    ElfToLoad image;
    std::optional<ElfToLoad> interpreter;
    /// The guest's argv: for a script, with its interpreters in front.
    std::vector<std::string> arguments;
    /// What AT_EXECFN and comm come from: the path that was asked for, also for a script.
    std::string requested_path;
    /// /proc/self/exe: absolute and without symbolic links; empty if the host does not say.
    std::string executable_path;
    /// The file asks for another user's or group's rights, which lxr does not have to give.
    bool wants_privileges = false;
};

/// Everything that can be known before the old program is gone.
LoadResult<Program> resolve_program(ProgramRequest request);

}  // namespace lxr
