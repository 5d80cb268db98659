// Each operation is a function that finds its operands in RAX, RCX, RDX and leaves its result in RAX.
#include "jit/host/x86_64/ir_code.h"

#include <algorithm>

#include "jit/host/x86_64/homes.h"
#include "lifter/guest_state.h"

namespace lxr::host {

using ir::Opcode;
using ir::Operation;

namespace {

constexpr std::size_t spill_offset(unsigned slot) {
    return offsetof(GuestState, translated.spilled) + slot * sizeof(std::uint64_t);
}
constexpr std::size_t flags_offset = offsetof(GuestState, translated.flags);
constexpr unsigned guest_rdx = 2;
/// Not TF, by which the host may be stepping.
constexpr std::uint32_t kept_flags = rflags::status | rflags::df | rflags::fixed | rflags::interrupts;

constexpr std::array lent_registers = {rax, rcx, rdx};

void load_guest_flags(Assembler& assembler) {
    assembler.push_state(flags_offset);
    assembler.byte(0x9d);  // popfq
}

bool is_lent(unsigned guest_register) {
    return guest_register <= guest_rdx;
}
bool is_in_state(unsigned guest_register) {
    return is_lent(guest_register) || (homeless & bit(guest_register)) != 0;
}
/// Where a guest register without a home is meanwhile.
std::size_t place_of(unsigned guest_register) {
    return is_lent(guest_register) ? spill_offset(guest_register)
                                   : offsetof(GuestState, gpr) + guest_register * sizeof(std::uint64_t);
}

// Opcodes in their form for operands of 16 bits and more.
enum HostOpcode : unsigned {
    op_add = 0x01,
    op_or = 0x09,
    op_adc = 0x11,
    op_sbb = 0x19,
    op_and = 0x21,
    op_sub = 0x29,
    op_xor = 0x31,
    op_compare = 0x39,
    op_test = 0x85,
    op_store = 0x89,
    op_load = 0x8b,
    op_exchange = 0x87,
    op_lea = 0x8d,
    op_move_sign_32 = 0x63,
    op_group_and = 0x81,  // with an immediate; /4 AND, /1 OR
    op_shift_by_cl = 0xd3,
    op_group_f7 = 0xf7,
    op_group_ff = 0xff,
    op_multiply = 0x0faf,
    op_move_zero_8 = 0x0fb6,
    op_move_zero_16 = 0x0fb7,
    op_move_sign_8 = 0x0fbe,
    op_move_sign_16 = 0x0fbf,
    op_exchange_add = 0x0fc1,
    op_compare_exchange = 0x0fb1,
    op_set = 0x0f90,
    op_move_if = 0x0f40,
};
enum ShiftDigit : unsigned { rotate_left = 0, rotate_right = 1, shift_left = 4, shift_right = 5, shift_arithmetic = 7 };
// Condition codes.
constexpr unsigned below = 2;
constexpr unsigned equal = 4;
constexpr unsigned not_equal = 5;
constexpr unsigned above = 7;
constexpr unsigned less = 12;

}  // namespace

/// One function for each operation that has host code.
struct IrOperations {
    using Emit = void (*)(IrCode&, const Operation&);

    static unsigned bytes(const Operation& o) { return ir::size_bytes(o.type); }
    /// Small operands are computed in 32 bits; define() clears what is above them.
    static unsigned wide(const Operation& o) { return std::max(bytes(o), 4U); }

    static void nothing(IrCode&, const Operation&) {}
    static void constant(IrCode& code, const Operation& o) {
        const auto value_bits = ir::size_bits(o.type);
        const auto mask = value_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << value_bits) - 1;
        code.constants_[o.result] = {true, o.wide & mask};
    }

