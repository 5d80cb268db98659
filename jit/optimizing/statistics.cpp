// One line for each question: what was made, what it took, how it was used, and how soon.
#include "jit/optimizing/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace lxr::optimizing {

namespace {

double milliseconds(std::uint64_t ns) {
    return static_cast<double>(ns) / 1e6;
}

double milliseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

std::string compilation_line(const Statistics& statistics) {
    auto line = fmt::format("optimizing: {:.1f} ms of CPU time:", milliseconds(statistics.compile_ns));
    for (std::size_t i = 0; i < stage_names.size(); ++i) {
        line += fmt::format(" {} {:.2f},", stage_names[i], milliseconds(statistics.stage_ns[i]));
    }
    // Starting the process, and messages.
    const auto in_stages = std::accumulate(statistics.stage_ns.begin(), statistics.stage_ns.end(), std::uint64_t{0});
    const auto other = statistics.compile_ns - std::min(in_stages, statistics.compile_ns);
    const auto seconds = static_cast<double>(std::max<std::uint64_t>(statistics.compile_ns, 1)) / 1e9;
    return line + fmt::format(" other {:.2f}; {:.0f} guest instructions a second", milliseconds(other),
                              static_cast<double>(statistics.guest_instructions) / seconds);
}

std::string visits_line(const Visits& visits) {
    auto line = fmt::format("optimizing: entered {} times; left by", visits.entries);
    for (std::size_t i = 0; i < exit_names.size(); ++i) {
        line += fmt::format("{} {} {}", i == 0 ? "" : ",", exit_names[i], visits.exits[i]);
    }
    return line;
}

}  // namespace

std::vector<std::string> lines_of(const Statistics& statistics) {
    if (statistics.regions + statistics.refused == 0) return {};
    std::vector<std::string> lines = {
        fmt::format("optimizing: {} regions of {} guest instructions, {} bytes of code; {} refused, {} dropped",
                    statistics.regions, statistics.guest_instructions, statistics.code_bytes, statistics.refused,
                    statistics.dropped),
        compilation_line(statistics), visits_line(statistics.visits)};
    if (const auto& wait = statistics.first_region) {
        lines.push_back(
            fmt::format("optimizing: the first region was in place {:.1f} ms after the first block was hot, {:.1f} "
                        "ms of the process's CPU time",
                        milliseconds(wait->elapsed), milliseconds(wait->cpu_time)));
    }
    return lines;
}

}  // namespace lxr::optimizing
