// Integer operations, of scalars and of lanes alike, and those that move lanes.
#include <llvm/IR/IRBuilder.h>

#include "jit/optimizing/values.h"

namespace lxr::optimizing {

using llvm::Intrinsic::ID;

llvm::Type* Values::plain_type(unsigned bits) {
    constexpr unsigned word_bits = 64;
    auto* word = llvm::IntegerType::get(builder.getContext(), std::min(bits, word_bits));
    if (bits <= word_bits) return word;
    return llvm::FixedVectorType::get(word, bits / word_bits);
}

llvm::Value* Values::plain(llvm::Value* value) {
    return builder.CreateBitCast(value, plain_type(bits_of(value)));
}

llvm::Value* Values::lanes(llvm::Value* value, unsigned lane_bits) {
    auto* lane = llvm::IntegerType::get(builder.getContext(), lane_bits);
    return builder.CreateBitCast(value, llvm::FixedVectorType::get(lane, bits_of(value) / lane_bits));
}

llvm::Value* Values::resize(llvm::Value* value, unsigned bits) {
    const auto from = bits_of(value);
    if (from == bits) return value;
    if (from <= 64 && bits <= 64) return builder.CreateZExtOrTrunc(value, plain_type(bits));
    if (from <= 64) {
        auto* zero = llvm::Constant::getNullValue(plain_type(bits));
        return builder.CreateInsertElement(zero, builder.CreateZExt(value, builder.getInt64Ty()), std::uint64_t{0});
    }
    if (bits <= 64) {
        return builder.CreateTrunc(builder.CreateExtractElement(value, std::uint64_t{0}), plain_type(bits));
    }
    llvm::SmallVector<int, 8> words;
    for (unsigned i = 0; i < bits / 64; ++i) words.push_back(static_cast<int>(std::min(i, from / 64)));
    return builder.CreateShuffleVector(value, llvm::Constant::getNullValue(value->getType()), words);
}

llvm::Value* Values::get(std::uint16_t slot, unsigned bits) {
    auto* value = slots_[slot];
    return resize(is_stack_address(slot) ? builder.CreatePtrToInt(value, builder.getInt64Ty()) : value, bits);
}

unsigned lane_bits_of(const ir::Operation& operation) {
    return operation.lane == ir::Type::none ? 64 : ir::size_bits(operation.lane);
}

namespace {

/// One operation's operands: scalars as they are, vectors as lanes.
class Lowering {
public:
    Lowering(Values& values, const ir::Operation& operation)
        : v_(values),
          b_(values.builder),
          o_(operation),
          is_vector_(ir::is_vector(operation.type)),
          bits_(is_vector_ ? lane_bits_of(operation) : ir::size_bits(operation.type)) {}

    llvm::Value* run() {
        auto* result = make();
        return result == nullptr ? nullptr : v_.plain(result);
    }

private:
    llvm::Value* operand(std::uint16_t slot) {
        return is_vector_ ? v_.lanes(slot, o_.type, bits_) : v_.get(slot, ir::size_bits(o_.type));
    }
    llvm::Value* a() { return operand(o_.a); }
    llvm::Value* b() { return operand(o_.b); }
    llvm::Value* number(std::uint64_t value) { return llvm::ConstantInt::get(a()->getType(), value); }

    llvm::Value* both(ID id) { return b_.CreateBinaryIntrinsic(id, a(), b()); }
    llvm::Value* one(ID id) { return b_.CreateUnaryIntrinsic(id, a()); }
    llvm::Value* mask(llvm::Value* bits) { return b_.CreateSExt(bits, a()->getType()); }

    /// A count for all lanes: a scalar of any width.
    llvm::Value* count() { return v_.get(o_.b, 64); }
    llvm::Value* spread(llvm::Value* scalar) {
        auto* narrow = b_.CreateZExtOrTrunc(scalar, a()->getType()->getScalarType());
        if (!is_vector_) return narrow;
        return b_.CreateVectorSplat(llvm::cast<llvm::FixedVectorType>(a()->getType())->getNumElements(), narrow);
    }
    llvm::Value* shift(llvm::Instruction::BinaryOps opcode) {
        auto* small = b_.CreateICmpULT(count(), b_.getInt64(bits_));
        auto* shifted = b_.CreateBinOp(opcode, a(), spread(b_.CreateAnd(count(), bits_ - 1)));
        return b_.CreateSelect(small, shifted, number(0));
    }
    llvm::Value* shift_arithmetic() {
        auto* most = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, count(), b_.getInt64(bits_ - 1));
        return b_.CreateAShr(a(), spread(most));
    }
    llvm::Value* shift_each(llvm::Instruction::BinaryOps opcode) {
        auto* small = b_.CreateICmpULT(b(), number(bits_));
        return b_.CreateSelect(small, b_.CreateBinOp(opcode, a(), b_.CreateAnd(b(), number(bits_ - 1))), number(0));
    }
    llvm::Value* rotate(ID id) { return b_.CreateIntrinsic(id, {a()->getType()}, {a(), a(), spread(count())}); }

