// What instructions with an MMX register do to the x87 state, and EMMS (SDM Vol. 1, "MMX Instructions"). The instructions on
// packed integers are in sse2_integer.cpp and its neighbours: one function serves MMX and XMM registers.
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

void set_top_and_valid(B& b, std::uint8_t valid) {
    b.set_state(offsetof(GuestState, x87.top), b.imm(Type::i8, 0));
    b.set_state(offsetof(GuestState, x87.valid), b.imm(Type::i8, valid));
}

}  // namespace

void begin_mmx(B& b) {
    b.helper(Helper::x87_wait);
}

void enter_mmx(B& b) {
    set_top_and_valid(b, 0xff);
}

void empty_mmx_state(B& b) {
    begin_mmx(b);
    set_top_and_valid(b, 0);
}

}  // namespace lxr::semantics
