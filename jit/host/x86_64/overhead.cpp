// What the block emitter's code costs beside the guest's own instructions, in host instructions; where the host has to wait for
// one, it counts as several.
#include <array>
#include <bit>

#include "jit/host/block_emitter.h"
#include "jit/host/x86_64/homes.h"
#include "jit/host/x86_64/instruction_form.h"

namespace lxr::host {

namespace {

struct FormOverhead {
    Form form;
    unsigned direct;    // also of what is no transfer
    unsigned indirect;  // of a transfer whose target is in a register or in memory
};

constexpr FormOverhead overheads[] = {
    // clang-format off
    {Form::interpreted,  300, 300},
    {Form::from_ir,       20,  20},
    {Form::copied,         0,   0},
    {Form::nothing,        0,   0},
    {Form::push,           0,   0},
    {Form::pop,            0,   0},
    {Form::leave,          2,   2},
    {Form::jump,           0,  12},
    {Form::jump_if,        0,   0},
    {Form::jump_if_zero,   1,   1},
    {Form::loop,           2,   2},
    {Form::call,           9,  20},
    {Form::ret,            6,   6},
    {Form::syscall,        0,   0},
    // clang-format on
};

constexpr auto by_form = [] {
    std::array<FormOverhead, std::size(overheads)> rows{};
    for (const auto& row : overheads) rows[static_cast<std::size_t>(row.form)] = row;
    return rows;
}();

}  // namespace

unsigned overhead_of(std::span<const std::byte> code, GuestAddress address) {
    const auto encoding = decode_encoding(code, address);
    if (!encoding) return 0;
    const auto& row = by_form[static_cast<std::size_t>(form_of(*encoding, Copies::exact))];
    const bool is_transfer = row.form == Form::jump || row.form == Form::call;
    if (is_transfer && encoding->first_operand != OperandKind::immediate) return row.indirect;
    if (row.form != Form::copied) return row.direct;
    const auto fetched = static_cast<std::uint16_t>(explicit_gprs(*encoding) & homeless);
    const auto written = static_cast<std::uint16_t>(encoding->gprs_written & homeless);
    return static_cast<unsigned>(std::popcount(fetched) + std::popcount(written)) + (needs_address_base(*encoding) ? 1U : 0U);
}

}  // namespace lxr::host
