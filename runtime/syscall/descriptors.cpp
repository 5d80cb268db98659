// Calls on descriptors that could reach lxr's own: to the guest those are not open.
#include <linux/close_range.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "lifter/support/engine_descriptors.h"
#include "lifter/support/engine_tasks.h"
#include "runtime/guest_memory.h"
#include "runtime/proc/proc_file.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {
namespace {

SyscallResult pass_unless_engine(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments) {
    if (is_engine_descriptor(arguments.integer(0))) return Errno{EBADF};
    return pass_to_host(thread, number, arguments);
}

SyscallResult duplicate_onto(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments) {
    const int from = arguments.integer(0);
    const int to = arguments.integer(1);
    if (is_engine_descriptor(from)) return Errno{EBADF};
    vacate_descriptor(to);
    return pass_to_host(thread, number, arguments);
}

/// The parts of [first, last] that are not lxr's.
std::vector<std::pair<unsigned, unsigned>> without_engine_descriptors(unsigned first, unsigned last) {
    std::vector<unsigned> engine;
    for_each_engine_descriptor([&](int fd) { engine.push_back(static_cast<unsigned>(fd)); });
    std::ranges::sort(engine);
    std::vector<std::pair<unsigned, unsigned>> parts;
    for (const unsigned fd : engine) {
        if (fd < first || fd > last) continue;
        if (fd > first) parts.emplace_back(first, fd - 1);
        first = fd + 1;
    }
    if (first <= last) parts.emplace_back(first, last);
    return parts;
}

/// One entry of getdents(2) or getdents64(2): both begin with inode, offset and length; they differ in where the name is.
struct EntryHead {
    std::uint64_t inode;
    std::uint64_t offset;
    std::uint16_t length;
};
constexpr std::size_t name_offset_getdents = 18;
constexpr std::size_t name_offset_getdents64 = 19;

/// Whether the name is the number of something of lxr's own.
bool names_engine_entry(const char* name, bool (*is_engine_number)(int)) {
    int number = -1;
    const char* end = name + std::strlen(name);
    const auto parsed = std::from_chars(name, end, number);
    return parsed.ptr == end && is_engine_number(number);
}

/// What of lxr's own is listed by its number in a directory of the process in /proc; null if nothing is.
auto engine_numbers_in(OwnProcFile directory) -> bool (*)(int) {
    switch (directory) {
        case OwnProcFile::descriptor_directory:
            return any_engine_descriptor() ? &is_engine_descriptor : nullptr;
        case OwnProcFile::task_directory:
            return &is_engine_task;
        default:
            return nullptr;
    }
}

/// Removes the entries that are numbers of lxr's own. @return the bytes that remain.
std::size_t remove_engine_entries(std::vector<char>& entries, std::size_t name_offset, bool (*is_engine_number)(int)) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < entries.size();) {
        EntryHead head;
        std::memcpy(&head, &entries[at], sizeof head);
        if (!names_engine_entry(&entries[at + name_offset], is_engine_number)) {
            std::memmove(&entries[kept], &entries[at], head.length);
            kept += head.length;
        }
        at += head.length;
    }
    return kept;
}

SyscallResult read_directory(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments,
                             std::size_t name_offset) {
    while (true) {
        const SyscallResult result = pass_to_host(thread, number, arguments);
        if (result.kind() != SyscallResult::Kind::value || result.value() <= 0) return result;
        if (!any_engine_descriptor() && !any_engine_task()) return result;
        const auto is_engine_number = engine_numbers_in(own_proc_file(arguments.integer(0)));
        if (is_engine_number == nullptr) return result;

        std::vector<char> entries(static_cast<std::size_t>(result.value()));
        if (!copy_from_guest(entries.data(), arguments.address(1), entries.size())) return Errno{EFAULT};
        const std::size_t kept = remove_engine_entries(entries, name_offset, is_engine_number);
        if (!copy_to_guest(arguments.address(1), entries.data(), kept)) return Errno{EFAULT};
        // Nothing would say that the directory ends here: read on.
        if (kept != 0) return SyscallResult::raw(static_cast<std::int64_t>(kept));
    }
}

}  // namespace

SyscallResult sys_close(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_unless_engine(thread, guest_syscall::close, arguments);
}

SyscallResult sys_dup(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_unless_engine(thread, guest_syscall::dup, arguments);
}

SyscallResult sys_fcntl(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_unless_engine(thread, guest_syscall::fcntl, arguments);
}

SyscallResult sys_dup2(GuestThread& thread, const SyscallArguments& arguments) {
    return duplicate_onto(thread, guest_syscall::dup2, arguments);
}

SyscallResult sys_dup3(GuestThread& thread, const SyscallArguments& arguments) {
    return duplicate_onto(thread, guest_syscall::dup3, arguments);
}

SyscallResult sys_close_range(GuestThread& thread, const SyscallArguments& arguments) {
    const auto first = static_cast<unsigned>(arguments[0]);
    const auto last = static_cast<unsigned>(arguments[1]);
    if (!any_engine_descriptor() || first > last) return pass_to_host(thread, guest_syscall::close_range, arguments);
    for (const auto& [begin, end] : without_engine_descriptors(first, last)) {
        const SyscallResult result = pass_to_host(thread, guest_syscall::close_range, {{begin, end, arguments[2]}});
        if (result.kind() != SyscallResult::Kind::value || result.value() != 0) return result;
    }
    return SyscallResult::raw(0);
}

SyscallResult sys_getdents(GuestThread& thread, const SyscallArguments& arguments) {
    return read_directory(thread, guest_syscall::getdents, arguments, name_offset_getdents);
}

SyscallResult sys_getdents64(GuestThread& thread, const SyscallArguments& arguments) {
    return read_directory(thread, guest_syscall::getdents64, arguments, name_offset_getdents64);
}

}  // namespace lxr
