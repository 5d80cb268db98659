// Opening and checking what execve(2) is asked to run.
#include "runtime/loader/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>

#include "runtime/loader/script.h"
#include "runtime/syscall/sysroot.h"

namespace lxr {

namespace {

/// Linux fs/exec.c, exec_binprm.
constexpr int longest_interpreter_chain = 5;

std::unexpected<LoadFailure> fail(LoadFailureKind kind, const std::string& file, std::string detail = {}) {
    return std::unexpected(LoadFailure{.kind = kind, .file = file, .detail = std::move(detail)});
}

std::unexpected<LoadFailure> open_failure(const std::string& path, int error_number) {
    switch (error_number) {
        case ENOENT:
            return fail(LoadFailureKind::missing_file, path);
        case ENOTDIR:
            return fail(LoadFailureKind::not_in_a_directory, path);
        case ELOOP:
            return fail(LoadFailureKind::symlink_loop, path);
        case EACCES:
            return fail(LoadFailureKind::no_permission, path);
        default:
            break;
    }
    LoadFailure failure{.kind = LoadFailureKind::cannot_open, .file = path, .detail = std::strerror(error_number)};
    failure.system_errno = error_number;
    return std::unexpected(std::move(failure));
}

/// The effective user's right to execute the file, as Linux fs/exec.c, do_open_execat.
LoadResult<void> check_execution(const Descriptor& file, const std::string& path) {
    struct stat status{};
    if (fstat(file.get(), &status) != 0) return open_failure(path, errno);
    if (S_ISDIR(status.st_mode)) return fail(LoadFailureKind::is_directory, path);
    if (!S_ISREG(status.st_mode)) return fail(LoadFailureKind::not_regular, path);
    struct statvfs file_system{};
    if (fstatvfs(file.get(), &file_system) == 0 && (file_system.f_flag & ST_NOEXEC) != 0) {
        return fail(LoadFailureKind::noexec_mount, path);
    }
    // The wrapper of libc knows no AT_EMPTY_PATH on every version that Debian has.
    const bool executable = syscall(SYS_faccessat2, file.get(), "", X_OK, AT_EACCESS | AT_EMPTY_PATH) == 0;
    return executable ? LoadResult<void>() : fail(LoadFailureKind::not_executable, path);
}

LoadResult<Descriptor> open_executable(const std::string& host_path, const std::string& path) {
    // O_NONBLOCK: a FIFO is refused below, not waited for.
    Descriptor file(open(host_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.is_open()) {
        const int open_errno = errno;
        const bool only_unreadable = open_errno == EACCES && eaccess(host_path.c_str(), X_OK) == 0;
        return only_unreadable ? fail(LoadFailureKind::not_readable, path) : open_failure(path, open_errno);
    }
    if (const auto checked = check_execution(file, path); !checked) return std::unexpected(checked.error());
    return file;
}

LoadResult<std::string> read_head(const Descriptor& file, const std::string& path) {
    std::string head(script_head_size_bytes, '\0');
    const ssize_t size = pread(file.get(), head.data(), head.size(), 0);
    if (size < 0) return fail(LoadFailureKind::cannot_read, path);
    head.resize(static_cast<std::size_t>(size));
    return head;
}

ByteSource bytes_of(int descriptor) {
    struct stat status{};
    const bool known = fstat(descriptor, &status) == 0;
    return {.size_bytes = known ? static_cast<std::uint64_t>(status.st_size) : 0,
            .read = [descriptor](std::uint64_t offset, std::span<std::byte> destination) {
                const ssize_t size = pread(descriptor, destination.data(), destination.size(), static_cast<off_t>(offset));
                return size == static_cast<ssize_t>(destination.size());
            }};
}

std::string path_of(const Descriptor& file) {
    std::array<char, PATH_MAX> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(file.get());
    const ssize_t length = readlink(link.c_str(), path.data(), path.size());
    return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

/// Runs in front: INTERPRETER [ARGUMENT] PATH and what followed argv[0].
void put_interpreter_in_front(std::vector<std::string>& arguments, const ScriptLine& line, const std::string& path) {
    if (arguments.empty()) arguments.emplace_back();
    arguments.front() = path;
    if (line.argument) arguments.insert(arguments.begin(), *line.argument);
    arguments.insert(arguments.begin(), line.interpreter);
}

/// Says what `failure`'s file was wanted for; a missing interpreter is the fault of the file that names it.
LoadFailure as_interpreter(LoadFailure failure, LoadRole role, LoadFailureKind missing, const std::string& wanted_by) {
    if (failure.kind == LoadFailureKind::missing_file) {
        return {.kind = missing, .file = wanted_by, .detail = failure.file, .system_errno = 0, .role = role};
    }
    failure.role = role;
    failure.wanted_by = wanted_by;
    return failure;
}

/// Follows the chain of scripts from the request to a file that is none.
class Resolution {
public:
    explicit Resolution(ProgramRequest request) : request_(std::move(request)) {}

    LoadResult<Program> run() {
        program_.requested_path = request_.path;
        program_.arguments = std::move(request_.arguments);
        path_ = request_.path;
        if (const auto opened = open_requested(); !opened) return std::unexpected(opened.error());
        if (const auto followed = follow_scripts(); !followed) return std::unexpected(named(followed.error()));
        if (const auto read = read_image(); !read) return std::unexpected(named(read.error()));
        if (const auto read = read_interpreter(); !read) return std::unexpected(read.error());
        return std::move(program_);
    }

private:
    LoadResult<void> open_requested() {
        if (request_.descriptor) {
            file_ = Descriptor(*request_.descriptor);
            return check_execution(file_, path_);
        }
        return keep(open_executable(host_path(path_), path_));
    }

    LoadResult<void> follow_scripts() {
        for (int depth = 0;; ++depth) {
            if (depth > longest_interpreter_chain) return fail(LoadFailureKind::script_loop, request_.path);
            const auto head = read_head(file_, path_);
            if (!head) return std::unexpected(head.error());
            if (!is_script(*head)) return {};
            const auto line = read_script_line(*head);
            if (!line) return fail(LoadFailureKind::bad_script_line, path_);
            put_interpreter_in_front(program_.arguments, *line, path_);
            script_ = std::exchange(path_, line->interpreter);
            auto opened = keep(open_executable(host_path(path_), path_));
            if (!opened) return opened;
        }
    }

    LoadResult<void> read_image() {
        auto elf = read_elf(path_, bytes_of(file_.get()));
        if (!elf) return std::unexpected(std::move(elf.error()));
        struct stat status{};
        fstat(file_.get(), &status);
        program_.wants_privileges =
            ((status.st_mode & S_ISUID) != 0 && status.st_uid != geteuid()) ||
            ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && status.st_gid != getegid());
        program_.executable_path = path_of(file_);
        program_.image = {.path = path_, .file = std::move(file_), .elf = std::move(*elf)};
        return {};
    }

    LoadResult<void> read_interpreter() {
        if (!program_.image.elf.interpreter) return {};
        const std::string& path = *program_.image.elf.interpreter;
        const auto failed = [&](LoadFailure failure) {
            return std::unexpected(as_interpreter(std::move(failure), LoadRole::elf_interpreter,
                                                  LoadFailureKind::missing_elf_interpreter, program_.image.path));
        };
        auto file = open_executable(host_path(path), path);
        if (!file) return failed(std::move(file.error()));
        auto elf = read_elf(path, bytes_of(file->get()));
        if (!elf) return failed(std::move(elf.error()));
        program_.interpreter = ElfToLoad{.path = path, .file = std::move(*file), .elf = std::move(*elf)};
        return {};
    }

    [[nodiscard]] std::string host_path(const std::string& path) const {
        return find_in_sysroot(request_.sysroot, path, true).value_or(path);
    }

    LoadResult<void> keep(LoadResult<Descriptor> file) {
        if (!file) return std::unexpected(std::move(file.error()));
        file_ = std::move(*file);
        return {};
    }

    [[nodiscard]] LoadFailure named(LoadFailure failure) const {
        if (script_.empty() || failure.kind == LoadFailureKind::script_loop) return failure;
        return as_interpreter(std::move(failure), LoadRole::script_interpreter, LoadFailureKind::missing_script_interpreter,
                              script_);
    }

    ProgramRequest request_;
    Program program_;
    std::string path_;    // of the file at hand
    std::string script_;  // the one whose line led to it, or empty
    Descriptor file_;
};

}  // namespace

LoadResult<Program> resolve_program(ProgramRequest request) {
    return Resolution(std::move(request)).run();
}

}  // namespace lxr
