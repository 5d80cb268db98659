// Whether anybody can see the flags with which a block is entered. Called by the block emitter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/encoding.h"
#include "lifter/support/address.h"

namespace lxr::host {

/// What instructions from the beginning of a block on do with the flags that they find.
class FlagUse {
public:
    void see(const Encoding& encoding);
    /// True if all status flags are overwritten after instructions that neither look at them nor can fault: a signal frame is
    /// then the only place where another value could be seen, of a signal that has arrived in between.
    [[nodiscard]] bool dead() const { return state_ == State::dead; }
    [[nodiscard]] bool known() const { return state_ != State::unknown; }

private:
    enum class State : std::uint8_t { unknown, dead, alive };
    State state_ = State::unknown;
};

/// A short look ahead.
bool flags_are_dead_at(std::span<const std::byte> code, GuestAddress address);

}  // namespace lxr::host
