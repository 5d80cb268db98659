// The guest's state as --check compares it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "lifter/guest_state.h"

namespace lxr::check {

/// What instructions see and change; without the x87 unit's pointers, which host and interpreter keep in different width.
struct ComparedState {
    std::array<std::uint64_t, 16> gpr{};
    std::uint64_t rip = 0;
    std::uint64_t fs_base = 0;
    std::uint64_t gs_base = 0;
    std::array<std::uint16_t, 6> selectors{};
    std::uint32_t status_flags = 0;
    std::uint32_t control_flags = 0;
    std::uint32_t mxcsr = 0;
    std::array<VectorRegister, 32> vector{};
    X87State x87{};

    /// The state must be canonical.
    static ComparedState of(const GuestState& state);
    void put_back(GuestState& state) const;
};

/// A line for each register in which one of the states differs from another, with * where the last two differ.
/// @param undefined_flags  status flags that are not compared.
/// @return empty if the last two agree.
std::string difference(const ComparedState& before, const ComparedState& interpreter, const ComparedState& baseline,
                       std::uint32_t undefined_flags);

}  // namespace lxr::check
