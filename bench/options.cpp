// The command line of lxr-bench: a table, walked by getopt_long(3).
#include "bench/options.h"

#include <fmt/core.h>
#include <getopt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace lxr::bench {

namespace {

using Complaint = std::optional<std::string>;

struct Scale {
    std::string_view name;
    unsigned permille;
};
constexpr std::array<Scale, 3> scales = {{{"tiny", 5}, {"small", 100}, {"full", 1000}}};

Complaint take_number(std::string_view text, unsigned& number) {
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    if (error == std::errc() && end == text.end() && number > 0) return std::nullopt;
    return fmt::format("'{}' is not a number above 0", text);
}

Complaint take_suites(Options& options, const std::string& value) {
    options.selection.suites = split(value, ',');
    const auto known = suite_names();
    for (const auto& suite : options.selection.suites) {
        if (std::ranges::find(known, suite) == known.end()) return fmt::format("there is no suite '{}'; see --list", suite);
    }
    return std::nullopt;
}

Complaint take_scale(Options& options, const std::string& value) {
    const auto* const found = std::ranges::find(scales, value, &Scale::name);
    if (found == scales.end()) return take_number(value, options.selection.permille);
    options.selection.permille = found->permille;
    return std::nullopt;
}

Complaint take_time_limit(Options& options, const std::string& value) {
    unsigned number = 0;
    const auto complaint = take_number(value, number);
    options.effort.time_limit = std::chrono::seconds(number);
    return complaint;
}

struct OptionRow {
    const char* name;
    const char* argument;  ///< as --help calls it; nullptr for none.
    Complaint (*take)(Options&, const std::string&);
    const char* help;
};

// clang-format off
constexpr OptionRow rows[] = {
    {"suite",      "A,B",  take_suites, "only these suites"},
    {"filter",     "TEXT", [](Options& o, const std::string& v) -> Complaint { o.selection.filter = v; return {}; }, "only benchmarks whose name contains TEXT"},
    {"tiers",      "A,B",  [](Options& o, const std::string& v) -> Complaint { o.tiers = split(v, ','); return {}; }, "only these: interpreter, baseline, auto, qemu"},
    {"runs",       "N",    [](Options& o, const std::string& v) { return take_number(v, o.effort.runs); }, "runs of each, of which the median counts (3)"},
    {"scale",      "SIZE", take_scale, "how much work: tiny, small, full, or thousandths of full"},
    {"time-limit", "S",    take_time_limit, "seconds after which a run is given up (120)"},
    {"lxr",        "PATH", [](Options& o, const std::string& v) -> Complaint { o.lxr = v; return {}; }, "which lxr (the one beside lxr-bench)"},
    {"json",       nullptr, [](Options& o, const std::string&) -> Complaint { o.format = Format::json; return {}; }, "print JSON"},
    {"markdown",   nullptr, [](Options& o, const std::string&) -> Complaint { o.format = Format::markdown; return {}; }, "print tables in Markdown"},
    {"list",       nullptr, [](Options& o, const std::string&) -> Complaint { o.list = true; return {}; }, "print the benchmarks with their commands, run nothing"},
    {"help",       nullptr, [](Options& o, const std::string&) -> Complaint { o.help = true; return {}; }, "print this"},
};
// clang-format on

std::array<option, std::size(rows) + 1> long_options() {
    std::array<option, std::size(rows) + 1> table{};
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        table[i] = {rows[i].name, rows[i].argument ? required_argument : no_argument, nullptr, static_cast<int>(i)};
    }
    return table;
}

}  // namespace

std::expected<Options, std::string> parse_options(int argc, char** argv) {
    Options options;
    const auto table = long_options();
    for (int row; (row = getopt_long(argc, argv, ":", table.data(), nullptr)) != -1;) {
        if (row == '?' || row == ':')
            return std::unexpected(fmt::format("{}: unknown, or without its value", argv[optind - 1]));
        const auto& taken = rows[row];
        if (auto complaint = taken.take(options, optarg ? optarg : "")) {
            return std::unexpected(fmt::format("--{}: {}", taken.name, *complaint));
        }
    }
    if (optind < argc) return std::unexpected(fmt::format("'{}' is not an option", argv[optind]));
    return options;
}

std::string usage() {
    std::string text = "Usage: lxr-bench [options]\nRuns programs natively and under lxr, and prints ratios of CPU time.\n\n";
    for (const auto& row : rows) {
        const std::string name = std::string("--") + row.name + (row.argument ? std::string("=") + row.argument : "");
        text += fmt::format("  {:<18} {}\n", name, row.help);
    }
    return text;
}

}  // namespace lxr::bench
