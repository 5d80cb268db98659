// The rows of ir_operations.h.
#include "jit/host/x86_64/ir_operations.h"

#include <algorithm>

#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/opcodes.h"

namespace lxr::host {

using ir::Opcode;
using ir::Operation;

namespace {

/// RAX, RCX and RDX are lent while code from the IR runs.
bool is_lent(unsigned guest_register) {
    constexpr unsigned guest_rdx = 2;
    return guest_register <= guest_rdx;
}
bool is_in_state(unsigned guest_register) {
    return is_lent(guest_register) || (homeless & bit(guest_register)) != 0;
}
/// Where a guest register without a home is meanwhile.
std::size_t place_of(unsigned guest_register) {
    return is_lent(guest_register) ? spill_offset(guest_register) : gpr_offset(guest_register);
}

}  // namespace

/// One function for each operation that has host code.
struct IrOperations {
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
        code.state(op_group_and, 4, IrCode::flags_offset, 4);
        code.assembler_.dword(~mask);
        code.state(op_or, rax, IrCode::flags_offset, 4);
    }
    static void get_flags(IrCode& code, const Operation&) {
        code.state(op_load, rax, IrCode::flags_offset, 4);
        code.registers(op_group_and, 4, rax, 4);
        code.assembler_.dword(rflags::status);
    }
    static void condition(IrCode& code, const Operation& o) {
        IrCode::load_guest_flags(code.assembler_);
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
};

namespace {

using I = IrOperations;
// clang-format off
constexpr std::array operations = {
    IrOperationRow{Opcode::instruction,             I::nothing},
    IrOperationRow{Opcode::hint_call,               I::nothing},
    IrOperationRow{Opcode::constant,                I::constant},
    IrOperationRow{Opcode::get_register,            I::get_register},
    IrOperationRow{Opcode::set_register,            I::set_register},
    IrOperationRow{Opcode::get_high_byte,           I::get_high_byte},
    IrOperationRow{Opcode::set_high_byte,           I::set_high_byte},
    IrOperationRow{Opcode::get_state,               I::get_state, 8},
    IrOperationRow{Opcode::set_state,               I::set_state, 8},
    IrOperationRow{Opcode::add,                     I::binary<op_add>},
    IrOperationRow{Opcode::sub,                     I::binary<op_sub>},
    IrOperationRow{Opcode::bit_and,                 I::binary<op_and>},
    IrOperationRow{Opcode::bit_or,                  I::binary<op_or>},
    IrOperationRow{Opcode::bit_xor,                 I::binary<op_xor>},
    IrOperationRow{Opcode::bit_and_not,             I::and_not},
    IrOperationRow{Opcode::bit_not,                 I::bit_not},
    IrOperationRow{Opcode::negate,                  I::negate},
    IrOperationRow{Opcode::mul,                     I::multiply},
    IrOperationRow{Opcode::multiply_high_unsigned,  I::multiply_high<4>},
    IrOperationRow{Opcode::multiply_high_signed,    I::multiply_high<5>},
    IrOperationRow{Opcode::divide_unsigned,         I::divide<6, false>, 2},
    IrOperationRow{Opcode::remainder_unsigned,      I::divide<6, true>, 2},
    IrOperationRow{Opcode::divide_signed,           I::divide<7, false>, 2},
    IrOperationRow{Opcode::remainder_signed,        I::divide<7, true>, 2},
    IrOperationRow{Opcode::shift_left,              I::shift<shift_left>},
    IrOperationRow{Opcode::shift_right,             I::shift<shift_right>},
    IrOperationRow{Opcode::shift_right_arithmetic,  I::shift<shift_arithmetic>},
    IrOperationRow{Opcode::rotate_left,             I::rotate<rotate_left>},
    IrOperationRow{Opcode::rotate_right,            I::rotate<rotate_right>},
    IrOperationRow{Opcode::zero_extend,             I::nothing},
    IrOperationRow{Opcode::truncate,                I::nothing},
    IrOperationRow{Opcode::sign_extend,             I::sign_extend},
    IrOperationRow{Opcode::is_equal,                I::compare<equal>},
    IrOperationRow{Opcode::is_less_unsigned,        I::compare<below>},
    IrOperationRow{Opcode::is_less_signed,          I::compare<less>},
    IrOperationRow{Opcode::select,                  I::select},
    IrOperationRow{Opcode::byte_swap,               I::byte_swap, 2},
    IrOperationRow{Opcode::flags_add,               I::flags_binary<op_add>},
    IrOperationRow{Opcode::flags_adc,               I::flags_with_carry<op_adc>},
    IrOperationRow{Opcode::flags_sub,               I::flags_binary<op_sub>},
    IrOperationRow{Opcode::flags_sbb,               I::flags_with_carry<op_sbb>},
    IrOperationRow{Opcode::flags_logic,             I::flags_logic},
    IrOperationRow{Opcode::flags_inc,               I::flags_step<0>},
    IrOperationRow{Opcode::flags_dec,               I::flags_step<1>},
    IrOperationRow{Opcode::flags_shl,               I::flags_shift<shift_left>},
    IrOperationRow{Opcode::flags_shr,               I::flags_shift<shift_right>},
    IrOperationRow{Opcode::flags_sar,               I::flags_shift<shift_arithmetic>},
    IrOperationRow{Opcode::put_flags,               I::put_flags},
    IrOperationRow{Opcode::get_flags,               I::get_flags},
    IrOperationRow{Opcode::condition,               I::condition},
    IrOperationRow{Opcode::address,                 I::address},
    IrOperationRow{Opcode::load,                    I::load},
    IrOperationRow{Opcode::store,                   I::store},
    IrOperationRow{Opcode::atomic_add,              I::atomic<op_exchange_add, true>},
    IrOperationRow{Opcode::atomic_exchange,         I::atomic<op_exchange, false>},
    IrOperationRow{Opcode::atomic_compare_exchange, I::compare_exchange},
    IrOperationRow{Opcode::fence,                   I::fence},
    IrOperationRow{Opcode::check_aligned,           I::check_aligned},
    IrOperationRow{Opcode::check_canonical,         I::check_canonical},
    IrOperationRow{Opcode::exit_if,                 I::exit_if},
    IrOperationRow{Opcode::jump,                    I::jump},
    IrOperationRow{Opcode::jump_indirect,           I::jump_indirect},
    IrOperationRow{Opcode::return_indirect,         I::jump_indirect},
};
// clang-format on

}  // namespace

const IrOperationRow* ir_operation_row(Opcode opcode) {
    const auto* const found = std::ranges::find(operations, opcode, &IrOperationRow::opcode);
    return found == operations.end() ? nullptr : found;
}

}  // namespace lxr::host
