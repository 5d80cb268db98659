// Host code from the IR of one guest instruction. Called by the block emitter for what is not copied.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "jit/host/x86_64/assembler.h"
#include "lifter/guest_state.h"
#include "lifter/ir.h"

namespace lxr::host {

/// What the code of an instruction does beside computing; the block emitter knows how.
class IrSurroundings {
public:
    virtual ~IrSurroundings() = default;
    /// The guest's RAX, RCX, RDX are in `spilled`, its flags in `flags` from here on, as they were before the instruction.
    virtual void note_registers_lent() = 0;
    /// Ends the block; all registers are the guest's again. The indirect target is in GuestState::rip.
    virtual void jump(GuestAddress target) = 0;
    virtual void jump_indirect() = 0;
    /// Has the whole instruction evaluated instead; all registers are the guest's again, and nothing has been changed.
    virtual void evaluate_instead() = 0;
};

/// Values are computed in RAX, RCX and RDX and kept in the thread's evaluation frame, whose address is in the scratch register
/// meanwhile. The guest's flags are in GuestState; other guest registers stay in their homes. Flags are computed for each
/// instruction, because the state is precise at each; ir::simplify has dropped those that the instruction itself overwrites.
class IrCode {
public:
    /// True if every operation of the instruction has host code here; the others are evaluated.
    static bool covers(const ir::Block& instruction);

    /// What stands before and behind instructions from the IR: lends the registers, and gives them back.
    static void enter(Assembler& assembler);
    static void leave(Assembler& assembler);

    IrCode(Assembler& assembler, IrSurroundings& surroundings, const ir::Block& instruction);
    /// Between `enter` and `leave`. @return false if the guest never goes on behind the instruction: everything is given back
    /// then.
    bool emit();

private:
    friend struct IrOperations;

    void leave() { leave(assembler_); }
    void emit_bails(bool falls_through);

    // ---- values
    [[nodiscard]] bool is_constant(std::uint16_t slot) const { return constants_[slot].has_value; }
    void fetch(Reg to, std::uint16_t slot);
    /// Operands a, b, c to RAX, RCX, RDX, as many as there are.
    void fetch_operands(const ir::Operation& operation);
    /// RAX is the operation's result.
    void define(const ir::Operation& operation);

    // ---- encoding; `bytes` is the operand size, and opcodes of two bytes begin with 0f
    void registers(unsigned opcode, unsigned reg, unsigned rm, unsigned bytes);
    void frame(unsigned opcode, unsigned reg, std::uint16_t slot, unsigned bytes);
    void state(unsigned opcode, unsigned reg, std::size_t offset, unsigned bytes);
    void at_address(unsigned opcode, unsigned reg, Reg base, unsigned bytes);
    void opcode_and_prefixes(unsigned opcode, unsigned reg, unsigned rm, unsigned bytes, bool rm_is_register);
    void clear_upper(Reg reg, unsigned bytes);
    /// The arithmetic flags of the last host instruction become the guest's, those in `mask`.
    void keep_flags(std::uint32_t mask);
    static void load_guest_flags(Assembler& assembler);
    std::size_t jump_short(unsigned opcode);
    void land(std::size_t jump);

    static constexpr std::size_t flags_offset = offsetof(GuestState, translated.flags);

    struct Constant {
        bool has_value = false;
        std::uint64_t value = 0;
    };

    Assembler& assembler_;
    IrSurroundings& surroundings_;
    const ir::Block& instruction_;
    std::size_t index_ = 0;  // of the operation that is being emitted
    std::vector<Constant> constants_;
    std::vector<std::uint32_t> last_use_;  // index of the operation; by slot
    std::uint16_t held_ = ir::no_slot;     // the slot whose value is in RAX
    std::vector<std::size_t> bails_;       // jumps to be led to evaluate_instead
};

}  // namespace lxr::host
