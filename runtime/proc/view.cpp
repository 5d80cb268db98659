// A view is a file in memory with the text as of now, opened read-only; a pipe if the guest may not have files so long.
#include "runtime/proc/view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "lifter/support/engine_tasks.h"
#include "runtime/proc/cpuinfo_view.h"
#include "runtime/proc/descriptor.h"
#include "runtime/proc/maps_view.h"
#include "runtime/proc/status_view.h"
#include "runtime/process.h"
#include "runtime/signal/signal_actions.h"
#include "runtime/signal/signal_set.h"

namespace lxr {
namespace {

struct View {
    OwnProcFile file;
    const char* name;
    /// @param host  the host's text.
    std::string (*text)(const Process& process, std::string_view host);
};

std::vector<Mapping> mappings_of(const Process& process) {
    std::vector<Mapping> mappings;
    process.memory.for_each([&](const Mapping& mapping) { mappings.push_back(mapping); });
    return mappings;
}

std::string maps_text(const Process& process, std::string_view host) {
    return guest_maps(host, mappings_of(process));
}

std::string numa_maps_text(const Process& process, std::string_view host) {
    return guest_numa_maps(host, mappings_of(process));
}

/// The host catches the synchronous signals always; the other signals are the guest's own.
std::string status_text(const Process& process, std::string_view host) {
    SignalSet ignored = 0;
    SignalSet caught = 0;
    for (const int signal : synchronous_signals) {
        const SignalAction action = process.signal_actions->get(signal);
        if (action.handler == SignalAction::ignore) ignored |= signal_bit(signal);
        if (action.has_handler()) caught |= signal_bit(signal);
    }
    return guest_status(host,
                        {.own = synchronous_set, .ignored = ignored, .caught = caught, .engine_tasks = engine_task_count()});
}

std::string stat_text(const Process&, std::string_view host) {
    return guest_stat(host, engine_task_count());
}

std::string cpuinfo_text(const Process&, std::string_view host) {
    return guest_cpuinfo(host);
}

constexpr View views[] = {
    {OwnProcFile::maps, "maps", maps_text},
    {OwnProcFile::smaps, "smaps", maps_text},
    {OwnProcFile::numa_maps, "numa_maps", numa_maps_text},
    {OwnProcFile::status, "status", status_text},
    {OwnProcFile::stat, "stat", stat_text},
    {OwnProcFile::cpuinfo, "cpuinfo", cpuinfo_text},
};

std::string read_all(int fd) {
    std::string text;
    char buffer[16384];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
    return text;
}

bool write_all(const Descriptor& writable, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(writable.get(), text.data(), text.size());
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// A read-only descriptor of a file in memory with this text.
Descriptor memory_file(const char* name, std::string_view text) {
    const Descriptor writable(memfd_create(name, MFD_CLOEXEC));
    if (!write_all(writable, text)) return {};
    const std::string link = "/proc/self/fd/" + std::to_string(writable.get());
    return Descriptor(open(link.c_str(), O_RDONLY | O_CLOEXEC));
}

/// What reads the text once, from its begin.
Descriptor filled_pipe(std::string_view text) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    Descriptor readable(ends[0]);
    const Descriptor writable(ends[1]);
    const int room_bytes = fcntl(writable.get(), F_SETPIPE_SZ, static_cast<int>(text.size()));
    if (room_bytes < 0 || static_cast<std::size_t>(room_bytes) < text.size()) return {};
    return write_all(writable, text) ? std::move(readable) : Descriptor();
}

/// None of lxr's threads ends while it is made.
std::string steady_text(const View& view, const Process& process, int fd) {
    while (true) {
        const int before = engine_task_count();
        auto text = view.text(process, read_all(fd));
        if (engine_task_count() == before || lseek(fd, 0, SEEK_SET) != 0) return text;
    }
}

/// RLIMIT_FSIZE concerns files in memory, too; who writes beyond it gets SIGXFSZ.
bool may_be_file(std::string_view text) {
    rlimit limit{};
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || text.size() <= limit.rlim_cur;
}

}  // namespace

Result<void> replace_by_view(Process& process, OwnProcFile file, int fd) {
    const auto* view = std::ranges::find(views, file, &View::file);
    if (view == std::end(views)) return {};
    if (file == OwnProcFile::stat && engine_task_count() == 0) return {};
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH) != 0) return {};

    const auto text = steady_text(*view, process, fd);
    const Descriptor replacement = may_be_file(text) ? memory_file(view->name, text) : filled_pipe(text);
    if (!replacement.is_open()) return error(errno);
    const bool close_on_exec = (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    if (dup3(replacement.get(), fd, close_on_exec ? O_CLOEXEC : 0) < 0) return error(errno);
    return {};
}

}  // namespace lxr