    llvm::Value* multiply_high(bool is_signed) {
        auto* wide = a()->getType()->getExtendedType();
        const auto extend = [&](llvm::Value* value) {
            return is_signed ? b_.CreateSExt(value, wide) : b_.CreateZExt(value, wide);
        };
        return b_.CreateTrunc(b_.CreateLShr(b_.CreateMul(extend(a()), extend(b())), bits_), a()->getType());
    }
    llvm::Value* multiply_even(bool is_signed) {
        constexpr unsigned half = 32;
        const auto low = [&](std::uint16_t slot) -> llvm::Value* {
            auto* words = v_.lanes(slot, o_.type, 2 * half);
            if (!is_signed) return b_.CreateAnd(words, 0xffffffff);
            return b_.CreateAShr(b_.CreateShl(words, half), half);
        };
        return b_.CreateMul(low(o_.a), low(o_.b));
    }
    llvm::Value* average() {
        auto* wide = a()->getType()->getExtendedType();
        auto* sum = b_.CreateAdd(b_.CreateZExt(a(), wide), b_.CreateZExt(b(), wide));
        return b_.CreateTrunc(b_.CreateLShr(b_.CreateAdd(sum, llvm::ConstantInt::get(wide, 1)), 1), a()->getType());
    }
    llvm::Value* multiply_sign() {
        auto* positive = b_.CreateSelect(b_.CreateICmpEQ(b(), number(0)), number(0), a());
        return b_.CreateSelect(b_.CreateICmpSLT(b(), number(0)), b_.CreateNeg(a()), positive);
    }
    llvm::Value* absolute() { return b_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, a(), b_.getFalse()); }
    llvm::Value* blend() { return b_.CreateSelect(b_.CreateICmpSLT(operand(o_.c), number(0)), b(), a()); }
    llvm::Value* choose() {
        auto* chosen = b_.CreateICmpNE(v_.get(o_.a, 8), b_.getInt8(0));
        return b_.CreateSelect(chosen, v_.get(o_.b, bits_), v_.get(o_.c, bits_));
    }
    llvm::Value* address() {
        auto* type = v_.plain_type(bits_);
        llvm::Value* sum = nullptr;
        const auto add = [&](llvm::Value* term) { sum = sum == nullptr ? term : b_.CreateAdd(sum, term); };
        if (o_.a != ir::no_slot) add(v_.get(o_.a, bits_));
        if (o_.b != ir::no_slot) add(b_.CreateShl(v_.get(o_.b, bits_), o_.aux));
        add(llvm::ConstantInt::getSigned(type, o_.immediate));
        return sum;
    }
    llvm::Value* extend(bool with_sign) {
        auto* from = v_.get(o_.a, ir::size_bits(o_.lane));
        return with_sign ? b_.CreateSExt(from, v_.plain_type(bits_)) : b_.CreateZExt(from, v_.plain_type(bits_));
    }

