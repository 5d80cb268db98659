// The compact IR of one block: what every tier consumes and nothing else. lifter/ir.inc lists the operations.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lifter/support/address.h"

namespace lxr::ir {

/// Types of values. A vector value takes as many 64-bit slots as it has words.
enum class Type : std::uint8_t { none, i8, i16, i32, i64, f32, f64, v64, v128, v256, v512 };

constexpr unsigned size_bytes(Type type) {
    constexpr std::array<unsigned, 11> sizes = {0, 1, 2, 4, 8, 4, 8, 8, 16, 32, 64};
    return sizes[static_cast<std::size_t>(type)];
}
constexpr unsigned size_bits(Type type) {
    return size_bytes(type) * 8;
}
constexpr unsigned slot_count(Type type) {
    return (size_bytes(type) + 7) / 8;
}
constexpr bool is_vector(Type type) {
    return type >= Type::v64;
}
constexpr bool is_float(Type type) {
    return type == Type::f32 || type == Type::f64;
}
constexpr bool is_integer(Type type) {
    return type >= Type::i8 && type <= Type::i64;
}
/// The integer type of this many bits (8, 16, 32, 64).
constexpr Type integer_type(unsigned bits) {
    return bits == 8 ? Type::i8 : bits == 16 ? Type::i16 : bits == 32 ? Type::i32 : bits == 64 ? Type::i64 : Type::none;
}
/// The vector type of this many bits (64 … 512).
constexpr Type vector_type(unsigned bits) {
    return bits == 64 ? Type::v64 : bits == 128 ? Type::v128 : bits == 256 ? Type::v256 : bits == 512 ? Type::v512 : Type::none;
}
std::string_view type_name(Type type);

enum class Opcode : std::uint8_t {
#define LXR_IR(name, result, operands, shape, effect, meaning) name,
#include "lifter/ir.inc"
#undef LXR_IR
    count
};

/// How `lane`, `aux` and the immediate of an operation are used: see lifter/ir.inc.
enum class Shape : std::uint8_t { plain, reg, cond, from, offset, imm, wide, memory };
enum class Effect : std::uint8_t { pure, reads, writes, fault, load, store, exit };
enum class ResultRule : std::uint8_t { none, T, i8, i64 };

/// One row of lifter/ir.inc.
struct OpcodeRow {
    std::string_view name;
    ResultRule result;
    std::uint8_t operands;
    Shape shape;
    Effect effect;
    std::string_view meaning;
};
const OpcodeRow& opcode_row(Opcode opcode);
/// Type of the value that an operation of this opcode and type makes; none if it makes none.
Type result_type(Opcode opcode, Type type);

/// Condition codes in the order of their encoding (SDM Vol. 1, Table B-1).
enum class Condition : std::uint8_t { o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g };
std::string_view condition_name(Condition condition);

inline constexpr std::uint16_t no_slot = 0xffff;

/// A value of a block: the number of its first slot and its type. Values are assigned once.
struct Value {
    std::uint16_t slot = no_slot;
    Type type = Type::none;
    [[nodiscard]] bool exists() const { return slot != no_slot; }
};

/// One operation, 16 bytes. Operands and result are slot numbers.
struct Operation {
    Opcode opcode{};
    Type type = Type::none;
    Type lane = Type::none;
    std::uint8_t aux = 0;
    std::uint16_t result = no_slot;
    std::uint16_t a = no_slot;
    union {
        struct {
            std::uint16_t b;
            std::uint16_t c;
            std::int32_t immediate;
        };
        std::uint64_t wide;  // operations of shape `wide`, which have no b and c
    };
    Operation() : b(no_slot), c(no_slot), immediate(0) {}
};
static_assert(sizeof(Operation) == 16);

/// The IR of one guest block.
struct Block {
    GuestAddress begin;
    std::uint32_t guest_bytes = 0;  // from `begin` on; a block is contiguous
    std::uint32_t guest_instructions = 0;
    std::uint16_t slots = 0;  // how many the values need
    std::vector<Operation> operations;
};

/// One line an operation, as `%3 = add.i64 %1 %2`.
std::string print(const Block& block);
std::string print(const Operation& operation);

/// Removes what no tier needs: repeated reads of a register, values that nobody uses, flags that are overwritten unseen. The
/// state at every operation that may fault or leave stays what it was.
void simplify(Block& block);

/// What is wrong with the block (types, single assignment, use before definition, missing exit); empty if nothing.
std::string verify(const Block& block);

}  // namespace lxr::ir
