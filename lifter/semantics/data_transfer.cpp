// Data transfer instructions (SDM Vol. 1, "Data Transfer Instructions").
#include "lifter/semantics/functions.h"

namespace lxr::semantics {

namespace {

bool is_segment(B& b, unsigned number) {
    return b.is_register(number) && b.operand(number).reg.cls == RegisterClass::segment;
}

/// Every segment that user mode can load has base 0, and so has a null one (of AMD's processors since Zen 2, as of Intel's).
void load_selector(B& b, Segment segment, Value selector) {
    b.check_selector(segment, selector, segment == Segment::ss);
    b.write_selector(segment, selector);
    const auto none = b.imm(Type::i64, 0);
    if (segment == Segment::fs) b.set_state(offsetof(GuestState, fs_base), none);
    if (segment == Segment::gs) b.set_state(offsetof(GuestState, gs_base), none);
}

}  // namespace

void mov(B& b) {
    if (is_segment(b, 0)) return load_selector(b, b.segment_register(0), b.read(1, Type::i16));
    if (is_segment(b, 1)) {
        const auto type = b.is_memory(0) ? Type::i16 : b.type_of(0);
        return b.write(0, b.selector(b.segment_register(1), type));
    }
    for (const unsigned number : {0U, 1U}) {
        const auto cls = b.is_register(number) ? b.operand(number).reg.cls : RegisterClass::none;
        if (cls == RegisterClass::control || cls == RegisterClass::debug) return b.fault(ExceptionVector::general_protection);
    }
    b.write(0, b.read(1, b.type_of(0)));
}

void load_far_pointer(B& b) {
    const auto segment = b.i.mnemonic == Mnemonic::LFS   ? Segment::fs
                         : b.i.mnemonic == Mnemonic::LGS ? Segment::gs
                                                         : Segment::ss;
    const auto where = b.address_of(1);
    const auto offset = b.load(b.type_of(0), where);
    const auto selector = b.load(Type::i16, b.add(where, b.imm(Type::i64, ir::size_bytes(offset.type))));
    load_selector(b, segment, selector);
    b.write(0, offset);
}

/// Only the destination, which is in the register, must be aligned.
void move_64_bytes(B& b) {
    const auto to = b.i.address_bits == 64 ? b.read(0) : b.zero_extend(b.read(0, Type::i32), Type::i64);
    const auto from = b.address_of(1);
    const auto half = b.imm(Type::i64, 32);
    const auto low = b.load(Type::v256, from);
    const auto high = b.load(Type::v256, b.add(from, half));
    b.check_aligned(to, 64);
    b.store(to, low);
    b.store(b.add(to, half), high);
}

void move_sign_extend(B& b) {
    const auto source = b.read(1);
    b.write(0, source.type == b.type_of(0) ? source : b.sign_extend(source, b.type_of(0)));
}

void move_zero_extend(B& b) {
    b.write(0, b.zero_extend(b.read(1), b.type_of(0)));
}

void move_big_endian(B& b) {
    b.write(0, b.byte_swap(b.read(1)));
}

void byte_swap(B& b) {
    // Of a 16-bit register the result is undefined; processors clear it.
    b.write(0, b.type_of(0) == Type::i16 ? b.imm(Type::i16, 0) : b.byte_swap(b.read(0)));
}

void exchange(B& b) {
    if (b.is_memory(0) || b.is_memory(1)) {  // with memory it is always locked
        const unsigned memory = b.is_memory(0) ? 0 : 1;
        const auto old = b.atomic(Opcode::atomic_exchange, b.address_of(memory), b.read(1 - memory));
        return b.write(1 - memory, old);
    }
    const auto first = b.read(0);
    const auto second = b.read(1);
    b.write(0, second);
    b.write(1, first);
}

void exchange_add(B& b) {
    const auto source = b.read(1);
    if (b.is_memory(0)) {
        const auto [old, added, result] = b.modify(Opcode::add, source);
        b.write(1, old);
        return (void)b.flags_add(old, added);
    }
    const auto old = b.read(0);
    const auto sum = b.add(old, source);
    b.write(1, old);
    b.write(0, sum);
    b.flags_add(old, source);
}

namespace {

/// The accumulator takes the old destination unless it was equal; written whole, because an equal EAX keeps RAX's upper half.
void write_accumulator_unless(B& b, Value equal, Value old) {
    if (old.type == Type::i32) {
        const auto rax = b.read_gpr(Gpr::rax);
        return b.write_gpr(Gpr::rax, b.select(equal, rax, b.zero_extend(old, Type::i64)));
    }
    b.write_gpr(Gpr::rax, b.select(equal, b.read_gpr(Gpr::rax, old.type), old));
}

}  // namespace

void compare_exchange(B& b) {
    const auto desired = b.read(1);
    const auto accumulator = b.read_gpr(Gpr::rax, desired.type);
    if (b.is_memory(0)) {
        const auto old = b.atomic_compare_exchange(b.address_of(0), accumulator, desired);
        write_accumulator_unless(b, b.is_equal(accumulator, old), old);
        return (void)b.flags_sub(accumulator, old);
    }
    const auto old = b.read(0);
    const auto equal = b.is_equal(accumulator, old);
    if (old.type == Type::i32) {  // an unequal destination is not written, so it keeps its upper half
        const auto number = b.operand(0).reg.number;
        const auto kept = b.get_register(Type::i64, number);
        write_accumulator_unless(b, equal, old);
        b.set_register(number, b.select(equal, b.zero_extend(desired, Type::i64), kept));
    } else {
        write_accumulator_unless(b, equal, old);
        b.write(0, b.select(equal, desired, old));
    }
    b.flags_sub(accumulator, old);
}

void compare_exchange_8_bytes(B& b) {
    const auto pair = [&](Gpr high, Gpr low) {
        const auto wide_high = b.shift_left(b.read_gpr(high), b.imm(Type::i8, 32));
        return b.bit_or(wide_high, b.zero_extend(b.read_gpr(low, Type::i32), Type::i64));
    };
    const auto expected = pair(Gpr::rdx, Gpr::rax);
    const auto old = b.atomic_compare_exchange(b.address_of(0), expected, pair(Gpr::rcx, Gpr::rbx));
    const auto equal = b.is_equal(old, expected);
    const auto low = b.zero_extend(b.truncate(old, Type::i32), Type::i64);
    const auto high = b.shift_right(old, b.imm(Type::i8, 32));
    b.write_gpr(Gpr::rax, b.select(equal, b.read_gpr(Gpr::rax), low));
    b.write_gpr(Gpr::rdx, b.select(equal, b.read_gpr(Gpr::rdx), high));
    b.put_flags(rflags::zf, b.flag(equal, rflags::zf));
}

void compare_exchange_16_bytes(B& b) {
    const auto pair = [&](Gpr high, Gpr low) {
        const auto vector = b.resize(b.read_gpr(low), Type::v128);
        return b.with_immediate(Opcode::insert_lane, Type::v128, Type::i64, vector, b.read_gpr(high), 1);
    };
    const auto where = b.address_of(0);
    b.check_aligned(where, 16);
    const auto old = b.atomic_compare_exchange(where, pair(Gpr::rdx, Gpr::rax), pair(Gpr::rcx, Gpr::rbx));
    const auto low = b.with_source(Opcode::extract_lane, Type::i64, Type::v128, 0, old);
    const auto high = b.with_source(Opcode::extract_lane, Type::i64, Type::v128, 1, old);
    const auto equal = b.bit_and(b.is_equal(low, b.read_gpr(Gpr::rax)), b.is_equal(high, b.read_gpr(Gpr::rdx)));
    b.write_gpr(Gpr::rax, low);
    b.write_gpr(Gpr::rdx, high);
    b.put_flags(rflags::zf, b.flag(equal, rflags::zf));
}

void push(B& b) {
    const auto type = b.operand_type();
    if (is_segment(b, 0)) return b.push(b.selector(b.segment_register(0), type));
    b.push(b.read(0, type));
}

void pop(B& b) {
    const auto type = b.operand_type();
    if (is_segment(b, 0)) {
        const auto top = b.read_gpr(Gpr::rsp);
        b.check_alignment(top, ir::size_bytes(type));
        load_selector(b, b.segment_register(0), b.load(Type::i16, top));
        return b.write_gpr(Gpr::rsp, b.add(top, b.imm(Type::i64, ir::size_bytes(type))));
    }
    if (!b.is_memory(0)) {
        const auto value = b.pop(type);
        return b.write(0, value);
    }
    // An address based on rsp is computed after the increment (SDM Vol. 2B, POP).
    const auto top = b.read_gpr(Gpr::rsp);
    const auto value = b.load(type, top);
    const auto new_top = b.add(top, b.imm(Type::i64, ir::size_bytes(type)));
    const auto& memory = b.operand(0).memory;
    const bool uses_rsp = memory.base == Register{RegisterClass::gpr, static_cast<std::uint8_t>(Gpr::rsp)};
    auto where = b.address_of(0);
    if (uses_rsp) where = b.add(where, b.imm(Type::i64, ir::size_bytes(type)));
    b.store(where, value);
    b.write_gpr(Gpr::rsp, new_top);
}

void convert_accumulator(B& b) {
    const auto half = b.read_gpr(Gpr::rax, ir::integer_type(b.i.operand_bits / 2));
    b.write_gpr(Gpr::rax, b.sign_extend(half, b.operand_type()));
}

void sign_to_rdx(B& b) {
    const auto sign_place = b.imm(Type::i8, b.i.operand_bits - 1);
    b.write_gpr(Gpr::rdx, b.shift_right_arithmetic(b.read_gpr(Gpr::rax, b.operand_type()), sign_place));
}

void move_if(B& b) {
    const auto source = b.read(1);
    b.write(0, b.select(b.condition(b.condition_code()), source, b.read(0)));
}

}  // namespace lxr::semantics
