// Segment selectors of a 64-bit Linux process: all that its segment registers ever hold. Used by what loads and stores them.
#pragma once

#include <cstdint>

namespace lxr::semantics {

inline constexpr std::uint64_t user_code_selector = 0x33;   // Linux asm/segment.h, __USER_CS
inline constexpr std::uint64_t user_stack_selector = 0x2b;  // Linux asm/segment.h, __USER_DS
/// The requested privilege level, which does not matter where a selector is loaded.
inline constexpr std::uint64_t selector_rpl = 3;

}  // namespace lxr::semantics
