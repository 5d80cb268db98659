// Operations that move lanes: between places, widths and kinds of values. Almost all are shuffles with a mask known here.
#include <llvm/IR/IRBuilder.h>

#include "jit/optimizing/values.h"

namespace lxr::optimizing {

namespace {

class Lowering {
public:
    Lowering(Values& values, const ir::Operation& operation)
        : v_(values),
          b_(values.builder),
          o_(operation),
          bits_(ir::size_bits(operation.type)),
          lane_(lane_bits_of(operation)),
          lanes_(bits_ / lane_),
          part_(std::min(bits_, 128U) / lane_) {}

    llvm::Value* run() {
        auto* result = make();
        return result == nullptr ? nullptr : v_.plain(result);
    }

private:
    llvm::Value* a() { return v_.lanes(o_.a, o_.type, lane_); }
    llvm::Value* b() { return v_.lanes(o_.b == ir::no_slot ? o_.a : o_.b, o_.type, lane_); }
    [[nodiscard]] unsigned immediate() const { return static_cast<unsigned>(o_.immediate); }

    /// choose(i): for lane i of a part, the lane of the part of a, those of b following.
    template <typename Choose>
    llvm::Value* shuffle_parts(llvm::Value* first, llvm::Value* second, Choose choose) {
        llvm::SmallVector<int, 32> mask;
        for (unsigned i = 0; i < lanes_; ++i) {
            const unsigned from = choose(i % part_);
            const unsigned base = i / part_ * part_;
            mask.push_back(static_cast<int>(from < part_ ? base + from : lanes_ + base + from - part_));
        }
        return b_.CreateShuffleVector(first, second, mask);
    }
    llvm::Value* permute() {
        return shuffle_parts(a(), b(), [&](unsigned i) {
            const auto selector = i < 8 ? immediate() >> (4 * i) & 15U : 0;
            return selector < part_ ? selector : part_ + selector % part_;
        });
    }
    llvm::Value* interleave(unsigned from) {
        return shuffle_parts(a(), b(), [&](unsigned i) { return from + i / 2 + (i % 2) * part_; });
    }

    /// These count bytes, whatever the operation's lane.
    void use_bytes() {
        lane_ = 8;
        lanes_ = bits_ / lane_;
        part_ = std::min(bits_, 128U) / lane_;
    }
    /// Bytes i + shift of each part of (zero : second : first), a negative shift moving upwards.
    llvm::Value* slide(llvm::Value* low, llvm::Value* high, unsigned by) {
        return shuffle_parts(low, high, [&](unsigned i) { return i + by; });
    }
    llvm::Value* align_right() {
        use_bytes();
        auto* zero = llvm::Constant::getNullValue(a()->getType());
        if (immediate() >= 2 * part_) return zero;
        return immediate() <= part_ ? slide(b(), a(), immediate()) : slide(a(), zero, immediate() - part_);
    }
    llvm::Value* shift_bytes_right() {
        use_bytes();
        return slide(a(), llvm::Constant::getNullValue(a()->getType()), std::min(immediate(), part_));
    }
    llvm::Value* shift_bytes_left() {
        use_bytes();
        return slide(llvm::Constant::getNullValue(a()->getType()), a(), part_ - std::min(immediate(), part_));
    }

    llvm::Value* widen(bool with_sign) {
        const auto to = ir::size_bits(static_cast<ir::Type>(o_.aux));
        auto* type = llvm::FixedVectorType::get(b_.getIntNTy(to), bits_ / to);
        auto* low = v_.lanes(v_.get(o_.a, std::max(bits_ / to * lane_, 8U)), lane_);
        return with_sign ? b_.CreateSExt(low, type) : b_.CreateZExt(low, type);
    }
    llvm::Value* move_mask() {
        const auto lane = ir::size_bits(static_cast<ir::Type>(o_.aux));
        auto* source = v_.lanes(o_.a, o_.lane, lane);
        auto* signs = b_.CreateICmpSLT(source, llvm::Constant::getNullValue(source->getType()));
        auto* mask = b_.CreateBitCast(signs, b_.getIntNTy(ir::size_bits(o_.lane) / lane));
        return b_.CreateZExt(mask, b_.getInt32Ty());
    }
    llvm::Value* insert_lane() { return b_.CreateInsertElement(a(), v_.get(o_.b, lane_), std::uint64_t{immediate()}); }
    /// `lane` is the vector's type here, and the operation's own that of the result.
    llvm::Value* extract_lane() { return b_.CreateExtractElement(v_.lanes(o_.a, o_.lane, bits_), std::uint64_t{o_.aux}); }
    llvm::Value* extract_part() {
        const int first = o_.immediate & 1 ? 2 : 0;
        return b_.CreateShuffleVector(v_.get(o_.a, 256), {first, first + 1});
    }
    llvm::Value* insert_part() {
        auto* part = v_.resize(v_.get(o_.b, 128), 256);
        auto* whole = v_.get(o_.a, 256);
        return o_.immediate & 1 ? b_.CreateShuffleVector(whole, part, {0, 1, 4, 5})
                                : b_.CreateShuffleVector(whole, part, {4, 5, 2, 3});
    }
    llvm::Value* broadcast() { return b_.CreateVectorSplat(lanes_, v_.get(o_.a, lane_)); }
    llvm::Value* resize() { return v_.resize(v_.get(o_.a, ir::size_bits(o_.lane)), bits_); }

    llvm::Value* make() {
        using ir::Opcode;
        switch (o_.opcode) {
                // clang-format off
            case Opcode::resize:            return resize();
            case Opcode::insert_lane:       return insert_lane();
            case Opcode::extract_lane:      return extract_lane();
            case Opcode::insert_part:       return insert_part();
            case Opcode::extract_part:      return extract_part();
            case Opcode::broadcast:         return broadcast();
            case Opcode::permute:           return permute();
            case Opcode::interleave_low:    return interleave(0);
            case Opcode::interleave_high:   return interleave(part_ / 2);
            case Opcode::align_right:       return align_right();
            case Opcode::shift_bytes_left:  return shift_bytes_left();
            case Opcode::shift_bytes_right: return shift_bytes_right();
            case Opcode::widen_signed:      return widen(true);
            case Opcode::widen_unsigned:    return widen(false);
            case Opcode::move_mask:         return move_mask();
            default:                        return nullptr;
                // clang-format on
        }
    }

    Values& v_;
    llvm::IRBuilder<>& b_;
    const ir::Operation& o_;
    unsigned bits_;   // of the result
    unsigned lane_;   // of a lane
    unsigned lanes_;  // how many
    unsigned part_;   // lanes of each 128 bits (all of an MMX register)
};

}  // namespace

llvm::Value* lower_shape(Values& values, const ir::Operation& operation) {
    if (operation.type == ir::Type::v512 || operation.type == ir::Type::none) return nullptr;
    return Lowering(values, operation).run();
}

}  // namespace lxr::optimizing