    // Some exist only for scalars: a vector's type makes lowering of them meaningless, and the lifter makes none.
    llvm::Value* make() {
        using ir::Opcode;
        namespace I = llvm::Intrinsic;
        using Op = llvm::Instruction;
        switch (o_.opcode) {
                // clang-format off
            case Opcode::add:                         return b_.CreateAdd(a(), b());
            case Opcode::sub:                         return b_.CreateSub(a(), b());
            case Opcode::mul:                         return b_.CreateMul(a(), b());
            case Opcode::multiply_high_unsigned:      return multiply_high(false);
            case Opcode::multiply_high_signed:        return multiply_high(true);
            case Opcode::bit_and:                     return b_.CreateAnd(a(), b());
            case Opcode::bit_or:                      return b_.CreateOr(a(), b());
            case Opcode::bit_xor:                     return b_.CreateXor(a(), b());
            case Opcode::bit_and_not:                 return b_.CreateAnd(b_.CreateNot(a()), b());
            case Opcode::bit_not:                     return b_.CreateNot(a());
            case Opcode::negate:                      return b_.CreateNeg(a());
            case Opcode::shift_left:                  return shift(Op::Shl);
            case Opcode::shift_right:                 return shift(Op::LShr);
            case Opcode::shift_right_arithmetic:      return shift_arithmetic();
            case Opcode::shift_left_each:             return shift_each(Op::Shl);
            case Opcode::shift_right_each:            return shift_each(Op::LShr);
            case Opcode::shift_right_arithmetic_each: return b_.CreateAShr(a(), b_.CreateBinaryIntrinsic(I::umin, b(), number(bits_ - 1)));
            case Opcode::rotate_left:                 return rotate(I::fshl);
            case Opcode::rotate_right:                return rotate(I::fshr);
            case Opcode::zero_extend:                 return extend(false);
            case Opcode::sign_extend:                 return extend(true);
            case Opcode::truncate:                    return v_.get(o_.a, bits_);
            case Opcode::is_equal:                    return v_.truth(b_.CreateICmpEQ(a(), b()));
            case Opcode::is_less_unsigned:            return v_.truth(b_.CreateICmpULT(a(), b()));
            case Opcode::is_less_signed:              return v_.truth(b_.CreateICmpSLT(a(), b()));
            case Opcode::select:                      return choose();
            case Opcode::byte_swap:                   return one(I::bswap);
            case Opcode::count_leading_zeros:         return b_.CreateBinaryIntrinsic(I::ctlz, a(), b_.getFalse());
            case Opcode::count_trailing_zeros:        return b_.CreateBinaryIntrinsic(I::cttz, a(), b_.getFalse());
            case Opcode::population_count:            return one(I::ctpop);
            case Opcode::address:                     return address();
            case Opcode::add_saturate_signed:         return both(I::sadd_sat);
            case Opcode::add_saturate_unsigned:       return both(I::uadd_sat);
            case Opcode::sub_saturate_signed:         return both(I::ssub_sat);
            case Opcode::sub_saturate_unsigned:       return both(I::usub_sat);
            case Opcode::min_signed:                  return both(I::smin);
            case Opcode::max_signed:                  return both(I::smax);
            case Opcode::min_unsigned:                return both(I::umin);
            case Opcode::max_unsigned:                return both(I::umax);
            case Opcode::average_unsigned:            return average();
            case Opcode::absolute:                    return absolute();
            case Opcode::multiply_sign:               return multiply_sign();
            case Opcode::multiply_even_unsigned:      return multiply_even(false);
            case Opcode::multiply_even_signed:        return multiply_even(true);
            case Opcode::compare_equal:               return mask(b_.CreateICmpEQ(a(), b()));
            case Opcode::compare_greater_signed:      return mask(b_.CreateICmpSGT(a(), b()));
            case Opcode::blend:                       return blend();
            default:                                  return nullptr;
                // clang-format on
        }
    }

    Values& v_;
    llvm::IRBuilder<>& b_;
    const ir::Operation& o_;
    bool is_vector_;
    unsigned bits_;
};

}  // namespace

llvm::Value* lower_stack_address(Values& values, const ir::Operation& o) {
    if (o.type != ir::Type::i64 || !values.is_stack_address(o.a)) return nullptr;
    std::int64_t distance = o.immediate;
    if (o.opcode == ir::Opcode::add || o.opcode == ir::Opcode::sub) {
        const auto* const constant = llvm::dyn_cast<llvm::ConstantInt>(values[o.b]);
        if (constant == nullptr) return nullptr;
        distance = o.opcode == ir::Opcode::add ? constant->getSExtValue() : -constant->getSExtValue();
    } else if (o.opcode != ir::Opcode::address || o.b != ir::no_slot) {
        return nullptr;
    }
    auto& b = values.builder;
    return b.CreateGEP(b.getInt8Ty(), values[o.a], llvm::ConstantInt::getSigned(b.getInt64Ty(), distance));
}

llvm::Value* lower_integer(Values& values, const ir::Operation& operation) {
    if (ir::is_float(operation.type) || operation.type == ir::Type::v512) return nullptr;
    return Lowering(values, operation).run();
}

}  // namespace lxr::optimizing