    // ---- guest registers
    static void get_register(IrCode& code, const Operation& o) {
        const unsigned opcode = bytes(o) == 1 ? op_move_zero_8 : bytes(o) == 2 ? op_move_zero_16 : op_load;
        const auto host_bytes = bytes(o) == 2 ? 4 : bytes(o);
        if (is_in_state(o.aux)) {
            code.state(opcode, rax, place_of(o.aux), host_bytes);
        } else {
            code.registers(opcode, rax, homes[o.aux], host_bytes);
        }
    }
    static void set_register(IrCode& code, const Operation& o) {
        if (!is_in_state(o.aux)) {
            code.registers(bytes(o) == 1 ? op_store - 1 : op_store, rax, homes[o.aux], bytes(o));
        } else {  // the value of 32 bits is zero-extended already
            code.state(bytes(o) == 1 ? op_store - 1 : op_store, rax, place_of(o.aux), bytes(o) == 4 ? 8 : bytes(o));
        }
    }
    static void get_high_byte(IrCode& code, const Operation& o) {
        if (is_in_state(o.aux)) return code.state(op_move_zero_8, rax, place_of(o.aux) + 1, 4);
        code.assembler_.bytes({op_move_zero_8 >> 8, op_move_zero_8 & 0xff, 0xc4U | homes[o.aux]});  // movzx eax, bh
    }
    static void set_high_byte(IrCode& code, const Operation& o) {
        if (is_in_state(o.aux)) return code.state(op_store - 1, rax, place_of(o.aux) + 1, 1);
        code.assembler_.bytes({op_store - 1, 0xc4U | homes[o.aux]});  // mov bh, al
    }
    static void get_state(IrCode& code, const Operation& o) {
        code.state(op_load, rax, static_cast<std::size_t>(o.immediate), 8);
    }
    static void set_state(IrCode& code, const Operation& o) {
        code.state(op_store, rax, static_cast<std::size_t>(o.immediate), 8);
    }

    // ---- integers
    template <unsigned opcode>
    static void binary(IrCode& code, const Operation& o) {
        code.registers(opcode, rcx, rax, wide(o));
    }
    static void multiply(IrCode& code, const Operation& o) { code.registers(op_multiply, rax, rcx, wide(o)); }
    static void and_not(IrCode& code, const Operation& o) {
        code.registers(op_group_f7, 2, rax, 8);  // not
        code.registers(op_and, rcx, rax, wide(o));
    }
    static void bit_not(IrCode& code, const Operation& o) { code.registers(op_group_f7, 2, rax, wide(o)); }
    static void negate(IrCode& code, const Operation& o) { code.registers(op_group_f7, 3, rax, wide(o)); }

    template <unsigned digit>
    static void multiply_high(IrCode& code, const Operation& o) {
        if (bytes(o) == 8) {
            code.registers(op_group_f7, digit, rcx, 8);
            return code.registers(op_store, rdx, rax, 8);
        }
        constexpr bool is_signed = digit == 5;
        if (is_signed) {
            sign_to_64(code, rax, bytes(o));
            sign_to_64(code, rcx, bytes(o));
        }
        code.registers(op_multiply, rax, rcx, 8);
        code.registers(0xc1, shift_right, rax, 8);
        code.assembler_.byte(8 * bytes(o));
    }
    /// (a:b) / c.
    template <unsigned digit, bool remainder>
    static void divide(IrCode& code, const Operation& o) {
        // a is in rax, b in rcx, c in rdx; the host wants rdx:rax and a divisor elsewhere.
        code.assembler_.bytes({0x48, 0x87, 0xd0});  // xchg rax, rdx
        code.assembler_.bytes({0x48, 0x91});        // xchg rax, rcx
        code.registers(op_group_f7, digit, rcx, bytes(o));
        if (remainder) code.registers(op_store, rdx, rax, 8);
    }

