// Host return addresses of the guest's calls, so that the host's own prediction of returns works for the guest's. It is the
// host stack of translated code: a guest call is a host call, a guest return a host return, and where that arrives it is
// checked whether the guest meant to go there. See jit/host/x86_64/transfers.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lifter/support/address.h"

namespace lxr::baseline {

/// One per thread. What is in it is a guess at the guest's stack: it may be forgotten at any time.
class ReturnStack {
public:
    /// @param bottom_return  where a return goes when nothing is left; it must put that address back.
    explicit ReturnStack(std::uint64_t bottom_return);
    ~ReturnStack();
    ReturnStack(const ReturnStack&) = delete;
    ReturnStack& operator=(const ReturnStack&) = delete;

    /// The stack pointer of the empty stack.
    [[nodiscard]] std::uint64_t empty() const;
    /// True if a push that faults at this address has found the stack full.
    [[nodiscard]] bool is_full_at(GuestAddress fault_address) const;

private:
    std::byte* memory_;
};

}  // namespace lxr::baseline
