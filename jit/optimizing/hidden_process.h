// A process of lxr's that its guest does not see.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <memory>
#include <utility>

namespace lxr::optimizing {

/// A program that runs beside the guest. Neither wait(2) nor SIGCHLD tell of it: execve(2) makes each process one with an exit
/// signal, so there is another one in between, which executes nothing, shares lxr's memory, and waits for it. Only wait(2) with
/// __WALL or __WCLONE would show that one. Both have a session of their own. No signal but SIGKILL, SIGSTOP and SIGALRM
/// reaches the program. What it uses counts as the guest's children's once it was waited for.
class HiddenProcess {
public:
    /// @param socket  is all that the program has open, as descriptor 0. @return errno if there is no such process.
    static std::expected<HiddenProcess, int> start(const char* path, int socket);
    HiddenProcess(HiddenProcess&&) = default;
    HiddenProcess& operator=(HiddenProcess&&) = default;

    /// Ends both and waits for them. The program must not have ignored SIGALRM.
    void end();

private:
    struct Unmap {
        void operator()(std::byte* stack) const;
    };
    using Stack = std::unique_ptr<std::byte, Unmap>;
    HiddenProcess(pid_t parent, Stack stack) : parent_(parent), stack_(std::move(stack)) {}

    pid_t parent_;  // of the program; its process group is that of both
    Stack stack_;   // on which it began
};

}  // namespace lxr::optimizing
