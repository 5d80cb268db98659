// The x87 state is loaded when translated code first wants it after having been entered, and put away when it leaves.
#include "jit/baseline/x87_use.h"

#include "jit/engine_thread.h"
#include "jit/host/x87_registers.h"

namespace lxr::baseline {

void put_away_x87(EngineThread& thread) {
    auto& x87 = thread.state.x87;
    if (!host::x87_is_loaded(thread.state)) return;
    host::store_x87(thread.state);
    const auto* instruction = thread.baseline->x87_instruction_at(static_cast<std::uint32_t>(x87.instruction_pointer));
    if (instruction == nullptr) return;  // the pointer is the guest's own, or the unit has none
    x87.instruction_pointer = instruction->address.value();
    if (x87.opcode != 0) x87.opcode = instruction->opcode;  // some processors do not keep it
}

/// Called by the stub that translated code calls before x87 instructions. The state is canonical but for rip.
extern "C" void lxr_use_x87(std::uint64_t rip) {
    auto& thread = *current_engine_thread();
    thread.state.rip = rip;
    thread.in_translated = false;  // an interruption is looked for afterwards
    host::load_x87(thread.state);
    thread.in_translated = true;
}

}  // namespace lxr::baseline
