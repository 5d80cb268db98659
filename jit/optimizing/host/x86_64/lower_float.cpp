// Floating point by the very instructions, as inline assembly: LLVM would swap operands (which NaN survives depends on their
// order) and drop what only leaves a sticky flag. Also what only the processor has an instruction for.
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/IntrinsicsX86.h>

#include <array>
#include <string>

#include "jit/optimizing/values.h"

namespace lxr::optimizing::host {

namespace {

/// Emits instructions whose operands are vector registers.
class Emitter {
public:
    explicit Emitter(Values& values) : v_(values), b_(values.builder) {}

    /// Integers of 32 and 64 bits as scalars in vector registers; wider values as they are.
    llvm::Value* in_vector_register(llvm::Value* value) {
        const auto bits = Values::bits_of(value);
        if (bits > 64) return value;
        return b_.CreateBitCast(value, bits == 32 ? b_.getFloatTy() : b_.getDoubleTy());
    }
    llvm::Type* register_type(unsigned bits) {
        if (bits > 64) return v_.plain_type(bits);
        return bits == 32 ? b_.getFloatTy() : b_.getDoubleTy();
    }

    /// The instruction has effects that nobody else sees (MXCSR): it is neither dropped nor moved past others of its kind, but
    /// memory is free to move around it.
    llvm::CallInst* assemble(llvm::Type* result, const std::string& text, const std::string& constraints,
                             llvm::ArrayRef<llvm::Value*> arguments) {
        llvm::SmallVector<llvm::Type*, 4> types;
        for (auto* argument : arguments) types.push_back(argument->getType());
        auto* type = llvm::FunctionType::get(result, types, false);
        auto* call = b_.CreateCall(llvm::InlineAsm::get(type, text, constraints, true), arguments);
        call->setDoesNotThrow();
        call->addFnAttr(llvm::Attribute::WillReturn);
        call->setMemoryEffects(llvm::MemoryEffects::inaccessibleMemOnly());
        return call;
    }

    llvm::Value* unary(const std::string& mnemonic, unsigned result_bits, llvm::Value* a) {
        return v_.plain(assemble(register_type(result_bits), mnemonic + " $1, $0", "=x,x", {in_vector_register(a)}));
    }
    /// destination, first, second; the VEX prefix of three bytes, since with that of two the assembler may swap them.
    llvm::Value* binary(const std::string& mnemonic, llvm::Value* a, llvm::Value* b) {
        auto* first = in_vector_register(a);
        return v_.plain(
            assemble(first->getType(), "{vex3} " + mnemonic + " $2, $1, $0", "=x,x,x", {first, in_vector_register(b)}));
    }

private:
    Values& v_;
    llvm::IRBuilder<>& b_;
};

/// "ss", "sd", "ps" or "pd".
std::string suffix(const ir::Operation& operation) {
    if (!ir::is_vector(operation.type)) return operation.type == ir::Type::f32 ? "ss" : "sd";
    return operation.lane == ir::Type::f32 ? "ps" : "pd";
}

class Lowering {
public:
    Lowering(Values& values, const ir::Operation& operation)
        : v_(values), b_(values.builder), o_(operation), emit_(values), bits_(ir::size_bits(operation.type)) {}

    llvm::Value* run() {
        using ir::Opcode;
        switch (o_.opcode) {
                // clang-format off
            case Opcode::float_add:                   return binary("vadd");
            case Opcode::float_sub:                   return binary("vsub");
            case Opcode::float_mul:                   return binary("vmul");
            case Opcode::float_div:                   return binary("vdiv");
            case Opcode::float_min:                   return binary("vmin");
            case Opcode::float_max:                   return binary("vmax");
            case Opcode::float_sub_add:               return binary("vaddsub");
            case Opcode::float_sqrt:                  return unary("vsqrt");
            case Opcode::float_reciprocal:            return unary("vrcp");
            case Opcode::float_reciprocal_sqrt:       return unary("vrsqrt");
            case Opcode::float_multiply_add:          return multiply_add();
            case Opcode::float_compare:               return with_predicate();
            case Opcode::float_compare_flags:         return compare_flags();
            case Opcode::float_round:                 return round();
            case Opcode::convert_from_integer:        return is_scalar() ? from_scalar_integer() : convert();
            case Opcode::convert_to_integer:          return is_scalar() ? to_scalar_integer("vcvt") : convert();
            case Opcode::convert_to_integer_truncate: return is_scalar() ? to_scalar_integer("vcvtt") : convert();
            case Opcode::convert_float:               return is_scalar() ? between_scalars() : convert();
            case Opcode::convert_from_half:           return from_half();
            case Opcode::convert_to_half:             return to_half();
            default:                                  return nullptr;
                // clang-format on
        }
    }

private:
    [[nodiscard]] bool is_scalar() const { return !ir::is_vector(o_.type); }
    llvm::Value* a() { return v_.get(o_.a, bits_); }
    llvm::Value* b() { return v_.get(o_.b, bits_); }
    llvm::Value* c() { return v_.get(o_.c, bits_); }
    [[nodiscard]] std::string number(unsigned modulo) const {
        return "$$" + std::to_string(static_cast<unsigned>(o_.immediate) % modulo);
    }

