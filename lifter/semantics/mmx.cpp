// What every instruction with an MMX register does to the x87 state (SDM Vol. 1, "MMX Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

void enter_mmx(B& b) {
    b.set_state(offsetof(GuestState, x87.top), b.imm(Type::i8, 0));
    b.set_state(offsetof(GuestState, x87.valid), b.imm(Type::i8, 0xff));
}

}  // namespace lxr::semantics
