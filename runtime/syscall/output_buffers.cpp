// Vectors of buffers, and the messages that contain such.
#include "runtime/syscall/output_buffers.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <climits>

#include "runtime/guest_memory.h"
#include "runtime/process.h"
#include "runtime/syscall/syscall_table.h"

namespace lxr {

namespace {

bool let_write(AddressSpace& memory, const void* begin) {
    return memory.let_kernel_write(GuestAddress(reinterpret_cast<std::uint64_t>(begin)));
}

bool let_write_parts(AddressSpace& memory, GuestAddress parts, std::uint64_t count) {
    bool any = false;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, IOV_MAX); ++i) {
        const auto part = read_guest<iovec>(parts + i * sizeof(iovec));
        if (!part) break;
        any |= let_write(memory, part->iov_base);
    }
    return any;
}

bool let_write_message(AddressSpace& memory, GuestAddress header) {
    const auto message = read_guest<msghdr>(header);
    if (!message) return false;
    bool any = let_write(memory, message->msg_name);
    any |= let_write(memory, message->msg_control);
    return let_write_parts(memory, GuestAddress(reinterpret_cast<std::uint64_t>(message->msg_iov)), message->msg_iovlen) || any;
}

bool parts_of_vector(AddressSpace& memory, const SyscallArguments& arguments) {
    return let_write_parts(memory, arguments.address(1), arguments[2]);
}

/// Of another process, or of this one.
bool remote_parts(AddressSpace& memory, const SyscallArguments& arguments) {
    return let_write_parts(memory, arguments.address(3), arguments[4]);
}

bool parts_of_message(AddressSpace& memory, const SyscallArguments& arguments) {
    return let_write_message(memory, arguments.address(1));
}

bool parts_of_messages(AddressSpace& memory, const SyscallArguments& arguments) {
    bool any = false;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(arguments[2], IOV_MAX); ++i) {
        any |= let_write_message(memory, arguments.address(1) + i * sizeof(mmsghdr));
    }
    return any;
}

struct Row {
    std::uint64_t number;
    bool (*let_write)(AddressSpace& memory, const SyscallArguments& arguments);
};

// clang-format off
constexpr std::array rows = {
    Row{guest_syscall::readv,            parts_of_vector},
    Row{guest_syscall::preadv,           parts_of_vector},
    Row{guest_syscall::preadv2,          parts_of_vector},
    Row{guest_syscall::process_vm_readv, parts_of_vector},
    Row{guest_syscall::process_vm_writev, remote_parts},
    Row{guest_syscall::recvmsg,          parts_of_message},
    Row{guest_syscall::recvmmsg,         parts_of_messages},
};
// clang-format on

}  // namespace

bool let_call_write(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments) {
    AddressSpace& memory = thread.process.memory;
    if (!memory.guards_pages()) return false;
    bool any = false;
    const auto given = syscall_row(number).argument_kinds().size();
    for (std::size_t i = 0; i < given; ++i) any |= memory.let_kernel_write(arguments.address(i));
    const auto* const row = std::ranges::find(rows, number, &Row::number);
    if (row != rows.end()) any |= row->let_write(memory, arguments);
    return any;
}

}  // namespace lxr
