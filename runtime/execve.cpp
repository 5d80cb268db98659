// execve(2) under lxr: the kernel executes lxr again, with words in front of the guest's arguments that say what to run.
// Strings of the guest are not copied: guest addresses are host addresses, and the kernel checks them.
#include "runtime/execve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "runtime/guest_memory.h"
#include "runtime/loader/program.h"
#include "runtime/proc/proc_file.h"
#include "runtime/process.h"
#include "runtime/signal/signal_actions.h"
#include "runtime/signal/thread_signals.h"
#include "runtime/syscall/limits.h"

namespace lxr {

namespace {

constexpr const char* own_executable = "/proc/self/exe";

/// The program as it will be looked for: by path, or, for execveat with a descriptor, an open file and the name that the
/// kernel gives it.
struct ProgramName {
    std::string path;
    std::optional<int> descriptor;
    /// The guest's descriptor in `path` has FD_CLOEXEC.
    bool closes_at_execve = false;
};

/// Opens what execveat names below a descriptor. The descriptor stays open over the execve.
Result<ProgramName> open_below(const ExecveRequest& request, const std::string& path) {
    const bool empty = path.empty();
    const int no_follow = (request.flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
    const int descriptor = empty ? dup(request.directory) : openat(request.directory, path.c_str(), O_RDONLY | no_follow);
    if (descriptor < 0) return error(errno);
    std::string name = fmt::format("/dev/fd/{}", request.directory);  // Linux fs/exec.c, alloc_bprm
    if (!empty) name += "/" + path;
    const bool closes = (fcntl(request.directory, F_GETFD) & FD_CLOEXEC) != 0;
    return ProgramName{.path = std::move(name), .descriptor = descriptor, .closes_at_execve = closes};
}

Result<ProgramName> find_program(const GuestThread& thread, const ExecveRequest& request) {
    auto path = read_guest_string(request.path);
    if (!path) return std::unexpected(path.error());
    if ((request.flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) return error(EINVAL);
    if (path->empty() && (request.flags & AT_EMPTY_PATH) == 0) return error(ENOENT);
    const bool by_path = !path->empty() && (path->front() == '/' || request.directory == AT_FDCWD);
    if (names_own_program(request.directory, *path)) {
        return ProgramName{.path = std::move(*path), .descriptor = open(thread.process.executable_path.c_str(), O_RDONLY)};
    }
    if (!by_path || (request.flags & AT_SYMLINK_NOFOLLOW) != 0) return open_below(request, *path);
    return ProgramName{.path = std::move(*path), .descriptor = std::nullopt};
}

/// The kernel's errors for this program, before the guest's memory is gone.
Result<void> check_program(GuestThread& thread, const ProgramName& program) {
    ProgramRequest request{
        .path = program.path, .arguments = {program.path}, .sysroot = thread.process.options.sysroot, .descriptor = {}};
    if (program.descriptor) request.descriptor = dup(*program.descriptor);
    const auto resolved = resolve_program(std::move(request));
    if (!resolved) return error(resolved.error().errno_value());
    // The interpreter of a script could not open "/dev/fd/N" again (Linux fs/binfmt_script.c, BINPRM_FLAGS_PATH_INACCESSIBLE).
    const bool is_script = resolved->image.path != program.path;
    if (is_script && program.closes_at_execve) return error(ENOENT);
    return {};
}

/// Appends the guest's pointers of argv[first…] to the argument vector.
Result<void> append_guest_strings(std::vector<const char*>& arguments, GuestAddress vector, std::size_t first) {
    if (vector.value() == 0) return {};
    for (std::size_t i = first;; ++i) {
        const auto pointer = read_guest<std::uint64_t>(vector + i * sizeof(std::uint64_t));
        if (!pointer) return std::unexpected(pointer.error());
        if (*pointer == 0) return {};
        arguments.push_back(host_pointer<const char>(GuestAddress(*pointer)));
    }
}

/// lxr's own words: its options, and the state of this process that the kernel does not carry over.
std::vector<std::string> own_words(const GuestThread& thread, const ProgramName& program) {
    const std::vector<std::string>& repeated = thread.process.options.repeated_arguments;
    std::vector<std::string> words = {"lxr"};
    words.insert(words.end(), repeated.begin(), repeated.end());
    if (const auto limit = lowered_stack_limit(thread.process)) words.push_back(fmt::format("--guest-stack-limit={}", *limit));
    if (program.descriptor) words.push_back(fmt::format("--program-fd={}", *program.descriptor));
    const SignalSet blocked = thread.signals->mask & synchronous_set;
    if (blocked != 0) words.push_back(fmt::format("--blocked-signals={}", blocked));
    const SignalSet ignored = thread.actions->ignored(synchronous_set);
    if (ignored != 0) words.push_back(fmt::format("--ignored-signals={}", ignored));
    words.insert(words.end(), {"--exact-path", "-0"});
    return words;
}

Result<void> build_image(const GuestThread& thread, const ExecveRequest& request, const ProgramName& program,
                         ExecveImage& image) {
    image.path = program.path;
    image.words = own_words(thread, program);
    for (const std::string& word : image.words) image.arguments.push_back(word.c_str());
    const std::size_t argv0 = image.arguments.size();
    if (const auto appended = append_guest_strings(image.arguments, request.arguments, 0); !appended) return appended;
    if (image.arguments.size() == argv0) image.arguments.push_back("");  // an empty argv gets one (Linux fs/exec.c)
    const auto behind_argv0 = image.arguments.begin() + static_cast<std::ptrdiff_t>(argv0) + 1;
    image.arguments.insert(behind_argv0, {"--", image.path.c_str()});
    image.arguments.push_back(nullptr);
    return {};
}

}  // namespace

SyscallResult execute_program(GuestThread& thread, const ExecveRequest& request) {
    const auto program = find_program(thread, request);
    if (!program) return program.error();
    const auto done = [&](SyscallResult result) {
        if (program->descriptor) close(*program->descriptor);
        thread.execve_image.reset();
        return result;
    };
    if (const auto checked = check_program(thread, *program); !checked) return done(checked);
    thread.execve_image = std::make_unique<ExecveImage>();
    if (const auto built = build_image(thread, request, *program, *thread.execve_image); !built) return done(built);
    const SyscallArguments arguments{{reinterpret_cast<std::uint64_t>(own_executable),
                                      reinterpret_cast<std::uint64_t>(thread.execve_image->arguments.data()),
                                      request.environment.value(), 0, 0, 0}};
    if (!thread.borrows_memory) thread.process.engine.begin_alone();  // the program shall not inherit a child
    const SyscallResult result = pass_to_host(thread, SYS_execve, arguments);
    if (!thread.borrows_memory) thread.process.engine.end_alone(true);
    return done(result);
}

}  // namespace lxr
