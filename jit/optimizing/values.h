// The values of the block that is being lowered. Scalars are held as integers of their width (v64 too), vectors as lanes of 64
// bits; an operation looks at them through the lanes that it wants. RSP, RBP, and what lies at a constant distance from them
// are held as pointers, so that LLVM sees which accesses to the stack are to the same place, and which are not.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <vector>

#include "lifter/ir.h"

namespace lxr::optimizing {

class Values {
public:
    explicit Values(llvm::IRBuilder<>& the_builder) : builder(the_builder) {}

    llvm::IRBuilder<>& builder;

    /// Forgets all: a block begins.
    void begin(std::size_t slots) { slots_.assign(slots, nullptr); }
    void set(std::uint16_t slot, llvm::Value* value) { slots_[slot] = value; }
    [[nodiscard]] llvm::Value* operator[](std::uint16_t slot) const { return slots_[slot]; }
    [[nodiscard]] bool is_stack_address(std::uint16_t slot) const {
        return slot != ir::no_slot && slots_[slot]->getType()->isPointerTy();
    }
    llvm::Value* pointer(std::uint16_t slot) {
        return is_stack_address(slot) ? slots_[slot] : builder.CreateIntToPtr(get(slot, 64), builder.getPtrTy());
    }

    /// The value cut or extended with zeros to so many bits (a power of two of 8 to 256).
    llvm::Value* get(std::uint16_t slot, unsigned bits);
    llvm::Value* resize(llvm::Value* value, unsigned bits);
    /// As held in a slot.
    llvm::Value* plain(llvm::Value* value);
    llvm::Type* plain_type(unsigned bits);

    /// The value as a vector of integer lanes, however many its width makes of them.
    llvm::Value* lanes(llvm::Value* value, unsigned lane_bits);
    llvm::Value* lanes(std::uint16_t slot, ir::Type type, unsigned lane_bits) {
        return lanes(get(slot, ir::size_bits(type)), lane_bits);
    }
    llvm::Value* constant(unsigned bits, std::uint64_t value) { return builder.getIntN(bits, value); }
    /// 1 or 0 as the IR's i8.
    llvm::Value* truth(llvm::Value* bit) { return builder.CreateZExt(bit, builder.getInt8Ty()); }
    llvm::Value* intrinsic(llvm::Intrinsic::ID id, llvm::ArrayRef<llvm::Type*> types, llvm::ArrayRef<llvm::Value*> arguments) {
        return builder.CreateIntrinsic(id, types, arguments);
    }

    static unsigned bits_of(const llvm::Value* value) {
        return static_cast<unsigned>(value->getType()->getPrimitiveSizeInBits().getFixedValue());
    }

private:
    std::vector<llvm::Value*> slots_;
};

/// Lane width of an operation: that of its lane type, or 64 where any would do (bitwise operations).
unsigned lane_bits_of(const ir::Operation& operation);

/// A stack address plus or minus a constant; null for operations that are nothing of the kind.
llvm::Value* lower_stack_address(Values& values, const ir::Operation& operation);

// Each lowers the pure operations of its file and returns the result as a slot holds it; null for operations that are not its
// own.
llvm::Value* lower_integer(Values& values, const ir::Operation& operation);
llvm::Value* lower_shape(Values& values, const ir::Operation& operation);

namespace host {

/// Integer and vector operations for which LLVM IR has no words but the host has an instruction.
llvm::Value* lower_special(Values& values, const ir::Operation& operation);
/// Floating point, by the very instructions.
llvm::Value* lower_float(Values& values, const ir::Operation& operation);

/// The integer, without LLVM knowing which it is.
llvm::Value* hide(Values& values, llvm::Value* value);

/// The host's division, which traps as the guest's does.
struct Division {
    llvm::Value* quotient;
    llvm::Value* remainder;
};
Division divide(Values& values, bool is_signed, llvm::Value* high, llvm::Value* low, llvm::Value* divisor);

}  // namespace host

}  // namespace lxr::optimizing
