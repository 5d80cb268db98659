// Each flag of each family as an expression (SDM Vol. 1, "Status Flags").
#include "jit/optimizing/flags.h"

#include "lifter/guest_state.h"

namespace lxr::optimizing {

namespace {

/// In the order of Flags::Flag.
constexpr std::array<std::uint32_t, 6> places = {0, 2, 4, 6, 7, 11};

}  // namespace

Flags::Flags(Values& values, llvm::Value* status) : v_(values), b_(values.builder) {
    const auto variable = [&](llvm::Type* type, llvm::Value* value) {
        auto* made = b_.CreateAlloca(type);
        b_.CreateStore(value, made);
        return made;
    };
    const Source at_entry{.kind = Source::Kind::image, .family = {}, .type = {}, .a = status};
    for (unsigned i = 0; i < count; ++i) flags_[i] = variable(b_.getInt1Ty(), flag_of(at_entry, static_cast<Flag>(i)));
    auto* zero = b_.getInt64(0);
    variables_ = {.kind = variable(b_.getInt32Ty(), b_.getInt32(0)),
                  .a = variable(b_.getInt64Ty(), zero),
                  .b = variable(b_.getInt64Ty(), zero),
                  .c = variable(b_.getInt64Ty(), zero),
                  .status = variable(b_.getInt32Ty(), status)};
}

llvm::Value* Flags::flag_of(const Source& source, Flag flag) {
    switch (source.kind) {
        case Source::Kind::variables:
            return b_.CreateLoad(b_.getInt1Ty(), flags_[flag]);
        case Source::Kind::image:
            return b_.CreateTrunc(b_.CreateLShr(source.a, places[flag]), b_.getInt1Ty());
        case Source::Kind::family:
            return family_flag(source, flag);
    }
    return nullptr;
}

llvm::Value* Flags::family_flag(const Source& source, Flag flag) {
    switch (source.family) {
        case FlagsFamily::add:
            return add_flag(source, flag);
        case FlagsFamily::sub:
            return sub_flag(source, flag);
        case FlagsFamily::logic:
            return flag == cf || flag == of || flag == af ? b_.getFalse() : result_flag(source.a, flag);
        case FlagsFamily::inc:
        case FlagsFamily::dec:
            return step_flag(source, flag);
        case FlagsFamily::shl:
        case FlagsFamily::shr:
        case FlagsFamily::sar:
            return shift_flag(source, flag);
    }
    return nullptr;
}

/// ZF, SF, PF.
llvm::Value* Flags::result_flag(llvm::Value* result, Flag flag) {
    auto* zero = llvm::Constant::getNullValue(result->getType());
    if (flag == zf) return b_.CreateICmpEQ(result, zero);
    if (flag == sf) return b_.CreateICmpSLT(result, zero);
    auto* ones = b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, b_.CreateTrunc(result, b_.getInt8Ty()));
    return b_.CreateNot(b_.CreateTrunc(ones, b_.getInt1Ty()));
}

namespace {

llvm::Value* bit_4(llvm::IRBuilder<>& b, llvm::Value* a, llvm::Value* other, llvm::Value* result) {
    auto* bits = b.CreateXor(b.CreateXor(a, other), result);
    return b.CreateTrunc(b.CreateLShr(bits, 4), b.getInt1Ty());
}

}  // namespace

llvm::Value* Flags::add_flag(const Source& s, Flag flag) {
    auto* zero = llvm::Constant::getNullValue(s.a->getType());
    auto* sum = b_.CreateAdd(s.a, s.b);
    auto* result = s.c == nullptr ? sum : b_.CreateAdd(sum, s.c);
    switch (flag) {
        case cf: {
            auto* carry = b_.CreateICmpULT(sum, s.a);
            return s.c == nullptr ? carry : b_.CreateOr(carry, b_.CreateICmpULT(result, sum));
        }
        case af:
            return bit_4(b_, s.a, s.b, result);
        case of:
            return b_.CreateICmpSLT(b_.CreateAnd(b_.CreateXor(s.a, result), b_.CreateXor(s.b, result)), zero);
        default:
            return result_flag(result, flag);
    }
}

llvm::Value* Flags::sub_flag(const Source& s, Flag flag) {
    auto* zero = llvm::Constant::getNullValue(s.a->getType());
    auto* difference = b_.CreateSub(s.a, s.b);
    auto* result = s.c == nullptr ? difference : b_.CreateSub(difference, s.c);
    switch (flag) {
        case cf: {
            auto* borrow = b_.CreateICmpULT(s.a, s.b);
            return s.c == nullptr ? borrow : b_.CreateOr(borrow, b_.CreateICmpULT(difference, s.c));
        }
        case af:
            return bit_4(b_, s.a, s.b, result);
        case zf:  // written so, LLVM needs no difference
            return s.c == nullptr ? b_.CreateICmpEQ(s.a, s.b) : result_flag(result, flag);
        case of:  // and SF != OF becomes a < b
            if (s.c == nullptr) return b_.CreateXor(b_.CreateICmpSLT(result, zero), b_.CreateICmpSLT(s.a, s.b));
            return b_.CreateICmpSLT(b_.CreateAnd(b_.CreateXor(s.a, s.b), b_.CreateXor(s.a, result)), zero);
        default:
            return result_flag(result, flag);
    }
}

