// Host threads for guest threads: their stacks, made and freed. Called by process_creation.cpp.
#pragma once

#include <cstddef>
#include <functional>

#include "lifter/support/result.h"

namespace lxr {

/// A stack for host code: a private mapping with a guard page below it, freed at destruction.
class HostStack {
public:
    /// Errors: EAGAIN, as clone(2) says when memory is short.
    static Result<HostStack> make();
    HostStack(HostStack&& other) noexcept;
    HostStack& operator=(HostStack&& other) noexcept;
    ~HostStack();

    [[nodiscard]] std::byte* begin() const { return memory_; }
    [[nodiscard]] std::byte* end() const;
    [[nodiscard]] std::size_t size_bytes() const;

private:
    explicit HostStack(std::byte* memory) : memory_(memory) {}
    std::byte* memory_;  // null when moved from
};

/// Starts a detached host thread with its own stack and libc state. The caller has every signal blocked, and so has the
/// thread. Its stack is freed when it has gone from the kernel, at a later start.
Result<void> start_host_thread(std::function<void()> body);

/// In the child of a fork: the other host threads do not exist there.
void forget_host_threads();

}  // namespace lxr
