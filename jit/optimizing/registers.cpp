// General-purpose registers are 64-bit variables, RSP and RBP pointers. A vector register is one of 128 bits where the region
// never looks at its upper half, else of 256.
#include "jit/optimizing/registers.h"

#include "lifter/guest_state.h"

namespace lxr::optimizing {

namespace {

using ir::Opcode;

constexpr unsigned narrow_bits = 128;
constexpr unsigned wide_bits = 256;

std::size_t gpr_offset(unsigned number) {
    return offsetof(GuestState, gpr) + number * sizeof(std::uint64_t);
}
bool points_to_stack(unsigned gpr) {
    return gpr == static_cast<unsigned>(Gpr::rsp) || gpr == static_cast<unsigned>(Gpr::rbp);
}
std::size_t vector_offset(unsigned number) {
    return offsetof(GuestState, vector) + number * sizeof(VectorRegister);
}

}  // namespace

void Dirty::note(const ir::Operation& operation) {
    switch (operation.opcode) {
        case Opcode::set_register:
        case Opcode::set_high_byte:
            gpr.set(operation.aux);
            return;
        case Opcode::set_vector:
        case Opcode::set_vector_clear:
            vector.set(operation.aux);
            return;
        case Opcode::flags_add:
        case Opcode::flags_adc:
        case Opcode::flags_sub:
        case Opcode::flags_sbb:
        case Opcode::flags_logic:
        case Opcode::flags_inc:
        case Opcode::flags_dec:
        case Opcode::flags_shl:
        case Opcode::flags_shr:
        case Opcode::flags_sar:
        case Opcode::put_flags:
            flags = true;
            return;
        default:
            return;
    }
}

bool Registers::look_at(const ir::Block& block) {
    for (const auto& operation : block.operations) {
        switch (operation.opcode) {
            case Opcode::get_register:
            case Opcode::set_register:
            case Opcode::get_high_byte:
            case Opcode::set_high_byte:
                gpr_[operation.aux].bits = 64;
                gpr_[operation.aux].is_pointer = points_to_stack(operation.aux);
                break;
            case Opcode::get_vector:
            case Opcode::set_vector:
            case Opcode::set_vector_clear: {
                if (operation.aux >= vector_count || operation.type == ir::Type::v512) return false;
                const bool wide = operation.type == ir::Type::v256 || operation.opcode == Opcode::set_vector_clear;
                auto& bits = vector_[operation.aux].bits;
                bits = std::max(bits, wide ? wide_bits : narrow_bits);
                break;
            }
            default:
                break;
        }
    }
    return true;
}

template <typename Visit>
void Registers::for_each_used(Visit visit) {
    for (unsigned i = 0; i < gpr_count; ++i) {
        if (gpr_[i].bits != 0) visit(gpr_[i], gpr_offset(i));
    }
    for (unsigned i = 0; i < vector_count; ++i) {
        if (vector_[i].bits != 0) visit(vector_[i], vector_offset(i));
    }
}

void Registers::make_variables() {
    for_each_used([&](Place& place, std::size_t) { place.variable = b_.CreateAlloca(type_of(place)); });
}

void Registers::load_all(const LoadState& load_state) {
    for_each_used(
        [&](const Place& place, std::size_t offset) { b_.CreateStore(load_state(type_of(place), offset), place.variable); });
}

void Registers::store(const Dirty& dirty, const StoreState& store_state) {
    for (unsigned i = 0; i < gpr_count; ++i) {
        if (dirty.gpr[i]) store_state(load_as_held(gpr_[i]), gpr_offset(i));
    }
    for (unsigned i = 0; i < vector_count; ++i) {
        if (dirty.vector[i]) store_state(load(vector_[i]), vector_offset(i));
    }
}

/// The low bits become the value, the others stay.
void Registers::write_part(const Place& place, llvm::Value* value, unsigned bits) {
    auto* old = load(place);
    if (bits == place.bits) {
        b_.CreateStore(value, place.variable);
    } else if (bits <= 64) {
        b_.CreateStore(v_.plain(b_.CreateInsertElement(v_.lanes(old, bits), value, std::uint64_t{0})), place.variable);
    } else {
        b_.CreateStore(b_.CreateShuffleVector(v_.resize(value, wide_bits), old, {0, 1, 6, 7}), place.variable);
    }
}

void Registers::set_register(const ir::Operation& operation) {
    constexpr unsigned clearing_bits = 32;
    const auto& place = gpr_[operation.aux];
    const auto bits = ir::size_bits(operation.type);
    if (place.is_pointer && bits == 64) {
        b_.CreateStore(v_.pointer(operation.a), place.variable);
        return;
    }
    auto* value = v_.resize(v_.get(operation.a, bits), 64);
    if (bits < clearing_bits) {
        value = b_.CreateOr(b_.CreateAnd(load(place), ~std::uint64_t{0} << bits), value);
    }
    write(place, value);
}

void Registers::set_high_byte(const ir::Operation& operation) {
    const auto& place = gpr_[operation.aux];
    auto* byte = b_.CreateShl(v_.resize(v_.get(operation.a, 8), 64), 8);
    write(place, b_.CreateOr(b_.CreateAnd(load(place), ~std::uint64_t{0xff00}), byte));
}

bool Registers::lower(const ir::Operation& operation) {
    const auto bits = ir::size_bits(operation.type);
    switch (operation.opcode) {
        case Opcode::get_register: {
            const auto& place = gpr_[operation.aux];
            auto* value = place.is_pointer && bits == 64 ? load_as_held(place) : v_.resize(load(place), bits);
            return v_.set(operation.result, value), true;
        }
        case Opcode::get_high_byte:
            return v_.set(operation.result, b_.CreateTrunc(b_.CreateLShr(load(gpr_[operation.aux]), 8), b_.getInt8Ty())), true;
        case Opcode::set_register:
            return set_register(operation), true;
        case Opcode::set_high_byte:
            return set_high_byte(operation), true;
        case Opcode::get_vector:
            return v_.set(operation.result, v_.resize(load(vector_[operation.aux]), bits)), true;
        case Opcode::set_vector:
            return write_part(vector_[operation.aux], v_.get(operation.a, bits), bits), true;
        case Opcode::set_vector_clear:
            b_.CreateStore(v_.resize(v_.get(operation.a, bits), wide_bits), vector_[operation.aux].variable);
            return true;
        default:
            return false;
    }
}

}  // namespace lxr::optimizing