    static void sign_to_64(IrCode& code, Reg reg, unsigned from_bytes) {
        if (from_bytes == 1) code.registers(op_move_sign_8, reg, reg, 8);
        if (from_bytes == 2) code.registers(op_move_sign_16, reg, reg, 8);
        if (from_bytes == 4) code.registers(op_move_sign_32, reg, reg, 8);
    }
    /// In 64 bits: what is shifted out above the operand is cleared by define(). Counts of 64 and more are looked for.
    template <unsigned digit>
    static void shift(IrCode& code, const Operation& o) {
        constexpr bool arithmetic = digit == shift_arithmetic;
        if (arithmetic) sign_to_64(code, rax, bytes(o));
        code.registers(0x83, 7, rcx, 8);  // cmp rcx, 63
        code.assembler_.byte(63);
        const auto in_range = code.jump_short(0x76);  // jbe
        if (arithmetic) {
            code.assembler_.bytes({0xb1, 63});  // mov cl, 63
        } else {
            code.assembler_.bytes({0x31, 0xc0});  // xor eax, eax
        }
        code.land(in_range);
        code.registers(op_shift_by_cl, digit, rax, 8);
    }
    template <unsigned digit>
    static void rotate(IrCode& code, const Operation& o) {
        code.registers(bytes(o) == 1 ? op_shift_by_cl - 1 : op_shift_by_cl, digit, rax, bytes(o));
    }
    static void sign_extend(IrCode& code, const Operation& o) { sign_to_64(code, rax, ir::size_bytes(o.lane)); }
    template <unsigned condition>
    static void compare(IrCode& code, const Operation& o) {
        code.registers(bytes(o) == 1 ? op_compare - 1 : op_compare, rcx, rax, bytes(o));
        code.registers(op_set + condition, 0, rax, 1);
        code.clear_upper(rax, 1);
    }
    static void select(IrCode& code, const Operation&) {
        code.registers(op_test - 1, rax, rax, 1);
        code.registers(op_load, rax, rdx, 8);  // leaves the flags
        code.registers(op_move_if + not_equal, rax, rcx, 8);
    }
    static void byte_swap(IrCode& code, const Operation& o) {
        if (bytes(o) == 8) code.assembler_.byte(0x48);
        code.assembler_.bytes({0x0f, 0xc8});
        if (bytes(o) == 2) code.assembler_.bytes({0xc1, 0xe8, 16});  // shr eax, 16
    }

    // ---- flags
    static unsigned sized(unsigned opcode, const Operation& o) { return bytes(o) == 1 ? opcode - 1 : opcode; }
    template <unsigned opcode>
    static void flags_binary(IrCode& code, const Operation& o) {
        code.registers(sized(opcode, o), rcx, rax, bytes(o));
        code.keep_flags(rflags::status);
    }
    template <unsigned opcode>
    static void flags_with_carry(IrCode& code, const Operation& o) {
        code.assembler_.bytes({0x80, 0xc2, 0xff});  // add dl, -1: CF = dl
        flags_binary<opcode>(code, o);
    }
    static void flags_logic(IrCode& code, const Operation& o) {
        code.registers(sized(op_test, o), rax, rax, bytes(o));
        code.keep_flags(rflags::status);
    }
    /// Of the result of INC or DEC: the host does it once more.
    template <unsigned digit>
    static void flags_step(IrCode& code, const Operation& o) {
        code.registers(sized(op_group_ff, o), 1 - digit, rax, bytes(o));
        code.registers(sized(op_group_ff, o), digit, rax, bytes(o));
        code.keep_flags(rflags::status & ~rflags::cf);
    }
    template <unsigned digit>
    static void flags_shift(IrCode& code, const Operation& o) {
        code.assembler_.bytes({0x84, 0xc9});           // test cl, cl
        const auto unchanged = code.jump_short(0x74);  // je
        code.registers(sized(op_shift_by_cl, o), digit, rax, bytes(o));
        code.keep_flags(rflags::status);
        code.land(unchanged);
    }
    static void put_flags(IrCode& code, const Operation& o) {
        const auto mask = static_cast<std::uint32_t>(o.immediate);
        code.registers(op_group_and, 4, rax, 4);
        code.assembler_.dword(mask);
        code.state(op_group_and, 4, flags_offset, 4);
        code.assembler_.dword(~mask);
        code.state(op_or, rax, flags_offset, 4);
    }
    static void get_flags(IrCode& code, const Operation&) {
        code.state(op_load, rax, flags_offset, 4);
        code.registers(op_group_and, 4, rax, 4);
        code.assembler_.dword(rflags::status);
    }
    static void condition(IrCode& code, const Operation& o) {
        load_guest_flags(code.assembler_);
        code.registers(op_set + o.aux, 0, rax, 1);
        code.clear_upper(rax, 1);
    }

