// One line for each piece of code.
#include "jit/perf_map.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lifter/support/log.h"
#include "lifter/support/own_output.h"

namespace lxr {

void PerfMap::open() {
    const auto path = fmt::format("/tmp/perf-{}.map", getpid());
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) log(LogCategory::jit, LogLevel::warning, "cannot write {}: {}", path, std::strerror(errno));
    file_ = std::make_unique<EngineDescriptor>(file);
}

void PerfMap::note(const std::byte* code, std::size_t size_bytes, std::string_view name) const {
    const auto line = fmt::format("{:x} {:x} {}\n", reinterpret_cast<std::uintptr_t>(code), size_bytes, name);
    file_->with([&](int file) { return write_own_output(file, line); });
}

}  // namespace lxr
