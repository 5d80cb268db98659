// What the files of x87 semantics share when they record instructions.
#pragma once

#include "lifter/semantics/x87_unit.h"

namespace lxr::semantics {

/// An instruction that computes on the top of the stack.
struct X87Function {
    host::X87Operation operation{};
    unsigned inputs = 1;                        // ST(0), or ST(0) and ST(1)
    bool pops = false;                          // the result goes to ST(1), then ST(0) is popped
    bool pushes = false;                        // a second result is pushed
    std::uint16_t conditions = x87_status::c1;  // condition codes that it sets
};
void x87_function(InstructionBuilder& b, const X87Function& function);

/// The format of the memory operand of an arithmetic or comparing instruction.
X87Format x87_memory_format(const InstructionBuilder& b);
/// The operation's row for operands of that format.
host::X87Operation x87_with_format(host::X87Operation operation, X87Format format);

}  // namespace lxr::semantics