    llvm::Value* binary(const std::string& stem) { return emit_.binary(stem + suffix(o_), a(), b()); }
    /// Scalar forms take the rest of their destination from another operand, which nobody looks at.
    llvm::Value* unary(const std::string& stem) {
        return is_scalar() ? emit_.binary(stem + suffix(o_), a(), a()) : emit_.unary(stem + suffix(o_), bits_, a());
    }
    llvm::Value* ternary_text(const std::string& text, llvm::Value* first, llvm::Value* second) {
        auto* x = emit_.in_vector_register(first);
        return v_.plain(emit_.assemble(x->getType(), text, "=x,x,x", {x, emit_.in_vector_register(second)}));
    }
    /// a * b + c with the first operand multiplied by the third: where NaNs meet, the order matters.
    llvm::Value* multiply_add() {
        const bool negated = (o_.immediate & 1) != 0;
        const bool subtracts = (o_.immediate & 2) != 0;
        const bool alternates = (o_.immediate & 4) != 0;
        const std::string stem = alternates ? (subtracts ? "vfmsubadd132" : "vfmaddsub132")
                                            : std::string(negated ? "vfnm" : "vfm") + (subtracts ? "sub132" : "add132");
        auto* first = emit_.in_vector_register(a());
        return v_.plain(emit_.assemble(first->getType(), stem + suffix(o_) + " $2, $3, $0", "=x,0,x,x",
                                       {first, emit_.in_vector_register(b()), emit_.in_vector_register(c())}));
    }
    llvm::Value* with_predicate() { return ternary_text("vcmp" + suffix(o_) + " " + number(32) + ", $2, $1, $0", a(), b()); }
    llvm::Value* round() {
        const auto text = "vround" + suffix(o_) + " " + number(16);
        if (is_scalar()) return ternary_text(text + ", $2, $1, $0", a(), a());
        return v_.plain(emit_.assemble(v_.plain_type(bits_), text + ", $1, $0", "=x,x", {a()}));
    }
    llvm::Value* compare_flags() {
        // LAHF within the assembly: flags as results of inline assembly do not always survive LLVM's code generation.
        const auto text = std::string(o_.immediate == 1 ? "vcomi" : "vucomi") + suffix(o_) + " $2, $1\n\tlahf";
        auto* ax = emit_.assemble(b_.getInt16Ty(), text, "={ax},x,x,~{flags}",
                                  {emit_.in_vector_register(a()), emit_.in_vector_register(b())});
        constexpr std::uint64_t zf_pf_cf = 0x45;
        return b_.CreateAnd(b_.CreateZExt(b_.CreateLShr(ax, 8), b_.getInt64Ty()), zf_pf_cf);
    }

    // -- conversions of scalars
    llvm::Value* from_scalar_integer() {
        const auto source_bits = ir::size_bits(o_.lane);
        auto* zero = llvm::Constant::getNullValue(emit_.register_type(bits_));
        const auto text = std::string("vcvtsi2") + suffix(o_) + (source_bits == 64 ? "q" : "l") + " $2, $1, $0";
        return v_.plain(emit_.assemble(zero->getType(), text, "=x,x,r", {zero, v_.get(o_.a, source_bits)}));
    }
    llvm::Value* to_scalar_integer(const std::string& stem) {
        const auto source_bits = ir::size_bits(o_.lane);
        const auto text = stem + (source_bits == 32 ? "ss" : "sd") + "2si $1, $0";
        return emit_.assemble(v_.plain_type(bits_), text, "=r,x", {emit_.in_vector_register(v_.get(o_.a, source_bits))});
    }
    llvm::Value* between_scalars() {
        const auto source_bits = ir::size_bits(o_.lane);
        auto* zero = llvm::Constant::getNullValue(emit_.register_type(bits_));
        const std::string text = source_bits == 32 ? "vcvtss2sd $2, $1, $0" : "vcvtsd2ss $2, $1, $0";
        auto* source = emit_.in_vector_register(v_.get(o_.a, source_bits));
        return v_.plain(emit_.assemble(zero->getType(), text, "=x,x,x", {zero, source}));
    }

