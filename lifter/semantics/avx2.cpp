// AVX2 instructions that have no SSE form (SDM Vol. 1, "Intel Advanced Vector Extensions 2 (Intel AVX2)").
#include <array>
#include <atomic>
#include <bit>
#include <cstring>

#include "lifter/semantics/helper_functions.h"
#include "lifter/semantics/vector_operations.h"

namespace lxr {

namespace {

/// What the gather helper has to know, in the 64 bits of one argument.
struct Gather {
    std::uint8_t destination;
    std::uint8_t mask;
    std::uint8_t index;
    std::uint8_t scale;
    std::uint8_t element_bytes;
    std::uint8_t index_bytes;
    std::uint8_t count;
    std::uint8_t address_bits;
};
static_assert(sizeof(Gather) == sizeof(std::uint64_t));

}  // namespace

}  // namespace lxr

namespace lxr::semantics {

namespace {

void broadcast_lane(B& b, Type lane) {
    b.write_vector(0, broadcast(b, b.read_vector(1, lane), b.vector_type()));
}

/// Lanes of the last operand as those of operand 1 say.
void permute_lanes(B& b, Type lane) {
    const auto control = b.read_vector(1, Type::v256);
    const auto source = b.read_vector(2, Type::v256);
    b.write_vector(0, b.permute_across(source, control, lane));
}

void gather(B& b, Type index, Type element) {
    const auto& memory = b.operand(1).memory;
    const auto widest = std::max(ir::size_bits(index), ir::size_bits(element));
    const Gather what = {.destination = b.operand(0).reg.number,
                         .mask = b.operand(2).reg.number,
                         .index = memory.index.number,
                         .scale = memory.scale,
                         .element_bytes = static_cast<std::uint8_t>(ir::size_bytes(element)),
                         .index_bytes = static_cast<std::uint8_t>(ir::size_bytes(index)),
                         .count = static_cast<std::uint8_t>(ir::size_bits(b.vector_type()) / widest),
                         .address_bits = memory.address_bits};
    const auto base = b.effective_address(memory);  // without the index, which is a vector
    b.helper(Helper::gather, base.type == Type::i64 ? base : b.zero_extend(base, Type::i64), b.segment_base(memory.segment),
             b.imm(Type::i64, std::bit_cast<std::uint64_t>(what)));
}

}  // namespace

void broadcast_byte(B& b) {
    broadcast_lane(b, Type::i8);
}
void broadcast_word(B& b) {
    broadcast_lane(b, Type::i16);
}
void broadcast_doubleword(B& b) {
    broadcast_lane(b, Type::i32);
}
void broadcast_quadword(B& b) {
    broadcast_lane(b, Type::i64);
}

void permute_doublewords(B& b) {
    permute_lanes(b, Type::i32);
}
void permute_quadwords(B& b) {
    const auto source = b.read_vector(1, Type::v256);
    auto result = source;
    for (unsigned i = 0; i < 4; ++i) {
        const auto lane = extract_lane(b, source, Type::i64, two_bits(immediate_byte(b), i));
        result = insert_lane(b, result, lane, Type::i64, i);
    }
    b.write_vector(0, result);
}

void blend_doublewords(B& b) {
    blend_by_immediate(b, Type::i32);
}

void shift_left_each_doubleword(B& b) {
    packed(b, Opcode::shift_left_each, Type::i32);
}
void shift_left_each_quadword(B& b) {
    packed(b, Opcode::shift_left_each, Type::i64);
}
void shift_right_each_doubleword(B& b) {
    packed(b, Opcode::shift_right_each, Type::i32);
}
void shift_right_each_quadword(B& b) {
    packed(b, Opcode::shift_right_each, Type::i64);
}
void shift_right_arithmetic_each_doubleword(B& b) {
    packed(b, Opcode::shift_right_arithmetic_each, Type::i32);
}

void gather_32_bits_by_doublewords(B& b) {
    gather(b, Type::i32, Type::i32);
}
void gather_32_bits_by_quadwords(B& b) {
    gather(b, Type::i64, Type::i32);
}
void gather_64_bits_by_doublewords(B& b) {
    gather(b, Type::i32, Type::i64);
}
void gather_64_bits_by_quadwords(B& b) {
    gather(b, Type::i64, Type::i64);
}

}  // namespace lxr::semantics

namespace lxr::helpers {

namespace {

/// Lane `number` of a register, sign-extended.
std::uint64_t signed_lane(const VectorRegister& reg, unsigned number, unsigned lane_bytes) {
    if (lane_bytes == 8) return reg.words[number];
    std::int32_t lane;
    std::memcpy(&lane, reinterpret_cast<const std::byte*>(reg.words.data()) + number * sizeof lane, sizeof lane);
    return static_cast<std::uint64_t>(std::int64_t{lane});
}

void set_lane(VectorRegister& reg, unsigned number, unsigned lane_bytes, std::uint64_t value) {
    std::memcpy(reinterpret_cast<std::byte*>(reg.words.data()) + number * lane_bytes, &value, lane_bytes);
}

void clear_from(VectorRegister& reg, std::size_t bytes) {
    std::memset(reinterpret_cast<std::byte*>(reg.words.data()) + bytes, 0, sizeof reg - bytes);
}

}  // namespace

/// Element by element: one that faults finds those before it in the destination, and their lanes of the mask cleared. They need
/// not be aligned even while AC is set (found by experiment; no manual says it).
std::uint64_t gather(GuestState& state, std::uint64_t base, std::uint64_t segment_base, std::uint64_t packed_gather) {
    const auto what = std::bit_cast<Gather>(packed_gather);
    auto& destination = state.vector[what.destination];
    auto& mask = state.vector[what.mask];
    const auto index = state.vector[what.index];
    for (unsigned i = 0; i < what.count; ++i) {
        if (static_cast<std::int64_t>(signed_lane(mask, i, what.element_bytes)) < 0) {
            auto offset = base + signed_lane(index, i, what.index_bytes) * what.scale;
            if (what.address_bits == 32) offset = static_cast<std::uint32_t>(offset);
            std::uint64_t element = 0;
            std::memcpy(&element, host_pointer(GuestAddress(segment_base + offset)), what.element_bytes);
            std::atomic_signal_fence(std::memory_order_seq_cst);  // the load is what may fault
            set_lane(destination, i, what.element_bytes, element);
        }
        set_lane(mask, i, what.element_bytes, 0);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    clear_from(destination, std::size_t{what.count} * what.element_bytes);
    clear_from(mask, 0);
    std::atomic_thread_fence(std::memory_order_acquire);
    return 0;
}

}  // namespace lxr::helpers
