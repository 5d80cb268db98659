// -L: absolute paths are looked up in a folder first. Called by the file calls and by execve.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lifter/support/address.h"
#include "runtime/options.h"

namespace lxr {

/// The path of the file that `path` names inside the sysroot, as the host knows it: its links are resolved inside the
/// sysroot. Nothing if it is relative, not there, or in a folder that is the host's own business (/proc, /dev, …).
std::optional<std::string> find_in_sysroot(const std::string& sysroot, const std::string& path, bool follow_last);

/// A guest's path argument while the call is made: the guest's own pointer, or where a sysroot has the file, its path there.
class LookedUpPath {
public:
    LookedUpPath(const RuntimeOptions& options, GuestAddress path, bool follow_last);
    /// What to give the host as argument; valid as long as this object.
    [[nodiscard]] std::uint64_t argument() const;

private:
    GuestAddress guest_;
    std::optional<std::string> found_;
};

}  // namespace lxr