    // ---- memory
    static void address(IrCode& code, const Operation& o) {
        if (o.a == ir::no_slot) code.assembler_.bytes({0x31, 0xc0});  // xor eax, eax
        if (o.b == ir::no_slot) code.assembler_.bytes({0x31, 0xc9});  // xor ecx, ecx
        // lea rax, [rax + rcx * scale + immediate]
        code.assembler_.bytes({0x48, op_lea, 0x84, static_cast<unsigned>(o.aux) << 6 | rcx << 3 | rax});
        code.assembler_.dword(static_cast<std::uint32_t>(o.immediate));
    }
    static void load(IrCode& code, const Operation& o) {
        const unsigned opcode = bytes(o) == 1 ? op_move_zero_8 : bytes(o) == 2 ? op_move_zero_16 : op_load;
        code.at_address(opcode, rax, rax, std::max(bytes(o), 4U));
    }
    static void store(IrCode& code, const Operation& o) { code.at_address(sized(op_store, o), rcx, rax, bytes(o)); }
    template <unsigned opcode, bool lock>
    static void atomic(IrCode& code, const Operation& o) {
        if (lock) code.assembler_.byte(0xf0);
        code.at_address(sized(opcode, o), rcx, rax, bytes(o));
        code.registers(op_store, rcx, rax, 8);
    }
    static void compare_exchange(IrCode& code, const Operation& o) {
        code.assembler_.bytes({0x48, 0x91});  // xchg rax, rcx: the expected value is RAX's
        code.assembler_.byte(0xf0);
        code.at_address(sized(op_compare_exchange, o), rdx, rcx, bytes(o));
    }
    static void fence(IrCode& code, const Operation&) { code.assembler_.bytes({0x0f, 0xae, 0xf0}); }
    static void check_aligned(IrCode& code, const Operation& o) {
        code.assembler_.byte(0xa9);  // test eax, imm32
        code.assembler_.dword(static_cast<std::uint32_t>(o.immediate - 1));
        code.bails_.push_back(code.assembler_.jump_if(not_equal));
    }
    static void check_canonical(IrCode& code, const Operation&) {
        code.registers(op_load, rdx, rax, 8);
        code.registers(0xc1, shift_arithmetic, rdx, 8);
        code.assembler_.byte(47);
        code.registers(op_group_ff, 0, rdx, 8);  // inc: 0 or 1 for addresses
        code.registers(0x83, 7, rdx, 8);         // cmp rdx, 1
        code.assembler_.byte(1);
        code.bails_.push_back(code.assembler_.jump_if(above));
    }

    // ---- exits
    static void exit_if(IrCode& code, const Operation& o) {
        code.registers(op_test - 1, rax, rax, 1);
        const auto stays = code.assembler_.jump_if(equal);
        code.leave();
        code.surroundings_.jump(GuestAddress(o.wide));
        code.surroundings_.note_registers_lent();  // where it stays
        code.assembler_.set_relative(stays, static_cast<std::int64_t>(code.assembler_.position()));
    }
    static void jump(IrCode& code, const Operation& o) {
        code.leave();
        code.surroundings_.jump(GuestAddress(o.wide));
    }
    static void jump_indirect(IrCode& code, const Operation&) {
        code.state(op_store, rax, offsetof(GuestState, rip), 8);
        code.leave();
        code.surroundings_.jump_indirect();
    }

    struct Row {
        Opcode opcode;
        Emit emit;
        unsigned smallest_bytes = 1;  // operand sizes for which there is code
    };
    static const Row* row(Opcode opcode);
};

