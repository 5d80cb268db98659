// execve(2): the guest's next program starts under a new lxr in the same process. Called by the system calls in
// runtime/syscall/processes.cpp.
#pragma once

#include <string>
#include <vector>

#include "runtime/guest_thread.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

/// The arguments of execveat(2); execve's are a special case.
struct ExecveRequest {
    int directory;  // AT_FDCWD or a descriptor
    GuestAddress path;
    GuestAddress arguments;    // argv of the guest
    GuestAddress environment;  // envp of the guest
    int flags;                 // AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
};

/// What must live until the new program runs: the host's argument vector and lxr's own words in it.
struct ExecveImage {
    std::string path;
    std::vector<std::string> words;
    std::vector<const char*> arguments;
};

/// Starts the program. @return only if it fails, with the kernel's errno for the guest's program; or `restart`.
SyscallResult execute_program(GuestThread& thread, const ExecveRequest& request);

}  // namespace lxr
