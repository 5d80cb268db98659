// Integer and vector operations for which the host has an instruction and LLVM IR no words.
#include <llvm/IR/IntrinsicsX86.h>

#include <array>

#include "jit/optimizing/values.h"

namespace lxr::optimizing::host {

namespace {

using llvm::Intrinsic::ID;

/// An operation of two vectors: the intrinsics for 128 and 256 bits, and the lanes that they want.
struct VectorRow {
    ir::Opcode opcode;
    ir::Type lane;  // none: of any
    ID narrow;
    ID wide;
    unsigned operand_lane_bits;
};
constexpr std::array vector_rows = {
    VectorRow{ir::Opcode::shuffle_bytes, ir::Type::none, llvm::Intrinsic::x86_ssse3_pshuf_b_128,
              llvm::Intrinsic::x86_avx2_pshuf_b, 8},
    VectorRow{ir::Opcode::pack_signed, ir::Type::i16, llvm::Intrinsic::x86_sse2_packsswb_128,
              llvm::Intrinsic::x86_avx2_packsswb, 16},
    VectorRow{ir::Opcode::pack_signed, ir::Type::i32, llvm::Intrinsic::x86_sse2_packssdw_128,
              llvm::Intrinsic::x86_avx2_packssdw, 32},
    VectorRow{ir::Opcode::pack_unsigned, ir::Type::i16, llvm::Intrinsic::x86_sse2_packuswb_128,
              llvm::Intrinsic::x86_avx2_packuswb, 16},
    VectorRow{ir::Opcode::pack_unsigned, ir::Type::i32, llvm::Intrinsic::x86_sse41_packusdw, llvm::Intrinsic::x86_avx2_packusdw,
              32},
    VectorRow{ir::Opcode::multiply_add_pairs, ir::Type::none, llvm::Intrinsic::x86_sse2_pmadd_wd,
              llvm::Intrinsic::x86_avx2_pmadd_wd, 16},
    VectorRow{ir::Opcode::multiply_add_bytes, ir::Type::none, llvm::Intrinsic::x86_ssse3_pmadd_ub_sw_128,
              llvm::Intrinsic::x86_avx2_pmadd_ub_sw, 8},
    VectorRow{ir::Opcode::multiply_round_high, ir::Type::none, llvm::Intrinsic::x86_ssse3_pmul_hr_sw_128,
              llvm::Intrinsic::x86_avx2_pmul_hr_sw, 16},
    VectorRow{ir::Opcode::sum_absolute_differences, ir::Type::none, llvm::Intrinsic::x86_sse2_psad_bw,
              llvm::Intrinsic::x86_avx2_psad_bw, 8},
};

constexpr unsigned narrow_bits = 128;

llvm::Value* apply(Values& v, const VectorRow& row, unsigned bits, llvm::Value* a, llvm::Value* b) {
    const auto id = bits == narrow_bits ? row.narrow : row.wide;
    return v.plain(v.intrinsic(id, {}, {v.lanes(a, row.operand_lane_bits), v.lanes(b, row.operand_lane_bits)}));
}

bool is_pack(ir::Opcode opcode) {
    return opcode == ir::Opcode::pack_signed || opcode == ir::Opcode::pack_unsigned;
}

/// An MMX register's operation is the low half of one of 128 bits.
llvm::Value* apply_to_half(Values& v, const VectorRow& row, llvm::Value* a, llvm::Value* b) {
    auto* first = v.resize(a, narrow_bits);
    auto* second = v.resize(b, narrow_bits);
    if (is_pack(row.opcode)) first = second = v.builder.CreateInsertElement(first, b, std::uint64_t{1});
    if (row.opcode == ir::Opcode::shuffle_bytes) {  // selects among eight bytes
        constexpr std::uint64_t selecting_bits = 0x87;
        second = v.builder.CreateAnd(v.lanes(second, 8), v.builder.CreateVectorSplat(16, v.constant(8, selecting_bits)));
    }
    return v.resize(apply(v, row, narrow_bits, first, second), narrow_bits / 2);
}

llvm::Value* lower_by_table(Values& v, const ir::Operation& o) {
    for (const auto& row : vector_rows) {
        if (row.opcode != o.opcode || (row.lane != ir::Type::none && row.lane != o.lane)) continue;
        const auto bits = ir::size_bits(o.type);
        auto* a = v.get(o.a, bits);
        auto* b = v.get(o.b, bits);
        return bits < narrow_bits ? apply_to_half(v, row, a, b) : apply(v, row, bits, a, b);
    }
    return nullptr;
}

llvm::Value* permute_across(Values& v, const ir::Operation& o) {
    auto& b = v.builder;
    const bool wide = o.type == ir::Type::v256;
    const auto lane = lane_bits_of(o);
    if (wide) {
        if (lane != 32) return nullptr;
        return v.plain(v.intrinsic(llvm::Intrinsic::x86_avx2_permd, {}, {v.lanes(o.a, o.type, 32), v.lanes(o.b, o.type, 32)}));
    }
    auto* float_lanes = llvm::FixedVectorType::get(lane == 32 ? b.getFloatTy() : b.getDoubleTy(), narrow_bits / lane);
    auto* source = b.CreateBitCast(v.get(o.a, narrow_bits), float_lanes);
    if (lane == 32) {
        return v.plain(v.intrinsic(llvm::Intrinsic::x86_avx_vpermilvar_ps, {}, {source, v.lanes(o.b, o.type, 32)}));
    }
    if (lane != 64) return nullptr;
    auto* control = b.CreateShl(v.lanes(o.b, o.type, 64), 1);  // the instruction looks at bit 1
    return v.plain(v.intrinsic(llvm::Intrinsic::x86_avx_vpermilvar_pd, {}, {source, control}));
}

llvm::Value* move_bits(Values& v, const ir::Operation& o, ID narrow, ID wide) {
    const auto bits = ir::size_bits(o.type);
    if (bits < 32) return nullptr;
    return v.intrinsic(bits == 32 ? narrow : wide, {}, {v.get(o.a, bits), v.get(o.b, bits)});
}

}  // namespace

llvm::Value* lower_special(Values& values, const ir::Operation& operation) {
    namespace I = llvm::Intrinsic;
    switch (operation.opcode) {
        case ir::Opcode::permute_across:
            return permute_across(values, operation);
        case ir::Opcode::deposit_bits:
            return move_bits(values, operation, I::x86_bmi_pdep_32, I::x86_bmi_pdep_64);
        case ir::Opcode::extract_bits:
            return move_bits(values, operation, I::x86_bmi_pext_32, I::x86_bmi_pext_64);
        default:
            return operation.type == ir::Type::v512 ? nullptr : lower_by_table(values, operation);
    }
}

}  // namespace lxr::optimizing::host
