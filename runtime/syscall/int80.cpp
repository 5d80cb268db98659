// Maps the kernel's 32-bit table to the 64-bit one, where a call means the same to both.
#include "runtime/syscall/int80.h"

#include <algorithm>
#include <cerrno>

#include "lifter/support/log.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {
namespace {

struct Int80Row {
    std::uint32_t number;
    std::uint64_t guest_number;
};

constexpr Int80Row rows[] = {
#define INT80(number, name) {number, guest_syscall::name},
#include "runtime/syscall/int80.inc"
};
static_assert(std::ranges::is_sorted(rows, {}, &Int80Row::number), "int80.inc: numbers must ascend");

/// The kernel has nothing behind higher numbers either (Linux 6.18).
constexpr std::uint32_t last_number_of_kernel = 469;

}  // namespace

SyscallResult perform_int80(GuestThread& thread, std::uint32_t number, const std::array<std::uint32_t, 6>& registers) {
    const auto* row = std::ranges::lower_bound(rows, number, {}, &Int80Row::number);
    if (row == std::end(rows) || row->number != number) {
        if (number <= last_number_of_kernel) {
            log(LogCategory::syscall, LogLevel::warning, "INT 0x80 call {} is not in runtime/syscall/int80.inc", number);
        }
        return Errno{ENOSYS};
    }
    SyscallArguments arguments{};
    std::ranges::copy(registers, arguments.values.begin());
    return perform_syscall(thread, row->guest_number, arguments);
}

}  // namespace lxr
