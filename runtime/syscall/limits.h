// What the guest's resource limits are where lxr had to change the host's. Called by execve, which must hand them on.
#pragma once

#include <cstdint>
#include <optional>

namespace lxr {

class Process;

/// The guest's soft RLIMIT_STACK in bytes if the host's differs, because lxr lowered it at start and the guest has not set
/// its own since. (A limit that the guest sets is the host's at once: it matters only to the next execve, where lxr lowers it
/// again.)
std::optional<std::uint64_t> lowered_stack_limit(const Process& process);

}  // namespace lxr