    // -- conversions of lanes
    struct ConversionRow {
        ir::Opcode opcode;
        ir::Type from;
        ir::Type to;
        const char* mnemonic;
    };
    static constexpr std::array conversions = {
        ConversionRow{ir::Opcode::convert_from_integer, ir::Type::i32, ir::Type::f32, "vcvtdq2ps"},
        ConversionRow{ir::Opcode::convert_from_integer, ir::Type::i32, ir::Type::f64, "vcvtdq2pd"},
        ConversionRow{ir::Opcode::convert_to_integer, ir::Type::f32, ir::Type::i32, "vcvtps2dq"},
        ConversionRow{ir::Opcode::convert_to_integer, ir::Type::f64, ir::Type::i32, "vcvtpd2dq"},
        ConversionRow{ir::Opcode::convert_to_integer_truncate, ir::Type::f32, ir::Type::i32, "vcvttps2dq"},
        ConversionRow{ir::Opcode::convert_to_integer_truncate, ir::Type::f64, ir::Type::i32, "vcvttpd2dq"},
        ConversionRow{ir::Opcode::convert_float, ir::Type::f64, ir::Type::f32, "vcvtpd2ps"},
        ConversionRow{ir::Opcode::convert_float, ir::Type::f32, ir::Type::f64, "vcvtps2pd"},
    };

    /// As many low lanes of a as the type has lanes. The instruction works on 128 bits or, on its wider side, 256.
    llvm::Value* convert() {
        const auto from = static_cast<ir::Type>(o_.aux);
        for (const auto& row : conversions) {
            if (row.opcode != o_.opcode || row.from != from || row.to != o_.lane) continue;
            const auto count = bits_ / ir::size_bits(row.to);
            const auto source_bits = count * ir::size_bits(row.from);
            auto* source = v_.get(o_.a, source_bits);
            auto* made = emit_.unary(row.mnemonic, std::max(bits_, 128U), v_.resize(source, std::max(source_bits, 128U)));
            return v_.resize(made, bits_);
        }
        return nullptr;
    }
    llvm::Value* from_half() { return emit_.unary("vcvtph2ps", bits_, v_.get(o_.a, 128)); }
    llvm::Value* to_half() {
        auto* source = v_.get(o_.a, 2 * bits_);
        auto* made = emit_.assemble(v_.plain_type(128), "vcvtps2ph " + number(8) + ", $1, $0", "=x,x", {source});
        return v_.resize(made, bits_);
    }

    Values& v_;
    llvm::IRBuilder<>& b_;
    const ir::Operation& o_;
    Emitter emit_;
    unsigned bits_;
};

}  // namespace

llvm::Value* lower_float(Values& values, const ir::Operation& operation) {
    return Lowering(values, operation).run();
}

llvm::Value* hide(Values& values, llvm::Value* value) {
    auto* type = llvm::FunctionType::get(value->getType(), {value->getType()}, false);
    auto* call = values.builder.CreateCall(llvm::InlineAsm::get(type, "", "=r,0", false), {value});
    call->setDoesNotThrow();
    call->setDoesNotAccessMemory();
    return call;
}

Division divide(Values& values, bool is_signed, llvm::Value* high, llvm::Value* low, llvm::Value* divisor) {
    auto& b = values.builder;
    Emitter emit(values);
    const auto bits = Values::bits_of(low);
    const std::string mnemonic = is_signed ? "idiv" : "div";
    if (bits == 8) {  // AX by a byte: quotient in AL, remainder in AH
        auto* word = b.getInt16Ty();
        auto* dividend = b.CreateOr(b.CreateShl(b.CreateZExt(high, word), 8), b.CreateZExt(low, word));
        auto* both = emit.assemble(word, mnemonic + "b $2", "={ax},{ax},q,~{flags}", {dividend, divisor});
        return {b.CreateTrunc(both, b.getInt8Ty()), b.CreateTrunc(b.CreateLShr(both, 8), b.getInt8Ty())};
    }
    const char* const size = bits == 16 ? "w" : bits == 32 ? "l" : "q";
    auto* pair = llvm::StructType::get(low->getType(), low->getType());
    auto* both = emit.assemble(pair, mnemonic + size + " $4", "={ax},={dx},{ax},{dx},r,~{flags}", {low, high, divisor});
    return {b.CreateExtractValue(both, 0), b.CreateExtractValue(both, 1)};
}

}  // namespace lxr::optimizing::host
