// Bounds of the guest's window around the one instruction that may fault (runtime/host/…/guest_copy.S).
#include "runtime/guest_memory.h"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/host/guest_copy.h"

namespace lxr {

namespace {

constinit std::uint64_t guest_memory_end = 0x7fff'ffff'f000;  // TASK_SIZE of a 47-bit address space

bool in_window(GuestAddress begin, std::size_t size_bytes) {
    return begin.value() <= guest_memory_end && size_bytes <= guest_memory_end - begin.value();
}

std::function<bool(GuestAddress)>& write_permission() {
    static std::function<bool(GuestAddress)> permission;
    return permission;
}

}  // namespace

void set_guest_write_permission(std::function<bool(GuestAddress)> permission) {
    write_permission() = std::move(permission);
}

void set_guest_memory_end(std::uint64_t end) {
    guest_memory_end = end;
}

bool copy_from_guest(void* destination, GuestAddress source, std::size_t size_bytes) {
    return in_window(source, size_bytes) && lxr_guest_copy(destination, host_pointer(source), size_bytes) == 0;
}

bool copy_to_guest(GuestAddress destination, const void* source, std::size_t size_bytes) {
    if (!in_window(destination, size_bytes)) return false;
    const auto copy = [&] { return lxr_guest_copy(host_pointer(destination), source, size_bytes) == 0; };
    return copy() || (write_permission() && write_permission()(destination) && copy());
}

Result<std::string> read_guest_string(GuestAddress source, std::size_t limit_bytes) {
    std::string text;
    std::array<char, 256> chunk;
    while (text.size() < limit_bytes) {
        const GuestAddress position = source + text.size();
        const std::size_t to_page_end = page_size_bytes - position.value() % page_size_bytes;
        const std::size_t wanted = std::min({chunk.size(), to_page_end, limit_bytes - text.size()});
        if (!copy_from_guest(chunk.data(), position, wanted)) return error(EFAULT);
        const std::size_t length = strnlen(chunk.data(), wanted);
        text.append(chunk.data(), length);
        if (length < wanted) return text;
    }
    return error(ENAMETOOLONG);
}

}  // namespace lxr