namespace {

using I = IrOperations;
// clang-format off
constexpr std::array operations = {
    I::Row{Opcode::instruction,             I::nothing},
    I::Row{Opcode::hint_call,               I::nothing},
    I::Row{Opcode::constant,                I::constant},
    I::Row{Opcode::get_register,            I::get_register},
    I::Row{Opcode::set_register,            I::set_register},
    I::Row{Opcode::get_high_byte,           I::get_high_byte},
    I::Row{Opcode::set_high_byte,           I::set_high_byte},
    I::Row{Opcode::get_state,               I::get_state, 8},
    I::Row{Opcode::set_state,               I::set_state, 8},
    I::Row{Opcode::add,                     I::binary<op_add>},
    I::Row{Opcode::sub,                     I::binary<op_sub>},
    I::Row{Opcode::bit_and,                 I::binary<op_and>},
    I::Row{Opcode::bit_or,                  I::binary<op_or>},
    I::Row{Opcode::bit_xor,                 I::binary<op_xor>},
    I::Row{Opcode::bit_and_not,             I::and_not},
    I::Row{Opcode::bit_not,                 I::bit_not},
    I::Row{Opcode::negate,                  I::negate},
    I::Row{Opcode::mul,                     I::multiply},
    I::Row{Opcode::multiply_high_unsigned,  I::multiply_high<4>},
    I::Row{Opcode::multiply_high_signed,    I::multiply_high<5>},
    I::Row{Opcode::divide_unsigned,         I::divide<6, false>, 2},
    I::Row{Opcode::remainder_unsigned,      I::divide<6, true>, 2},
    I::Row{Opcode::divide_signed,           I::divide<7, false>, 2},
    I::Row{Opcode::remainder_signed,        I::divide<7, true>, 2},
    I::Row{Opcode::shift_left,              I::shift<shift_left>},
    I::Row{Opcode::shift_right,             I::shift<shift_right>},
    I::Row{Opcode::shift_right_arithmetic,  I::shift<shift_arithmetic>},
    I::Row{Opcode::rotate_left,             I::rotate<rotate_left>},
    I::Row{Opcode::rotate_right,            I::rotate<rotate_right>},
    I::Row{Opcode::zero_extend,             I::nothing},
    I::Row{Opcode::truncate,                I::nothing},
    I::Row{Opcode::sign_extend,             I::sign_extend},
    I::Row{Opcode::is_equal,                I::compare<equal>},
    I::Row{Opcode::is_less_unsigned,        I::compare<below>},
    I::Row{Opcode::is_less_signed,          I::compare<less>},
    I::Row{Opcode::select,                  I::select},
    I::Row{Opcode::byte_swap,               I::byte_swap, 2},
    I::Row{Opcode::flags_add,               I::flags_binary<op_add>},
    I::Row{Opcode::flags_adc,               I::flags_with_carry<op_adc>},
    I::Row{Opcode::flags_sub,               I::flags_binary<op_sub>},
    I::Row{Opcode::flags_sbb,               I::flags_with_carry<op_sbb>},
    I::Row{Opcode::flags_logic,             I::flags_logic},
    I::Row{Opcode::flags_inc,               I::flags_step<0>},
    I::Row{Opcode::flags_dec,               I::flags_step<1>},
    I::Row{Opcode::flags_shl,               I::flags_shift<shift_left>},
    I::Row{Opcode::flags_shr,               I::flags_shift<shift_right>},
    I::Row{Opcode::flags_sar,               I::flags_shift<shift_arithmetic>},
    I::Row{Opcode::put_flags,               I::put_flags},
    I::Row{Opcode::get_flags,               I::get_flags},
    I::Row{Opcode::condition,               I::condition},
    I::Row{Opcode::address,                 I::address},
    I::Row{Opcode::load,                    I::load},
    I::Row{Opcode::store,                   I::store},
    I::Row{Opcode::atomic_add,              I::atomic<op_exchange_add, true>},
    I::Row{Opcode::atomic_exchange,         I::atomic<op_exchange, false>},
    I::Row{Opcode::atomic_compare_exchange, I::compare_exchange},
    I::Row{Opcode::fence,                   I::fence},
    I::Row{Opcode::check_aligned,           I::check_aligned},
    I::Row{Opcode::check_canonical,         I::check_canonical},
    I::Row{Opcode::exit_if,                 I::exit_if},
    I::Row{Opcode::jump,                    I::jump},
    I::Row{Opcode::jump_indirect,           I::jump_indirect},
    I::Row{Opcode::return_indirect,         I::jump_indirect},
};
// clang-format on

bool has_slot(const Operation& operation, unsigned operand) {
    const auto& row = ir::opcode_row(operation.opcode);
    if (row.operands <= operand || (operand > 0 && row.shape == ir::Shape::wide)) return false;
    const std::array slots = {operation.a, operation.b, operation.c};
    return slots[operand] != ir::no_slot;
}

bool is_integer_operation(const Operation& operation) {
    const auto is_scalar = [](ir::Type type) { return type == ir::Type::none || ir::is_integer(type); };
    return is_scalar(operation.type) && is_scalar(operation.lane);
}

/// The fields of GuestState that are current while translated code runs.
bool is_current_field(const Operation& operation) {
    const auto offset = static_cast<std::size_t>(operation.immediate);
    return offset == offsetof(GuestState, fs_base) || offset == offsetof(GuestState, gs_base);
}

bool is_check(Opcode opcode) {
    return opcode == Opcode::check_aligned || opcode == Opcode::check_canonical;
}

bool changes_something(const Operation& operation) {
    const auto effect = ir::opcode_row(operation.opcode).effect;
    return (effect == ir::Effect::writes && operation.opcode != Opcode::instruction) || effect == ir::Effect::store;
}

}  // namespace