/// INC and DEC: a is the result, c the old CF.
llvm::Value* Flags::step_flag(const Source& s, Flag flag) {
    const bool up = s.family == FlagsFamily::inc;
    const auto bits = Values::bits_of(s.a);
    const auto sign = std::uint64_t{1} << (bits - 1);
    switch (flag) {
        case cf:
            return b_.CreateTrunc(s.c, b_.getInt1Ty());
        case af:
            return b_.CreateICmpEQ(b_.CreateAnd(s.a, 0xf), v_.constant(bits, up ? 0 : 0xf));
        case of:
            return b_.CreateICmpEQ(s.a, v_.constant(bits, up ? sign : sign - 1));
        default:
            return result_flag(s.a, flag);
    }
}

/// a: the operand, b: the count, 1 to 31 or 63. OF is that of the last single shift.
llvm::Value* Flags::shift_flag(const Source& s, Flag flag) {
    if (flag == af) return b_.getFalse();
    auto* type = s.a->getType();
    const auto bits = Values::bits_of(s.a);
    auto* word = b_.getInt64Ty();
    const bool is_signed = s.family == FlagsFamily::sar;
    auto* wide = is_signed ? b_.CreateSExt(s.a, word) : b_.CreateZExt(s.a, word);
    auto* count = b_.CreateZExt(s.b, word);
    auto* one_less = b_.CreateAnd(b_.CreateSub(count, b_.getInt64(1)), 63);
    const auto is_odd = [&](llvm::Value* value) { return b_.CreateTrunc(value, b_.getInt1Ty()); };
    const auto is_negative = [&](llvm::Value* value) {
        return b_.CreateICmpSLT(b_.CreateTrunc(value, type), llvm::Constant::getNullValue(type));
    };
    if (s.family == FlagsFamily::shl) {
        auto* before = b_.CreateShl(wide, one_less);
        auto* result = b_.CreateShl(before, 1);
        if (flag == cf) return is_odd(b_.CreateLShr(before, bits - 1));
        if (flag == of) return b_.CreateXor(is_negative(before), is_negative(result));
        return result_flag(b_.CreateTrunc(result, type), flag);
    }
    auto* before = is_signed ? b_.CreateAShr(wide, one_less) : b_.CreateLShr(wide, one_less);
    if (flag == cf) return is_odd(before);
    if (flag == of) return is_signed ? b_.getFalse() : is_negative(before);
    return result_flag(b_.CreateTrunc(is_signed ? b_.CreateAShr(before, 1) : b_.CreateLShr(before, 1), type), flag);
}

llvm::Value* Flags::condition(ir::Condition condition) {
    using ir::Condition;
    const auto code = static_cast<unsigned>(condition);
    const auto holds = [&]() -> llvm::Value* {
        switch (static_cast<Condition>(code & ~1U)) {  // the odd codes negate
            case Condition::o:
                return flag(of);
            case Condition::b:
                return flag(cf);
            case Condition::e:
                return flag(zf);
            case Condition::be:
                return b_.CreateOr(flag(cf), flag(zf));
            case Condition::s:
                return flag(sf);
            case Condition::p:
                return flag(pf);
            case Condition::l:
                return b_.CreateXor(flag(sf), flag(of));
            default:
                return b_.CreateOr(flag(zf), b_.CreateXor(flag(sf), flag(of)));
        }
    }();
    return (code & 1) != 0 ? b_.CreateNot(holds) : holds;
}

llvm::Value* Flags::image() {
    if (source_.kind == Source::Kind::image) return source_.a;
    llvm::Value* image = b_.getInt32(0);
    for (unsigned i = 0; i < count; ++i) {
        auto* bit = b_.CreateZExt(flag(static_cast<Flag>(i)), b_.getInt32Ty());
        image = b_.CreateOr(image, b_.CreateShl(bit, places[i]));
    }
    return image;
}

void Flags::put(std::uint32_t mask, llvm::Value* image_value) {
    mask &= rflags::status;
    auto* put = b_.CreateAnd(image_value, mask);
    if (mask != rflags::status) put = b_.CreateOr(b_.CreateAnd(image(), ~mask), put);
    source_ = {.kind = Source::Kind::image, .family = {}, .type = {}, .a = put};
}

