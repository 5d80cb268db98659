// Finds out what a descriptor or a path in /proc is, by asking the kernel.
#include "runtime/proc/proc_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstring>
#include <optional>
#include <string_view>

#include "runtime/proc/descriptor.h"

namespace lxr {
namespace {

bool is_on_procfs(int fd) {
    struct statfs filesystem;
    return fstatfs(fd, &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC;
}

/// The path that the kernel has for an open descriptor; empty if there is none.
std::string_view path_of(int fd, char (&buffer)[PATH_MAX]) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, buffer, sizeof buffer);
    return {buffer, length > 0 ? static_cast<std::size_t>(length) : 0};
}

/// True for the number of this process or of one of its threads.
bool is_own_task(std::string_view text) {
    pid_t task = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), task);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return false;
    return task == getpid() || syscall(SYS_tgkill, getpid(), task, 0) == 0;
}

/// Cuts the last component off `path` and gives it.
std::string_view take_last_component(std::string_view& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return std::exchange(path, {});
    const std::string_view component = path.substr(slash + 1);
    path = path.substr(0, slash);
    return component;
}

struct ViewName {
    std::string_view name;
    OwnProcFile file;
};

constexpr ViewName view_names[] = {
    {"exe", OwnProcFile::executable},
    {"maps", OwnProcFile::maps},
    {"smaps", OwnProcFile::smaps},
    {"numa_maps", OwnProcFile::numa_maps},
    {"status", OwnProcFile::status},
    {"cpuinfo", OwnProcFile::cpuinfo},
    {"fd", OwnProcFile::descriptor_directory},
    {"fdinfo", OwnProcFile::descriptor_directory},
    {"stat", OwnProcFile::stat},
    {"task", OwnProcFile::task_directory},
};

/// Of a descriptor that is known to be on procfs, wherever that is mounted: …/PID/NAME or …/PID/task/TID/NAME.
OwnProcFile own_file_on_procfs(int fd) {
    char buffer[PATH_MAX];
    std::string_view path = path_of(fd, buffer);
    const std::string_view name = take_last_component(path);
    const auto* view = std::ranges::find(view_names, name, &ViewName::name);
    if (view == std::end(view_names)) return OwnProcFile::none;
    const bool is_own = view->file == OwnProcFile::cpuinfo || is_own_task(take_last_component(path));
    return is_own ? view->file : OwnProcFile::none;
}

/// Files of procfs (but not all its directories) are empty to stat and lie on a device without a number of its own; few
/// others are and do.
bool may_be_on_procfs(const struct stat& status) {
    return (status.st_size == 0 || S_ISDIR(status.st_mode)) && major(status.st_dev) == 0;
}

std::string read_link(int directory, const std::string& name) {
    char buffer[PATH_MAX];
    const ssize_t length = readlinkat(directory, name.c_str(), buffer, sizeof buffer);
    return {buffer, length > 0 ? static_cast<std::size_t>(length) : 0};
}

/// A path on its way from component to component (path_resolution(7)).
class PathWalk {
public:
    PathWalk(int directory, const std::string& path) : directory_(directory) { follow(path); }

    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

    std::string take_component() {
        const std::size_t end = std::min(rest_.find('/'), rest_.size());
        const std::string component = rest_.substr(0, end);
        rest_.erase(0, std::min(rest_.find_first_not_of('/', end), rest_.size()));
        return component;
    }

    [[nodiscard]] Descriptor open_component(const std::string& name, int flags) const {
        return Descriptor(openat(at_.is_open() ? at_.get() : directory_, name.c_str(), O_PATH | O_CLOEXEC | flags));
    }

    bool enter(Descriptor next) {
        at_ = std::move(next);
        return at_.is_open();
    }

    /// Goes on with the text of a link before what is left.
    void follow(const std::string& text) {
        if (text.starts_with('/')) at_ = Descriptor(open("/", O_PATH | O_CLOEXEC));
        rest_ = text + (rest_.empty() ? "" : "/") + rest_;
        rest_.erase(0, std::min(rest_.find_first_not_of('/'), rest_.size()));
    }

private:
    int directory_;
    Descriptor at_;  // empty while still in `directory_`
    std::string rest_;
};

/// As many symbolic links as the kernel follows (path_resolution(7)).
constexpr int link_limit = 40;

}  // namespace

OwnProcFile own_proc_file(int fd, const struct stat& status) {
    if (!may_be_on_procfs(status) || !is_on_procfs(fd)) return OwnProcFile::none;
    return own_file_on_procfs(fd);
}

OwnProcFile own_proc_file(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? own_proc_file(fd, status) : OwnProcFile::none;
}

const FileIdentity& engine_executable() {
    static const FileIdentity identity = [] {
        struct stat status;
        if (stat("/proc/self/exe", &status) != 0) return FileIdentity{};
        return FileIdentity{.device = status.st_dev, .inode = status.st_ino};
    }();
    return identity;
}

const std::string& engine_executable_path() {
    static const std::string path = read_link(AT_FDCWD, "/proc/self/exe");
    return path;
}

bool leads_to_own_executable(int directory, const std::string& path, bool follow_last) {
    if (path.empty()) return is_on_procfs(directory) && own_file_on_procfs(directory) == OwnProcFile::executable;
    PathWalk walk(directory, path);
    for (int links = 0; links <= link_limit && !walk.is_at_end();) {
        const std::string component = walk.take_component();
        const Descriptor link = walk.open_component(component, O_NOFOLLOW);
        struct stat status;
        if (!link.is_open() || fstat(link.get(), &status) != 0) return false;
        const bool is_link = S_ISLNK(status.st_mode);
        const bool on_procfs = is_link && is_on_procfs(link.get());
        if (on_procfs && own_file_on_procfs(link.get()) == OwnProcFile::executable) return walk.is_at_end();
        if (!is_link || on_procfs) {
            // Links of procfs lead where their text does not say: the kernel follows them.
            if (!walk.enter(walk.open_component(component, 0))) return false;
            continue;
        }
        if (walk.is_at_end() && !follow_last) return false;
        walk.follow(read_link(link.get(), ""));
        ++links;
    }
    return false;
}

bool names_own_program(int directory, const std::string& path) {
    struct stat status;
    if (fstatat(directory, path.c_str(), &status, AT_EMPTY_PATH) != 0) return false;
    const bool engine_file = FileIdentity{status.st_dev, status.st_ino} == engine_executable();
    return engine_file && leads_to_own_executable(directory, path, true);
}

}  // namespace lxr