const IrOperations::Row* IrOperations::row(Opcode opcode) {
    const auto* const found = std::ranges::find(operations, opcode, &Row::opcode);
    return found == operations.end() ? nullptr : found;
}

bool IrCode::covers(const ir::Block& instruction) {
    bool changed = false;
    return std::ranges::all_of(instruction.operations, [&](const Operation& operation) {
        const auto* const row = IrOperations::row(operation.opcode);
        if (row == nullptr || !is_integer_operation(operation)) return false;
        if (operation.type != ir::Type::none && ir::size_bytes(operation.type) < row->smallest_bytes) return false;
        const bool accesses_state = operation.opcode == Opcode::get_state || operation.opcode == Opcode::set_state;
        if (accesses_state && !is_current_field(operation)) return false;
        if (is_check(operation.opcode) && changed) return false;  // too late to start over
        changed |= changes_something(operation);
        return true;
    });
}

IrCode::IrCode(Assembler& assembler, IrSurroundings& surroundings, const ir::Block& instruction)
    : assembler_(assembler),
      surroundings_(surroundings),
      instruction_(instruction),
      constants_(instruction.slots),
      last_use_(instruction.slots) {
    for (std::uint32_t i = 0; i < instruction.operations.size(); ++i) {
        const auto& operation = instruction.operations[i];
        if (has_slot(operation, 0)) last_use_[operation.a] = i;
        if (has_slot(operation, 1)) last_use_[operation.b] = i;
        if (has_slot(operation, 2)) last_use_[operation.c] = i;
    }
}

bool IrCode::emit() {
    const auto next = instruction_.begin + instruction_.guest_bytes;
    const auto& last = instruction_.operations.back();
    const bool falls_through = last.opcode == Opcode::jump && last.wide == next.value();
    for (; index_ < instruction_.operations.size(); ++index_) {
        const auto& operation = instruction_.operations[index_];
        if (falls_through && &operation == &last) break;
        fetch_operands(operation);
        IrOperations::row(operation.opcode)->emit(*this, operation);
        define(operation);
    }
    if (!bails_.empty()) emit_bails(falls_through);
    return falls_through;
}

void IrCode::emit_bails(bool falls_through) {
    const auto over = falls_through ? assembler_.jump() : 0;
    surroundings_.note_registers_lent();
    for (const auto bail : bails_) assembler_.set_relative(bail, static_cast<std::int64_t>(assembler_.position()));
    leave();
    surroundings_.evaluate_instead();
    if (!falls_through) return;
    enter(assembler_);
    assembler_.set_relative(over, static_cast<std::int64_t>(assembler_.position()));
}

void IrCode::enter(Assembler& assembler) {
    for (const auto reg : lent_registers) assembler.store_state(spill_offset(reg), reg);
    assembler.bytes({0x9c, 0x58});  // pushfq; pop rax
    assembler.byte(0x25);           // and eax, imm32
    assembler.dword(kept_flags);
    assembler.store_state(flags_offset, rax);
    assembler.load_state(scratch, offsetof(GuestState, translated.frame));
}

void IrCode::leave(Assembler& assembler) {
    load_guest_flags(assembler);
    for (const auto reg : lent_registers) assembler.load_state(reg, spill_offset(reg));
}

