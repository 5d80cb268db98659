// What every tier gains from: registers read once, and no operation whose result nobody sees. Whatever a fault may show stays:
// the state at each operation that can fault is the same as before.
#include <array>
#include <bit>
#include <vector>

#include "lifter/guest_state.h"
#include "lifter/ir.h"

namespace lxr::ir {

namespace {

bool uses_slot(const OpcodeRow& row, unsigned operand) {
    return row.operands > operand && (operand == 0 || row.shape != Shape::wide);
}

template <typename Visit>
void for_each_operand(Operation& operation, Visit visit) {
    const auto& row = opcode_row(operation.opcode);
    if (uses_slot(row, 0)) visit(operation.a);
    if (uses_slot(row, 1)) visit(operation.b);
    if (uses_slot(row, 2)) visit(operation.c);
}

/// Renames the results of reads of general-purpose registers to the value that is known to be there.
class RegisterForwarding {
public:
    explicit RegisterForwarding(Block& block) : block_(block), renamed_(block.slots) {
        for (std::size_t slot = 0; slot < renamed_.size(); ++slot) renamed_[slot] = static_cast<std::uint16_t>(slot);
    }

    void run() {
        for (auto& operation : block_.operations) {
            for_each_operand(operation, [&](std::uint16_t& slot) {
                if (slot != no_slot) slot = renamed_[slot];
            });
            visit(operation);
        }
    }

private:
    void visit(const Operation& operation) {
        switch (operation.opcode) {
            case Opcode::get_register:
                return read(operation);
            case Opcode::set_register:
                return written(operation);
            case Opcode::set_high_byte:
                known_[operation.aux] = {};
                return;
            case Opcode::call_helper:
                known_.fill({});
                return;  // may read and write any register
            default:
                return;
        }
    }

    void read(const Operation& operation) {
        auto& known = known_[operation.aux];
        if (known.type == operation.type) {
            renamed_[operation.result] = known.slot;
        } else if (!known.exists()) {
            known = {operation.result, operation.type};
        }
    }

    void written(const Operation& operation) {
        const bool whole = operation.type == Type::i64 || operation.type == Type::i32;
        known_[operation.aux] = whole ? Value{operation.a, operation.type} : Value{};
    }

    Block& block_;
    std::vector<std::uint16_t> renamed_;
    std::array<Value, 16> known_{};
};

/// Walks backwards and marks what is needed.
class DeadOperations {
public:
    explicit DeadOperations(Block& block) : block_(block), used_(block.slots), kept_(block.operations.size()) {}

    void run() {
        for (std::size_t index = block_.operations.size(); index-- > 0;) {
            auto& operation = block_.operations[index];
            kept_[index] = needed(operation);
            if (!kept_[index]) continue;
            for_each_operand(operation, [&](std::uint16_t& slot) {
                if (slot != no_slot) used_[slot] = true;
            });
            update_flags(operation);
        }
        std::size_t index = 0;
        std::erase_if(block_.operations, [&](const Operation&) { return !kept_[index++]; });
    }

private:
    bool needed(const Operation& operation) const {
        const auto effect = opcode_row(operation.opcode).effect;
        if (effect == Effect::pure || effect == Effect::reads) {
            for (unsigned word = 0; word < slot_count(result_type(operation.opcode, operation.type)); ++word) {
                if (used_[operation.result + word]) return true;
            }
            return false;
        }
        return !sets_all_flags(operation) || flags_wanted_;
    }

    /// Flags operations after which no earlier flag is visible.
    static bool sets_all_flags(const Operation& operation) {
        switch (operation.opcode) {
            case Opcode::flags_add:
            case Opcode::flags_adc:
            case Opcode::flags_sub:
            case Opcode::flags_sbb:
            case Opcode::flags_logic:
                return true;
            case Opcode::put_flags:
                return static_cast<std::uint32_t>(operation.immediate) == rflags::status;
            default:
                return false;
        }
    }

    void update_flags(const Operation& operation) {
        if (sets_all_flags(operation)) {
            flags_wanted_ = false;
            return;
        }
        switch (opcode_row(operation.opcode).effect) {
            case Effect::pure:
                return;
            case Effect::reads:
                flags_wanted_ |= operation.opcode == Opcode::condition || operation.opcode == Opcode::get_flags;
                return;
            case Effect::writes: {
                const bool innocent = operation.opcode == Opcode::instruction || operation.opcode == Opcode::set_register ||
                                      operation.opcode == Opcode::set_high_byte || operation.opcode == Opcode::set_vector ||
                                      operation.opcode == Opcode::set_vector_clear;
                if (!innocent) flags_wanted_ = true;
                return;
            }
            default:
                flags_wanted_ = true;  // may fault or leave: the flags are seen
        }
    }

    Block& block_;
    std::vector<bool> used_;
    std::vector<bool> kept_;
    bool flags_wanted_ = true;  // after the block, by whoever comes next
};

}  // namespace

void simplify(Block& block) {
    RegisterForwarding(block).run();
    DeadOperations(block).run();
}

}  // namespace lxr::ir
