// Log levels and the sink. One write(2) a line keeps lines of several threads and processes whole.
#include "lifter/support/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <ranges>
#include <string>

#include "lifter/support/engine_descriptors.h"
#include "lifter/support/own_output.h"

namespace lxr {

namespace {

constexpr std::array category_names = {
#define X(name) std::string_view(#name),
    LXR_LOG_CATEGORIES(X)
#undef X
};
constexpr std::array<std::string_view, 4> level_names = {"error", "warning", "info", "debug"};

std::array<std::atomic<LogLevel>, category_names.size()> levels = {
#define X(name) LogLevel::warning,
    LXR_LOG_CATEGORIES(X)
#undef X
};
/// Null: standard error.
std::unique_ptr<EngineDescriptor> log_file;

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto* found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

bool apply(std::string_view item, bool really) {
    const auto colon = item.find(':');
    const auto level = index_of(level_names, colon == item.npos ? item : item.substr(colon + 1));
    if (!level) {
        const auto category = index_of(category_names, item);  // a category alone means all of it
        if (category && really) levels[*category] = LogLevel::debug;
        return category.has_value();
    }
    if (colon == item.npos) {
        if (really) std::ranges::for_each(levels, [&](auto& each) { each = static_cast<LogLevel>(*level); });
        return true;
    }
    const auto category = index_of(category_names, item.substr(0, colon));
    if (category && really) levels[*category] = static_cast<LogLevel>(*level);
    return category.has_value();
}

}  // namespace

bool configure_log(std::string_view specification) {
    for (const bool really : {false, true}) {
        for (auto item : std::views::split(specification, ',')) {
            if (!apply(std::string_view(item.begin(), item.end()), really)) return false;
        }
    }
    return true;
}

void send_log_to(int descriptor) {
    log_file = std::make_unique<EngineDescriptor>(descriptor);
}

void keep_log() {
    if (log_file == nullptr) send_log_to(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
}

bool log_enabled(LogCategory category, LogLevel level) {
    return level <= levels[static_cast<std::size_t>(category)].load(std::memory_order_relaxed);
}

void write_log_line(LogCategory category, std::string_view text) {
    std::string line = "lxr: ";
    line.append(category_names[static_cast<std::size_t>(category)]).append(": ").append(text).append("\n");
    write_own_output(log_file != nullptr ? log_file->get() : own_standard_error(), line);
}

}  // namespace lxr
