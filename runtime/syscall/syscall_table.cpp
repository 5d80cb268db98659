// Builds the table of system calls from syscalls.inc.
#include "runtime/syscall/syscall_table.h"

#include <algorithm>
#include <cerrno>

namespace lxr {
namespace {

using enum ArgumentKind;

struct NumberedRow {
    std::uint64_t number;
    SyscallRow row;
};

constexpr NumberedRow rows[] = {
#define HANDLED(number, name, family, ...) {number, {#name, Disposition::handled, sys_##name, 0, nullptr, {__VA_ARGS__}}},
#define PASSED(number, name, ...) {number, {#name, Disposition::passed, nullptr, 0, nullptr, {__VA_ARGS__}}},
#define ALONE(number, name, afterwards, ...) \
    {number, {#name, Disposition::alone, nullptr, 0, nullptr, {__VA_ARGS__}, Afterwards::afterwards}},
#define REFUSED(number, name, error_name, why) \
    {number, {#name, Disposition::refused, nullptr, error_name, why, {hex, hex, hex, hex, hex, hex}}},
#define UNSUPPORTED(number, name, error_name, why) \
    {number, {#name, Disposition::unsupported, nullptr, error_name, why, {hex, hex, hex, hex, hex, hex}}},
#define ABSENT(number, name) {number, {#name, Disposition::absent, nullptr, ENOSYS, nullptr, {hex, hex, hex, hex, hex, hex}}},
#include "runtime/syscall/syscalls.inc"
};

constexpr SyscallRow no_such_call{nullptr, Disposition::absent, nullptr, ENOSYS, nullptr, {hex, hex, hex, hex, hex, hex}};

constexpr std::size_t table_size = std::ranges::max(rows, {}, &NumberedRow::number).number + 1;

constexpr auto make_table() {
    std::array<SyscallRow, table_size> table;
    table.fill(no_such_call);
    for (const NumberedRow& entry : rows) table[entry.number] = entry.row;
    return table;
}

constexpr std::array<SyscallRow, table_size> table = make_table();

static_assert(std::ranges::adjacent_find(rows, std::ranges::greater_equal{}, &NumberedRow::number) == std::ranges::end(rows),
              "syscalls.inc: numbers must ascend, each once");

}  // namespace

std::span<const ArgumentKind> SyscallRow::argument_kinds() const {
    const auto end = std::ranges::find(arguments, ArgumentKind::none);
    return {arguments.begin(), end};
}

const SyscallRow& syscall_row(std::uint64_t number) {
    const auto index = static_cast<std::uint32_t>(number);
    return index < table.size() ? table[index] : no_such_call;
}

}  // namespace lxr
