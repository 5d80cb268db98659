// lxr-bench: how fast guest programs run under lxr, as ratios to native runs of the same moment.
#include <fmt/core.h>

#include <algorithm>

#include "bench/comparison.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/runners.h"
#include "bench/suites.h"

namespace {

using namespace lxr::bench;

constexpr int exit_usage = 2;

int complain(const std::string& text) {
    fmt::print(stderr, "lxr-bench: {}\n", text);
    return exit_usage;
}

std::string joined(int argc, char** argv) {
    std::string text = "lxr-bench";
    for (int i = 1; i < argc; ++i) text += std::string(" ") + argv[i];
    return text;
}

int list(const std::vector<Benchmark>& benchmarks) {
    for (const auto& benchmark : benchmarks) {
        fmt::print("{:<9}{:<18}", benchmark.suite, benchmark.name);
        for (const auto& word : benchmark.command) fmt::print(" {}", word);
        fmt::print("\n");
    }
    return 0;
}

/// Lines appear as they are measured: on standard output if they are the report, else as a sign of life on standard error.
std::vector<Comparison> compare_all(const Options& options, const std::vector<Benchmark>& benchmarks,
                                    const std::vector<Runner>& runners) {
    adopt_orphans();
    std::vector<Comparison> comparisons;
    auto* const stream = options.format == Format::text ? stdout : stderr;
    for (const auto& benchmark : benchmarks) {
        comparisons.push_back(compare(benchmark, runners, options.effort));
        fmt::print(stream, "{}", as_line(comparisons.back()));
        std::fflush(stream);
    }
    return comparisons;
}

void print_report(Format format, const std::vector<Comparison>& comparisons, const Circumstances& circumstances) {
    switch (format) {
        case Format::text:
            fmt::print("{}", summary_lines(comparisons));
            break;
        case Format::markdown:
            fmt::print("{}", as_markdown(comparisons, circumstances));
            break;
        case Format::json:
            fmt::print("{}", as_json(comparisons, circumstances));
            break;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) return complain(options.error());
    if (options->help) return fmt::print("{}", usage()), 0;
    const auto benchmarks = select_benchmarks(options->selection);
    if (benchmarks.empty()) return complain("no benchmark has such a name; see --list");
    if (options->list) return list(benchmarks);
    const auto runners = find_runners(options->tiers, options->lxr);
    if (!runners) return complain(runners.error());
    const auto comparisons = compare_all(*options, benchmarks, *runners);
    print_report(options->format, comparisons,
                 look_around(joined(argc, argv), options->effort.runs, options->selection.permille));
    return std::ranges::any_of(comparisons, &Comparison::failed) ? 1 : 0;
}