void IrCode::keep_flags(std::uint32_t mask) {
    assembler_.bytes({0x9c, 0x59});  // pushfq; pop rcx
    registers(op_group_and, 4, rcx, 4);
    if (mask == rflags::status) {
        assembler_.dword(kept_flags);
        return assembler_.store_state(flags_offset, rcx);
    }
    assembler_.dword(mask);
    state(op_group_and, 4, flags_offset, 4);
    assembler_.dword(~mask);
    state(op_or, rcx, flags_offset, 4);
}

void IrCode::fetch(Reg to, std::uint16_t slot) {
    if (is_constant(slot)) return assembler_.move_immediate(to, constants_[slot].value);
    if (slot != held_) return frame(op_load, to, slot, 8);
    if (to != rax) registers(op_store, rax, to, 8);
}

void IrCode::fetch_operands(const Operation& operation) {
    // RAX last: it may hold one of the others.
    if (has_slot(operation, 2)) fetch(rdx, operation.c);
    if (has_slot(operation, 1)) fetch(rcx, operation.b);
    if (has_slot(operation, 0)) fetch(rax, operation.a);
}

void IrCode::define(const Operation& operation) {
    held_ = ir::no_slot;
    const auto type = ir::result_type(operation.opcode, operation.type);
    if (type == ir::Type::none || is_constant(operation.result)) return;
    clear_upper(rax, ir::size_bytes(type));
    held_ = operation.result;
    if (last_use_[operation.result] > index_ + 1) frame(op_store, rax, operation.result, 8);
}

void IrCode::clear_upper(Reg reg, unsigned bytes) {
    if (bytes == 1) registers(op_move_zero_8, reg, reg, 4);
    if (bytes == 2) registers(op_move_zero_16, reg, reg, 4);
    if (bytes == 4) registers(op_load, reg, reg, 4);
}

void IrCode::opcode_and_prefixes(unsigned opcode, unsigned reg, unsigned rm, unsigned bytes, bool rm_is_register) {
    if (bytes == 2) assembler_.byte(0x66);
    const bool names_low_byte = bytes == 1 && ((reg >= 4 && opcode < 0x100) || (rm >= 4 && rm_is_register));
    const unsigned rex = 0x40 | (bytes == 8 ? 8U : 0U) | (reg >> 3) << 2 | rm >> 3;
    if (rex != 0x40 || names_low_byte) assembler_.byte(rex);
    if (opcode > 0xff) assembler_.byte(opcode >> 8);
    assembler_.byte(opcode & 0xff);
}

void IrCode::registers(unsigned opcode, unsigned reg, unsigned rm, unsigned bytes) {
    opcode_and_prefixes(opcode, reg, rm, bytes, true);
    assembler_.byte(0xc0 | (reg & 7) << 3 | (rm & 7));
}

void IrCode::frame(unsigned opcode, unsigned reg, std::uint16_t slot, unsigned bytes) {
    opcode_and_prefixes(opcode, reg, scratch, bytes, false);
    assembler_.byte(0x80 | (reg & 7) << 3 | (scratch & 7));
    assembler_.dword(slot * static_cast<std::uint32_t>(sizeof(std::uint64_t)));
}

void IrCode::state(unsigned opcode, unsigned reg, std::size_t offset, unsigned bytes) {
    assembler_.byte(0x65);
    opcode_and_prefixes(opcode, reg, 0, bytes, false);
    assembler_.bytes({0x04U | (reg & 7) << 3, 0x25});
    assembler_.dword(static_cast<std::uint32_t>(offset));
}

void IrCode::at_address(unsigned opcode, unsigned reg, Reg base, unsigned bytes) {
    opcode_and_prefixes(opcode, reg, base, bytes, false);
    assembler_.byte((reg & 7) << 3 | (base & 7U));
}

std::size_t IrCode::jump_short(unsigned opcode) {
    assembler_.bytes({opcode, 0});
    return assembler_.position();
}

void IrCode::land(std::size_t jump) {
    assembler_.set_byte(jump - 1, static_cast<unsigned>(assembler_.position() - jump));
}

}  // namespace lxr::host
