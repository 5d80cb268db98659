// Calls that look files up by path. The host makes them; then what they found is looked at: the exe link of the guest's own
// process leads to the guest's program, and a few files of its /proc directory are replaced by the guest's view.
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <string_view>

#include "runtime/guest_memory.h"
#include "runtime/proc/descriptor.h"
#include "runtime/proc/proc_file.h"
#include "runtime/proc/view.h"
#include "runtime/process.h"
#include "runtime/syscall/syscall_table.h"
#include "runtime/syscall/sysroot.h"

namespace lxr {
namespace {

/// Where a call has its path: the index of the argument, and the directory that relative paths begin at.
struct PathArgument {
    std::size_t index;
    int directory;
    bool follow_last;
};

PathArgument path_at(const SyscallArguments& arguments, bool follow_last) {
    return {.index = 1, .directory = arguments.integer(0), .follow_last = follow_last};
}

constexpr PathArgument plain_path(bool follow_last) {
    return {.index = 0, .directory = AT_FDCWD, .follow_last = follow_last};
}

/// Passes the call to the host with its path looked up in the sysroot, if there is one.
SyscallResult pass_path(GuestThread& thread, std::uint64_t number, SyscallArguments arguments, const PathArgument& path) {
    const LookedUpPath looked_up(thread.process.options, arguments.address(path.index), path.follow_last);
    arguments.values[path.index] = looked_up.argument();
    return pass_to_host(thread, number, arguments);
}

bool succeeded(const SyscallResult& result) {
    return result.kind() == SyscallResult::Kind::value && result.value() >= 0;
}

/// True if the path that the guest gave is an exe link of its own process. Slow; asked only if lxr's own file was found.
bool is_own_exe_link(const SyscallArguments& arguments, const PathArgument& path) {
    const Result<std::string> text =
        arguments[path.index] == 0 ? std::string() : read_guest_string(arguments.address(path.index));
    return text && leads_to_own_executable(path.directory, *text, path.follow_last);
}

// ---- open ----

/// Puts the guest's program, opened with the same flags, under the number that holds lxr's file.
SyscallResult replace_by_program(const Process& process, int fd, std::uint64_t flags) {
    constexpr std::uint64_t never = O_CREAT | O_EXCL | O_NOFOLLOW;
    const Descriptor program(open(process.executable_path.c_str(), static_cast<int>((flags & ~never) | O_CLOEXEC)));
    if (!program.is_open()) {
        const int reason = errno;
        close(fd);
        return Errno{reason};
    }
    dup3(program.get(), fd, (flags & O_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    return SyscallResult::raw(fd);
}

SyscallResult open_path(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments, std::uint64_t flags,
                        const PathArgument& path) {
    const SyscallResult result = pass_path(thread, number, arguments, path);
    if (!succeeded(result)) return result;
    const int fd = static_cast<int>(result.value());
    struct stat status;
    if (fstat(fd, &status) != 0) return result;
    const bool engine_file = FileIdentity{status.st_dev, status.st_ino} == engine_executable();
    if (engine_file && is_own_exe_link(arguments, path)) return replace_by_program(thread.process, fd, flags);
    const Result<void> view = replace_by_view(thread.process, own_proc_file(fd, status), fd);
    if (!view) {
        close(fd);
        return view;
    }
    return result;
}

// ---- stat ----

/// If the guest's buffer holds the status of lxr's own file because an exe link led there, fills it for the guest's program.
/// @param again  makes the same call for a path of the host's.
template <typename Status, typename Identity, typename Again>
SyscallResult show_program(GuestThread& thread, const SyscallArguments& arguments, const PathArgument& path,
                           GuestAddress buffer, const SyscallResult& result, Identity identity, Again again) {
    if (!succeeded(result)) return result;
    const Result<Status> status = read_guest<Status>(buffer);
    if (!status || identity(*status) != engine_executable() || !is_own_exe_link(arguments, path)) return result;
    Status program;
    if (again(thread.process.executable_path.c_str(), &program) != 0) return Errno{errno};
    return write_guest(buffer, program);
}

SyscallResult stat_path(GuestThread& thread, std::uint64_t number, const SyscallArguments& arguments,
                        const PathArgument& path) {
    const SyscallResult result = pass_path(thread, number, arguments, path);
    if (!path.follow_last) return result;
    return show_program<struct stat>(
        thread, arguments, path, arguments.address(path.index + 1), result,
        [](const struct stat& status) { return FileIdentity{status.st_dev, status.st_ino}; },
        [](const char* program, struct stat* status) { return stat(program, status); });
}

// ---- readlink ----

/// Reads the link into a buffer of lxr's first: where it is an exe link, lxr's own path must not touch the guest's buffer,
/// which may be longer than the right answer.
SyscallResult read_link(GuestThread& thread, std::uint64_t number, SyscallArguments arguments, const PathArgument& path) {
    char text[PATH_MAX];
    const GuestAddress buffer = arguments.address(path.index + 1);
    const int size = std::min<int>(arguments.integer(path.index + 2), sizeof text);
    SyscallArguments own = arguments;
    own.values[path.index + 1] = reinterpret_cast<std::uint64_t>(text);
    own.values[path.index + 2] = static_cast<std::uint64_t>(size);
    const SyscallResult result = pass_path(thread, number, own, path);
    if (!succeeded(result)) return result;

    std::string_view answer(text, static_cast<std::size_t>(result.value()));
    const std::string_view engine = std::string_view(engine_executable_path()).substr(0, static_cast<std::size_t>(size));
    if (answer == engine && is_own_exe_link(arguments, path)) {
        answer = std::string_view(thread.process.executable_path).substr(0, static_cast<std::size_t>(size));
    }
    if (!copy_to_guest(buffer, answer.data(), answer.size())) return Errno{EFAULT};
    return SyscallResult::raw(static_cast<std::int64_t>(answer.size()));
}

bool follows(std::uint64_t at_flags) {
    return (at_flags & AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace

SyscallResult sys_open(GuestThread& thread, const SyscallArguments& arguments) {
    return open_path(thread, guest_syscall::open, arguments, arguments[1], plain_path((arguments[1] & O_NOFOLLOW) == 0));
}

SyscallResult sys_creat(GuestThread& thread, const SyscallArguments& arguments) {
    return open_path(thread, guest_syscall::creat, arguments, O_CREAT | O_WRONLY | O_TRUNC, plain_path(true));
}

SyscallResult sys_openat(GuestThread& thread, const SyscallArguments& arguments) {
    return open_path(thread, guest_syscall::openat, arguments, arguments[2],
                     path_at(arguments, (arguments[2] & O_NOFOLLOW) == 0));
}

SyscallResult sys_openat2(GuestThread& thread, const SyscallArguments& arguments) {
    const Result<open_how> how = read_guest<open_how>(arguments.address(2));
    // A path that must stay below its directory has nothing to seek in a sysroot; bad arguments are the host's to refuse.
    if (!how || how->resolve != 0) return pass_to_host(thread, guest_syscall::openat2, arguments);
    return open_path(thread, guest_syscall::openat2, arguments, how->flags, path_at(arguments, (how->flags & O_NOFOLLOW) == 0));
}

SyscallResult sys_stat(GuestThread& thread, const SyscallArguments& arguments) {
    return stat_path(thread, guest_syscall::stat, arguments, plain_path(true));
}

SyscallResult sys_lstat(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::lstat, arguments, plain_path(false));
}

SyscallResult sys_newfstatat(GuestThread& thread, const SyscallArguments& arguments) {
    return stat_path(thread, guest_syscall::newfstatat, arguments, path_at(arguments, follows(arguments[3])));
}

SyscallResult sys_statx(GuestThread& thread, const SyscallArguments& arguments) {
    const PathArgument path = path_at(arguments, follows(arguments[2]));
    const SyscallResult result = pass_path(thread, guest_syscall::statx, arguments, path);
    if (!path.follow_last) return result;
    return show_program<struct statx>(
        thread, arguments, path, arguments.address(4), result,
        [](const struct statx& status) {
            return FileIdentity{makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
        },
        [&](const char* program, struct statx* status) {
            return statx(AT_FDCWD, program, arguments.integer(2), static_cast<unsigned>(arguments[3]), status);
        });
}

SyscallResult sys_readlink(GuestThread& thread, const SyscallArguments& arguments) {
    return read_link(thread, guest_syscall::readlink, arguments, plain_path(false));
}

SyscallResult sys_readlinkat(GuestThread& thread, const SyscallArguments& arguments) {
    return read_link(thread, guest_syscall::readlinkat, arguments, path_at(arguments, false));
}

// Calls that only look their path up in the sysroot.

SyscallResult sys_access(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::access, arguments, plain_path(true));
}

SyscallResult sys_faccessat(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::faccessat, arguments, path_at(arguments, true));
}

SyscallResult sys_faccessat2(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::faccessat2, arguments, path_at(arguments, follows(arguments[3])));
}

SyscallResult sys_statfs(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::statfs, arguments, plain_path(true));
}

SyscallResult sys_getxattr(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::getxattr, arguments, plain_path(true));
}

SyscallResult sys_lgetxattr(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::lgetxattr, arguments, plain_path(false));
}

SyscallResult sys_listxattr(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::listxattr, arguments, plain_path(true));
}

SyscallResult sys_llistxattr(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::llistxattr, arguments, plain_path(false));
}

SyscallResult sys_inotify_add_watch(GuestThread& thread, const SyscallArguments& arguments) {
    return pass_path(thread, guest_syscall::inotify_add_watch, arguments, path_at(arguments, true));
}

SyscallResult sys_name_to_handle_at(GuestThread& thread, const SyscallArguments& arguments) {
    constexpr std::uint64_t follow = AT_SYMLINK_FOLLOW;
    return pass_path(thread, guest_syscall::name_to_handle_at, arguments, path_at(arguments, (arguments[4] & follow) != 0));
}

}  // namespace lxr
