// AVX instructions that have no SSE form (SDM Vol. 1, "Intel Advanced Vector Extensions (Intel AVX)").
#include <atomic>
#include <cstring>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"
#include "lifter/support/write_probe.h"

namespace lxr::semantics {

namespace {

/// destination = the low lane of operand 1 in every lane.
void broadcast_lane(B& b, Type lane) {
    b.write_vector(0, broadcast(b, b.read_vector(1, lane), b.vector_type()));
}

/// In each 128 bits: lanes of operand 1 as the lanes of `control` say.
void permute_by(B& b, Type lane, Value source, Value control) {
    const auto result = each_part(b, source, control, [&](Value source_part, Value control_part, unsigned) {
        return b.permute_across(source_part, control_part, lane);
    });
    b.write_vector(0, result);
}

bool has_immediate(const B& b) {
    return b.operand(2).kind == OperandKind::immediate;
}

/// The part of two 256-bit vectors that four bits of VPERM2F128's immediate select.
Value select_part(B& b, Value first, Value second, unsigned selector) {
    if ((selector & 8) != 0) return zero_vector(b, Type::v128);
    return extract_part(b, (selector & 2) != 0 ? second : first, selector & 1);
}

void masked_load(B& b, Type lane) {
    const auto type = b.vector_type();
    write_scratch(b, 1, b.read_vector(1, type));
    b.helper(Helper::masked_load, b.address_of(2), b.imm(Type::i64, ir::size_bytes(type)),
             b.imm(Type::i64, ir::size_bytes(lane)));
    b.write_vector(0, read_scratch(b, 0, type));
}

void masked_store(B& b, Type lane) {
    const auto type = b.vector_type();
    write_scratch(b, 0, b.read_vector(2, type));
    write_scratch(b, 1, b.read_vector(1, type));
    b.helper(Helper::masked_store, b.address_of(0), b.imm(Type::i64, ir::size_bytes(type)),
             b.imm(Type::i64, ir::size_bytes(lane)));
}

void masked_move(B& b, Type lane) {
    if (b.is_memory(0)) return masked_store(b, lane);
    masked_load(b, lane);
}

/// ZF and CF as PTEST's, of the sign bits of the lanes.
void test_signs(B& b, Type lane) {
    const auto first = b.read_vector(0, b.vector_type());
    const auto second = b.read_vector(1, b.vector_type());
    const auto no_signs = [&](Value bits) {
        const auto mask = b.with_source(Opcode::move_mask, Type::i32, bits.type, static_cast<unsigned>(lane), bits);
        return b.is_equal(mask, b.imm(Type::i32, 0));
    };
    const auto zero = b.flag(no_signs(b.bit_and(first, second)), rflags::zf);
    const auto carry = b.flag(no_signs(b.bit_and_not(first, second)), rflags::cf);
    b.put_flags(rflags::status, b.bit_or(zero, carry));
}

constexpr unsigned vector_registers = 16;  // that VEX knows

}  // namespace

void broadcast_single(B& b) {
    broadcast_lane(b, Type::i32);
}
void broadcast_double(B& b) {
    broadcast_lane(b, Type::i64);
}
void broadcast_128_bits(B& b) {
    const auto part = b.read_vector(1, Type::v128);
    b.write_vector(0, join_parts(b, part, part));
}

void insert_128_bits(B& b) {
    const auto first = b.read_vector(1, Type::v256);
    b.write_vector(0, insert_part(b, first, b.read_vector(2, Type::v128), immediate_byte(b) & 1));
}
void extract_128_bits(B& b) {
    b.write_vector(0, extract_part(b, b.read_vector(1, Type::v256), immediate_byte(b) & 1));
}
void permute_128_bits(B& b) {
    const auto imm = immediate_byte(b);
    const auto first = b.read_vector(1, Type::v256);
    const auto second = b.read_vector(2, Type::v256);
    const auto low = select_part(b, first, second, imm);
    b.write_vector(0, join_parts(b, low, select_part(b, first, second, imm >> 4)));
}

void permute_singles_in_parts(B& b) {
    const auto source = b.read_vector(1, b.vector_type());
    if (!has_immediate(b)) return permute_by(b, Type::i32, source, b.read_vector(2, b.vector_type()));
    const auto imm = immediate_byte(b);
    const auto lanes = selectors({two_bits(imm, 0), two_bits(imm, 1), two_bits(imm, 2), two_bits(imm, 3)});
    b.write_vector(0, permute(b, source, source, Type::i32, lanes));
}
/// Bit 1 of the control's lanes selects, not bit 0.
void permute_doubles_in_parts(B& b) {
    const auto source = b.read_vector(1, b.vector_type());
    if (!has_immediate(b)) {
        const auto control = b.read_vector(2, b.vector_type());
        return permute_by(b, Type::i64, source, b.shift_right(control, b.imm(Type::i8, 1), Type::i64));
    }
    const auto result = each_part(b, source, source, [&](Value part, Value, unsigned number) {
        const auto imm = immediate_byte(b) >> (2 * number);
        return permute(b, part, part, Type::i64, selectors({imm & 1, imm >> 1 & 1}));
    });
    b.write_vector(0, result);
}

void masked_move_32_bits(B& b) {
    masked_move(b, Type::i32);
}
void masked_move_64_bits(B& b) {
    masked_move(b, Type::i64);
}

void test_signs_single(B& b) {
    test_signs(b, Type::i32);
}
void test_signs_double(B& b) {
    test_signs(b, Type::i64);
}

void clear_upper_halves(B& b) {
    for (unsigned i = 0; i < vector_registers; ++i) b.set_vector_clear(i, b.get_vector(Type::v128, i));
}
void clear_vector_registers(B& b) {
    for (unsigned i = 0; i < vector_registers; ++i) b.set_vector_clear(i, zero_vector(b, Type::v128));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// Calls function(offset) for the lanes whose top bit in scratch 1 is set.
template <typename Function>
void each_selected(const GuestState& state, std::uint64_t bytes, std::uint64_t lane_bytes, Function function) {
    const auto* mask = reinterpret_cast<const std::uint8_t*>(state.scratch[1].words.data());
    for (std::uint64_t offset = 0; offset < bytes; offset += lane_bytes) {
        if ((mask[offset + lane_bytes - 1] & 0x80) != 0) function(offset);
    }
}

}  // namespace

std::uint64_t masked_load(GuestState& state, std::uint64_t address, std::uint64_t bytes, std::uint64_t lane_bytes) {
    auto* result = reinterpret_cast<std::byte*>(state.scratch[0].words.data());
    std::memset(result, 0, bytes);
    each_selected(state, bytes, lane_bytes, [&](std::uint64_t offset) {
        std::memcpy(result + offset, host_pointer(GuestAddress(address + offset)), lane_bytes);
    });
    std::atomic_thread_fence(std::memory_order_acquire);
    return 0;
}

/// All that is selected must be writable before any of it is written.
std::uint64_t masked_store(GuestState& state, std::uint64_t address, std::uint64_t bytes, std::uint64_t lane_bytes) {
    const auto* source = reinterpret_cast<const std::byte*>(state.scratch[0].words.data());
    std::atomic_thread_fence(std::memory_order_release);
    each_selected(state, bytes, lane_bytes,
                  [&](std::uint64_t offset) { probe_write(GuestAddress(address + offset), lane_bytes); });
    each_selected(state, bytes, lane_bytes, [&](std::uint64_t offset) {
        std::memcpy(host_pointer(GuestAddress(address + offset)), source + offset, lane_bytes);
    });
    return 0;
}

}  // namespace lxr::helpers
