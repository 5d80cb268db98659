// Guest memory is read by the kernel, which reports what cannot be read instead of faulting.
#include "jit/check/undo_log.h"

#include <fmt/core.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ranges>

#include "lifter/support/check.h"

namespace lxr::check {

namespace {

/// As many of the bytes as can be read.
std::vector<std::byte> read_memory(GuestAddress begin, std::uint64_t size_bytes) {
    std::vector<std::byte> bytes(size_bytes);
    std::uint64_t done = 0;
    while (done < size_bytes) {  // a page at a time: a transfer does not say how much of a page it did
        const auto at = begin + done;
        const auto part = std::min(size_bytes - done, page_size_bytes - at.value() % page_size_bytes);
        const iovec local{bytes.data() + done, part};
        const iovec remote{host_pointer<void>(at), part};
        const auto count = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
        LXR_CHECK(count >= 0 || errno == EFAULT);
        if (count != static_cast<ssize_t>(part)) break;
        done += part;
    }
    bytes.resize(done);
    return bytes;
}

std::string hex(const std::vector<std::byte>& bytes, std::size_t from) {
    constexpr std::size_t most_shown = 16;
    std::string text;
    for (std::size_t i = from; i < std::min(bytes.size(), from + most_shown); ++i) {
        text += fmt::format(" {:02x}", static_cast<unsigned>(bytes[i]));
    }
    return text;
}

}  // namespace

void UndoLog::note(GuestAddress begin, std::uint64_t size_bytes) {
    entries_.push_back({.begin = begin, .before = read_memory(begin, size_bytes), .written = {}});
}

void UndoLog::undo() {
    for (auto& entry : entries_) entry.written = read_memory(entry.begin, entry.before.size());
    for (auto& entry : entries_ | std::views::reverse) {
        // What could not be written has not changed. (It may have changed before: then an earlier entry is to undo that.)
        if (read_memory(entry.begin, entry.before.size()) == entry.before) continue;
        std::memcpy(host_pointer(entry.begin), entry.before.data(), entry.before.size());
    }
}

std::optional<std::string> UndoLog::difference() const {
    for (const auto& entry : entries_) {
        const auto now = read_memory(entry.begin, entry.written.size());
        const auto [expected, found] = std::ranges::mismatch(entry.written, now);
        if (expected == entry.written.end()) continue;
        const auto from = static_cast<std::size_t>(expected - entry.written.begin());
        return fmt::format("memory at {:#x}: interpreter{}, baseline{}", (entry.begin + from).value(), hex(entry.written, from),
                           hex(now, from));
    }
    return std::nullopt;
}

}  // namespace lxr::check
