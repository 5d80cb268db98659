// Rewrites the lines of /proc/PID/status that show lxr's own signal handlers.
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

}  // namespace

std::string guest_status(std::string_view host, SignalSet own, SignalSet ignored, SignalSet caught) {
    std::string text;
    while (!host.empty()) {
        const std::size_t end = std::min(host.find('\n'), host.size());
        const std::string_view line = host.substr(0, end);
        if (line.starts_with("SigIgn:")) {
            text += with_bits(line, own, ignored);
        } else if (line.starts_with("SigCgt:")) {
            text += with_bits(line, own, caught);
        } else {
            text += line;
        }
        text += '\n';
        host.remove_prefix(std::min(end + 1, host.size()));
    }
    return text;
}

}  // namespace lxr
