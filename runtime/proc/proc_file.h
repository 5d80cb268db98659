// Which files of /proc are about the guest's own process, told by identity and not by string: whatever path, symbolic link or
// directory descriptor led there. Called by the file calls, getdents and execve.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace lxr {

/// A file in /proc/PID or /proc/PID/task/TID of the guest's own process, or one that tells about the processor.
enum class OwnProcFile : std::uint8_t {
    none,
    executable,            // exe, the link itself
    maps,                  // maps
    smaps,                 // smaps
    numa_maps,             // numa_maps
    status,                // status
    stat,                  // stat
    descriptor_directory,  // fd or fdinfo
    task_directory,        // task
    cpuinfo,               // /proc/cpuinfo
};

/// What the open descriptor with this status is. Makes no system call for what cannot be in /proc; allocates nothing then.
OwnProcFile own_proc_file(int fd, const struct stat& status);

OwnProcFile own_proc_file(int fd);

/// A file's identity: device and inode.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const FileIdentity&) const = default;
};

/// lxr's own executable: what /proc/self/exe is to the host.
const FileIdentity& engine_executable();
/// Its path, as readlink of /proc/self/exe gives it.
const std::string& engine_executable_path();

/// True if the path (relative to `directory`, a descriptor or AT_FDCWD; empty for the descriptor itself) reaches the exe
/// link of the own process; with `follow_last` also through a symbolic link at its end. Walks the path component by
/// component: for use only where something else already suggests it.
bool leads_to_own_executable(int directory, const std::string& path, bool follow_last);

/// The same for a path that shall be executed, at the cost of one stat for other paths.
bool names_own_program(int directory, const std::string& path);

}  // namespace lxr