/// A shift by 0 leaves the flags.
void Flags::record_shift(FlagsFamily family, const ir::Operation& operation) {
    const Source shifted{.kind = Source::Kind::family,
                         .family = family,
                         .type = operation.type,
                         .a = v_.get(operation.a, ir::size_bits(operation.type)),
                         .b = v_.get(operation.b, 8)};
    if (const auto* number = llvm::dyn_cast<llvm::ConstantInt>(shifted.b)) {
        if (!number->isZero()) source_ = shifted;
        return;
    }
    auto* stays = b_.CreateICmpEQ(shifted.b, b_.getInt8(0));
    const auto choose = [&](llvm::Value* old, llvm::Value* made) { return b_.CreateSelect(stays, old, made); };
    const auto old = source_;
    std::array<llvm::Value*, count> chosen{};
    for (unsigned i = 0; i < count; ++i) {
        const auto each = static_cast<Flag>(i);
        chosen[i] = choose(flag_of(old, each), flag_of(shifted, each));
    }
    const auto before = lazy_of(old);
    const auto after = lazy_of(shifted);
    b_.CreateStore(choose(before.kind, after.kind), variables_.kind);
    b_.CreateStore(choose(before.a, after.a), variables_.a);
    b_.CreateStore(choose(before.b, after.b), variables_.b);
    b_.CreateStore(choose(before.c, after.c), variables_.c);
    b_.CreateStore(choose(before.status, after.status), variables_.status);
    for (unsigned i = 0; i < count; ++i) b_.CreateStore(chosen[i], flags_[i]);
    source_ = {};
}

bool Flags::record(const ir::Operation& o) {
    using ir::Opcode;
    const auto a = [&] { return v_.get(o.a, ir::size_bits(o.type)); };
    const auto b = [&] { return v_.get(o.b, ir::size_bits(o.type)); };
    const auto carry = [&] { return v_.get(o.c, ir::size_bits(o.type)); };
    const auto set = [&](FlagsFamily family, llvm::Value* first, llvm::Value* second = nullptr, llvm::Value* third = nullptr) {
        source_ = {Source::Kind::family, family, o.type, first, second, third};
        return true;
    };
    const auto old_carry = [&] { return b_.CreateZExt(flag(cf), b_.getInt64Ty()); };
    switch (o.opcode) {
        case Opcode::flags_add:
            return set(FlagsFamily::add, a(), b());
        case Opcode::flags_adc:
            return set(FlagsFamily::add, a(), b(), carry());
        case Opcode::flags_sub:
            return set(FlagsFamily::sub, a(), b());
        case Opcode::flags_sbb:
            return set(FlagsFamily::sub, a(), b(), carry());
        case Opcode::flags_logic:
            return set(FlagsFamily::logic, a());
        case Opcode::flags_inc:
            return set(FlagsFamily::inc, a(), nullptr, old_carry());
        case Opcode::flags_dec:
            return set(FlagsFamily::dec, a(), nullptr, old_carry());
        case Opcode::flags_shl:
            return record_shift(FlagsFamily::shl, o), true;
        case Opcode::flags_shr:
            return record_shift(FlagsFamily::shr, o), true;
        case Opcode::flags_sar:
            return record_shift(FlagsFamily::sar, o), true;
        case Opcode::put_flags:
            return put(static_cast<std::uint32_t>(o.immediate), v_.get(o.a, 32)), true;
        default:
            return false;
    }
}

Flags::Lazy Flags::lazy_of(const Source& source) {
    const auto variable = [&](llvm::Value* place) -> llvm::Value* {
        return b_.CreateLoad(llvm::cast<llvm::AllocaInst>(place)->getAllocatedType(), place);
    };
    const Lazy old{variable(variables_.kind), variable(variables_.a), variable(variables_.b), variable(variables_.c),
                   variable(variables_.status)};
    if (source.kind == Source::Kind::variables) return old;
    if (source.kind == Source::Kind::image) return {b_.getInt32(0), old.a, old.b, old.c, source.a};
    const auto wide = [&](llvm::Value* value, llvm::Value* absent) {
        return value == nullptr ? absent : b_.CreateZExtOrTrunc(value, b_.getInt64Ty());
    };
    return {b_.getInt32(lazy_flags_kind(source.family, source.type)), wide(source.a, old.a), wide(source.b, old.b),
            wide(source.c, b_.getInt64(0)), old.status};
}

void Flags::save() {
    if (source_.kind == Source::Kind::variables) return;
    std::array<llvm::Value*, count> values{};
    for (unsigned i = 0; i < count; ++i) values[i] = flag(static_cast<Flag>(i));
    const auto lazy = lazy_of(source_);
    for (unsigned i = 0; i < count; ++i) b_.CreateStore(values[i], flags_[i]);
    b_.CreateStore(lazy.kind, variables_.kind);
    b_.CreateStore(lazy.a, variables_.a);
    b_.CreateStore(lazy.b, variables_.b);
    b_.CreateStore(lazy.c, variables_.c);
    b_.CreateStore(lazy.status, variables_.status);
    source_ = {};
}

void Flags::store(const StoreState& store_state) {
    const auto lazy = lazy_of(source_);
    const bool is_image = source_.kind == Source::Kind::image;
    const bool is_family = source_.kind == Source::Kind::family;
    store_state(lazy.kind, offsetof(GuestState, lazy_flags.kind));
    if (!is_family) store_state(lazy.status, offsetof(GuestState, status_flags));
    if (is_image) return;
    store_state(lazy.a, offsetof(GuestState, lazy_flags.a));
    if (!is_family || source_.b != nullptr) store_state(lazy.b, offsetof(GuestState, lazy_flags.b));
    store_state(lazy.c, offsetof(GuestState, lazy_flags.c));
}

}  // namespace lxr::optimizing
