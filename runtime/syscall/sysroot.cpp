// Looks paths up under the folder of -L.
#include "runtime/syscall/sysroot.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string_view>

#include "runtime/guest_memory.h"
#include "runtime/proc/descriptor.h"

namespace lxr {
namespace {

/// Folders that a sysroot has empty and a host has alive.
constexpr std::string_view host_folders[] = {"/dev", "/proc", "/run", "/sys", "/tmp"};

bool belongs_to_host(std::string_view path) {
    return std::ranges::any_of(host_folders, [path](std::string_view folder) {
        return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
    });
}

}  // namespace

std::optional<std::string> find_in_sysroot(const std::string& sysroot, const std::string& path, bool follow_last) {
    if (sysroot.empty() || !path.starts_with('/') || belongs_to_host(path)) return std::nullopt;
    const Descriptor root(open(sysroot.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root.is_open()) return std::nullopt;
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC | (follow_last ? 0 : O_NOFOLLOW);
    how.resolve = RESOLVE_IN_ROOT;
    const Descriptor file(static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
    if (!file.is_open()) return std::nullopt;
    char resolved[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(file.get());
    const ssize_t length = readlink(link.c_str(), resolved, sizeof resolved);
    if (length <= 0) return std::nullopt;
    return std::string(resolved, static_cast<std::size_t>(length));
}

LookedUpPath::LookedUpPath(const RuntimeOptions& options, GuestAddress path, bool follow_last) : guest_(path) {
    if (options.sysroot.empty()) return;
    const Result<std::string> text = read_guest_string(path);
    if (text) found_ = find_in_sysroot(options.sysroot, *text, follow_last);
}

std::uint64_t LookedUpPath::argument() const {
    return found_ ? reinterpret_cast<std::uint64_t>(found_->c_str()) : guest_.value();
}

}  // namespace lxr
