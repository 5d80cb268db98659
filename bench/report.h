// The comparisons as text for a terminal, as Markdown or as JSON. Called by main.cpp.
#pragma once

#include <string>
#include <vector>

#include "bench/comparison.h"

namespace lxr::bench {

struct Circumstances {
    std::string command;    ///< that made the report.
    std::string processor;  ///< /proc/cpuinfo's model name.
    unsigned processors = 0;
    unsigned runs = 0;
    unsigned permille = 0;
};

/// @param command  lxr-bench's own arguments.
Circumstances look_around(const std::string& command, unsigned runs, unsigned permille);

/// One line for the terminal, while the rest still runs.
std::string as_line(const Comparison& comparison);
/// The geometric mean of the ratios of each runner, a line for each suite.
std::string summary_lines(const std::vector<Comparison>& comparisons);
std::string as_markdown(const std::vector<Comparison>& comparisons, const Circumstances& circumstances);
std::string as_json(const std::vector<Comparison>& comparisons, const Circumstances& circumstances);

}  // namespace lxr::bench
