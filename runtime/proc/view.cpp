// A view is a file in memory with the text as of now, opened read-only.
#include "runtime/proc/view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "runtime/proc/descriptor.h"
#include "runtime/proc/maps_view.h"
#include "runtime/process.h"

namespace lxr {
namespace {

struct View {
    OwnProcFile file;
    const char* name;
    std::string (*text)(std::string_view host, const std::vector<Mapping>& mappings);
};

constexpr View views[] = {
    {OwnProcFile::maps, "maps", guest_maps},
    {OwnProcFile::smaps, "smaps", guest_maps},
    {OwnProcFile::numa_maps, "numa_maps", guest_numa_maps},
};

std::string read_all(int fd) {
    std::string text;
    char buffer[16384];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
    return text;
}

/// A read-only descriptor of a file in memory with this text.
Descriptor memory_file(const char* name, std::string_view text) {
    const Descriptor writable(memfd_create(name, MFD_CLOEXEC));
    while (!text.empty()) {
        const ssize_t written = write(writable.get(), text.data(), text.size());
        if (written <= 0) return {};
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    const std::string link = "/proc/self/fd/" + std::to_string(writable.get());
    return Descriptor(open(link.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

Result<void> replace_by_view(Process& process, OwnProcFile file, int fd) {
    const auto* view = std::ranges::find(views, file, &View::file);
    if (view == std::end(views)) return {};
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0) return {};

    std::vector<Mapping> mappings;
    const std::string host = read_all(fd);
    process.memory.for_each([&](const Mapping& mapping) { mappings.push_back(mapping); });
    const Descriptor replacement = memory_file(view->name, view->text(host, mappings));
    if (!replacement.is_open()) return error(errno);
    const bool close_on_exec = (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    if (dup3(replacement.get(), fd, close_on_exec ? O_CLOEXEC : 0) < 0) return error(errno);
    return {};
}

}  // namespace lxr
