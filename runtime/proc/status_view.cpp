// Rewrites what shows lxr's own signal handlers and threads.
#include "runtime/proc/status_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lxr {
namespace {

/// "SigIgn:\t0000000000001000" with the bits of `own` set to those of `wanted`.
std::string with_bits(std::string_view line, SignalSet own, SignalSet wanted) {
    const std::size_t digits = std::min(line.find_first_not_of(" \t", line.find(':') + 1), line.size());
    SignalSet set = 0;
    std::from_chars(line.data() + digits, line.data() + line.size(), set, 16);
    return fmt::format("{}{:016x}", line.substr(0, digits), (set & ~own) | wanted);
}

/// With the number that `text` begins with, behind blanks, made less.
std::string with_less(std::string_view text, int less) {
    const std::size_t digits = std::min(text.find_first_not_of(" \t"), text.size());
    int number = 0;
    const auto parsed = std::from_chars(text.data() + digits, text.data() + text.size(), number);
    const std::string_view rest(parsed.ptr, static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
    return fmt::format("{}{}{}", text.substr(0, digits), number - less, rest);
}

}  // namespace

std::string guest_stat(std::string_view host, int engine_tasks) {
    constexpr int blanks_from_name_to_threads = 18;
    auto at = host.rfind(')');  // the name's end
    for (int i = 0; i < blanks_from_name_to_threads && at != std::string_view::npos; ++i) at = host.find(' ', at + 1);
    if (at == std::string_view::npos) return std::string(host);
    return fmt::format("{}{}", host.substr(0, at), with_less(host.substr(at), engine_tasks));
}

std::string guest_status(std::string_view host, const GuestStatus& status) {
    constexpr std::string_view threads = "Threads:";
    std::string text;
    while (!host.empty()) {
        const std::size_t end = std::min(host.find('\n'), host.size());
        const std::string_view line = host.substr(0, end);
        if (line.starts_with("SigIgn:")) {
            text += with_bits(line, status.own, status.ignored);
        } else if (line.starts_with("SigCgt:")) {
            text += with_bits(line, status.own, status.caught);
        } else if (line.starts_with(threads)) {
            text += fmt::format("{}{}", threads, with_less(line.substr(threads.size()), status.engine_tasks));
        } else {
            text += line;
        }
        text += '\n';
        host.remove_prefix(std::min(end + 1, host.size()));
    }
    return text;
}

}  // namespace lxr
