// The search of execvp(3). Called by start.cpp for the program on lxr's command line; execve(2) never searches.
#include "runtime/loader/program_search.h"

#include <sys/stat.h>
#include <unistd.h>

#include <ranges>

#include "runtime/syscall/sysroot.h"

namespace lxr {

namespace {

bool is_executable_file(const std::string& path) {
    struct stat status{};
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<std::string> find_in_search_path(std::string_view name, std::string_view search_path,
                                               const std::string& sysroot) {
    if (name.empty() || name.contains('/')) return std::nullopt;
    for (const auto part : std::views::split(search_path, ':')) {
        std::string path(std::string_view(part.begin(), part.end()));
        if (!path.empty() && !path.ends_with('/')) path += '/';
        path += name;
        constexpr bool follow_links = true;
        if (is_executable_file(find_in_sysroot(sysroot, path, follow_links).value_or(path))) return path;
    }
    return std::nullopt;
}

}  // namespace lxr
