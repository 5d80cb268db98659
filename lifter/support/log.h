// One line per event, to stderr, as long as the guest has not made another file of it, or to the file that --log-file names;
// never to the guest's stdout.
#pragma once

#include <fmt/core.h>

#include <string_view>

namespace lxr {

#define LXR_LOG_CATEGORIES(X) X(decode) X(lift) X(jit) X(memory) X(syscall) X(signal) X(process) X(loader)

enum class LogCategory : unsigned char {
#define X(name) name,
    LXR_LOG_CATEGORIES(X)
#undef X
};

enum class LogLevel : unsigned char { error, warning, info, debug };

/// Sets levels from a specification "category:level[,category:level…]" or "level" for all.
/// @return false if a name in it is unknown; nothing is changed then.
bool configure_log(std::string_view specification);

/// Sends log lines to this descriptor, which it takes over, instead of standard error; a negative one: nowhere. Before there
/// are threads.
void send_log_to(int descriptor);

/// Log lines go to what is standard error now, whatever the guest makes of it, unless they go elsewhere already. Before there
/// are threads. A pipe stays open as long as the process lives.
void keep_log();

[[nodiscard]] bool log_enabled(LogCategory category, LogLevel level);

/// Writes one line "lxr: category: text\n" with a single write(2). Not async-signal-safe when formatting allocates.
void write_log_line(LogCategory category, std::string_view text);

/// Formats only if the level is enabled. Errors and warnings are enabled from the start.
template <typename... Args>
void log(LogCategory category, LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (log_enabled(category, level)) write_log_line(category, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace lxr
