// The host's opcodes and condition codes that code from the IR is made of.
#pragma once

namespace lxr::host {

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
inline constexpr unsigned below = 2;
inline constexpr unsigned equal = 4;
inline constexpr unsigned not_equal = 5;
inline constexpr unsigned above = 7;
inline constexpr unsigned less = 12;

}  // namespace lxr::host
