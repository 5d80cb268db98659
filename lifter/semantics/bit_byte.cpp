// Bit and byte instructions (SDM Vol. 1, "Bit and Byte Instructions").
#include <bit>

#include "lifter/semantics/functions.h"
#include "lifter/semantics/helper_functions.h"

namespace lxr::semantics {

namespace {

enum class BitChange : std::uint8_t { none, set, reset, complement };

Opcode opcode_of(BitChange change) {
    return change == BitChange::set ? Opcode::bit_or : change == BitChange::reset ? Opcode::bit_and : Opcode::bit_xor;
}

/// A register offset into memory reaches any bit around the address: move the address by whole operands.
Value address_of_bit(B& b, Type type) {
    if (!b.is_register(1)) return b.address_of(0);
    const auto& memory = b.operand(0).memory;
    const auto where = b.effective_address(memory);
    const auto offset = type == Type::i64 ? b.read(1) : b.sign_extend(b.read(1), Type::i64);
    const unsigned shift = static_cast<unsigned>(std::countr_zero(ir::size_bits(type)));
    const auto operands = b.shift_right_arithmetic(offset, b.imm(Type::i8, shift));
    const auto bytes = b.shift_left(operands, b.imm(Type::i8, shift - 3));
    const auto moved = b.add(where, where.type == Type::i64 ? bytes : b.truncate(bytes, where.type));
    return b.add_segment_base(memory.segment, moved);
}

void change_bit(B& b, BitChange change) {
    const auto type = b.type_of(0);
    const auto place = b.bit_and(b.read(1, type), b.imm(type, ir::size_bits(type) - 1));
    const auto where = b.is_memory(0) ? address_of_bit(b, type) : Value{};
    const auto single = b.shift_left(b.imm(type, 1), place);
    const auto mask = change == BitChange::reset ? b.bit_not(single) : single;
    Value old;
    if (b.i.lock && change != BitChange::none) {
        const auto atomic = change == BitChange::set     ? Opcode::atomic_or
                            : change == BitChange::reset ? Opcode::atomic_and
                                                         : Opcode::atomic_xor;
        old = b.atomic(atomic, where, mask);
    } else {
        old = where.exists() ? b.load(type, where) : b.read(0);
        if (change != BitChange::none) {
            const auto changed = b.with_immediate(opcode_of(change), type, Type::none, old, mask, 0);
            where.exists() ? b.store(where, changed) : b.write(0, changed);
        }
    }
    const auto bit = b.bit_and(b.shift_right(old, place), b.imm(type, 1));
    b.put_flags(rflags::cf, type == Type::i32   ? bit
                            : type == Type::i64 ? b.truncate(bit, Type::i32)
                                                : b.zero_extend(bit, Type::i32));
}

}  // namespace

void bit_test(B& b) {
    change_bit(b, BitChange::none);
}
void bit_test_set(B& b) {
    change_bit(b, BitChange::set);
}
void bit_test_reset(B& b) {
    change_bit(b, BitChange::reset);
}
void bit_test_complement(B& b) {
    change_bit(b, BitChange::complement);
}

namespace {

/// BSF and BSR leave the destination as it was if the source is 0, all 64 bits of it (AMD documents it, Intel does it).
void scan(B& b, Value source, Value place) {
    const auto zero = b.is_equal(source, b.imm(source.type, 0));
    if (source.type == Type::i32) {
        const auto number = b.operand(0).reg.number;
        b.set_register(number, b.select(zero, b.get_register(Type::i64, number), b.zero_extend(place, Type::i64)));
    } else {
        b.write(0, b.select(zero, b.read(0), place));
    }
    b.put_flags(rflags::zf, b.flag(zero, rflags::zf));
}

/// LZCNT and TZCNT: CF if the source was 0, ZF if the result is 0.
void count_zeros(B& b, Value source, Value count) {
    b.write(0, count);
    const auto source_zero = b.is_equal(source, b.imm(source.type, 0));
    const auto count_zero = b.is_equal(count, b.imm(count.type, 0));
    b.put_flags(rflags::cf | rflags::zf, b.bit_or(b.flag(source_zero, rflags::cf), b.flag(count_zero, rflags::zf)));
}

}  // namespace

void bit_scan_forward(B& b) {
    const auto source = b.read(1);
    scan(b, source, b.count_trailing_zeros(source));
}

void bit_scan_reverse(B& b) {
    const auto source = b.read(1);
    const auto top = b.imm(source.type, ir::size_bits(source.type) - 1);
    scan(b, source, b.sub(top, b.count_leading_zeros(source)));
}

void leading_zeros(B& b) {
    const auto source = b.read(1);
    count_zeros(b, source, b.count_leading_zeros(source));
}

void trailing_zeros(B& b) {
    const auto source = b.read(1);
    count_zeros(b, source, b.count_trailing_zeros(source));
}

void population_count(B& b) {
    const auto source = b.read(1);
    b.write(0, b.population_count(source));
    b.put_flags(rflags::status, b.flag(b.is_equal(source, b.imm(source.type, 0)), rflags::zf));
}

void crc32(B& b) {
    const auto source = b.read(1);
    const auto wide = source.type == Type::i64 ? source : b.zero_extend(source, Type::i64);
    const auto seed = b.zero_extend(b.read(0, Type::i32), Type::i64);
    const auto sum = b.helper(Helper::crc32c, seed, wide, b.imm(Type::i64, ir::size_bytes(source.type)));
    b.write(0, b.type_of(0) == Type::i64 ? sum : b.truncate(sum, Type::i32));
}

void set_if(B& b) {
    b.write(0, b.condition(b.condition_code()));
}

}  // namespace lxr::semantics

namespace lxr::helpers {

std::uint64_t crc32c(GuestState&, std::uint64_t sum, std::uint64_t data, std::uint64_t size_bytes) {
    constexpr std::uint32_t reflected_polynomial = 0x82f63b78;  // 0x11edc6f41 (SDM Vol. 2A, CRC32), bits reversed
    auto remainder = static_cast<std::uint32_t>(sum);
    for (std::uint64_t byte = 0; byte < size_bytes; ++byte, data >>= 8) {
        remainder ^= static_cast<std::uint8_t>(data);
        for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? reflected_polynomial : 0);
    }
    return remainder;
}

}  // namespace lxr::helpers
