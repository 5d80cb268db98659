// What people and programs read of a run of lxr-bench.
#include "bench/report.h"

#include <fmt/core.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

namespace lxr::bench {

namespace {

using Comparisons = std::vector<Comparison>;

std::string model_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

std::string milliseconds(double value_seconds) {
    const double value = value_seconds * 1000;
    return value < 10 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
}

std::string ratio_text(double ratio) {
    return ratio < 10 ? fmt::format("{:.2f}", ratio) : fmt::format("{:.0f}", ratio);
}

std::string cell(const Result& result) {
    if (!result.complaint.empty()) return "fails";
    return result.runner == "native" ? milliseconds(result.cpu_seconds) + " ms" : ratio_text(result.ratio);
}

/// The comparisons of one suite that have something to tell, in order; suites follow each other in the table.
std::vector<Comparisons> by_suite(const Comparisons& comparisons) {
    std::vector<Comparisons> suites;
    for (const auto& comparison : comparisons) {
        if (suites.empty() || suites.back().front().benchmark.suite != comparison.benchmark.suite) suites.emplace_back();
        suites.back().push_back(comparison);
    }
    return suites;
}

/// Of the ratios of the i-th runner, where it ran; nothing if nowhere.
std::optional<double> geometric_mean(const Comparisons& comparisons, std::size_t i) {
    double sum = 0;
    unsigned count = 0;
    for (const auto& comparison : comparisons) {
        if (!comparison.skipped.empty() || comparison.failed() || comparison.results[i].ratio <= 0) continue;
        sum += std::log(comparison.results[i].ratio);
        ++count;
    }
    if (count == 0) return std::nullopt;
    return std::exp(sum / count);
}

const Comparison* first_that_ran(const Comparisons& comparisons) {
    for (const auto& comparison : comparisons) {
        if (comparison.skipped.empty()) return &comparison;
    }
    return nullptr;
}

std::string markdown_row(const Comparison& comparison) {
    std::string row = "| " + comparison.benchmark.name + " |";
    for (const auto& result : comparison.results) row += " " + cell(result) + " |";
    return row + "\n";
}

std::string markdown_mean(const Comparisons& suite, std::size_t runners) {
    std::string row = "| **geometric mean** | |";
    for (std::size_t i = 1; i < runners; ++i) {
        const auto mean = geometric_mean(suite, i);
        row += mean ? " **" + ratio_text(*mean) + "** |" : " |";
    }
    return row + "\n";
}

std::string markdown_suite(const Comparisons& suite) {
    const auto* const ran = first_that_ran(suite);
    if (ran == nullptr) return {};
    std::string text = "\n### " + ran->benchmark.suite + "\n\n| benchmark |", rule = "\n|---|";
    for (const auto& result : ran->results) {
        text += " " + result.runner + " |";
        rule += "--:|";
    }
    text += rule + "\n";
    for (const auto& comparison : suite) {
        if (comparison.skipped.empty()) text += markdown_row(comparison);
    }
    return text + markdown_mean(suite, ran->results.size());
}

nlohmann::ordered_json json_of(const Result& result) {
    nlohmann::ordered_json json = {{"runner", result.runner},
                                   {"cpu_seconds", result.cpu_seconds},
                                   {"elapsed_seconds", result.elapsed_seconds},
                                   {"peak_resident_kib", result.peak_resident_kib},
                                   {"ratio", result.ratio}};
    if (!result.complaint.empty()) json["complaint"] = result.complaint;
    return json;
}

nlohmann::ordered_json json_of(const Comparison& comparison) {
    nlohmann::ordered_json json = {{"suite", comparison.benchmark.suite},
                                   {"name", comparison.benchmark.name},
                                   {"command", comparison.benchmark.command},
                                   {"results", nlohmann::ordered_json::array()}};
    if (!comparison.skipped.empty()) json["skipped"] = comparison.skipped;
    for (const auto& result : comparison.results) json["results"].push_back(json_of(result));
    return json;
}

}  // namespace

Circumstances look_around(const std::string& command, unsigned runs, unsigned permille) {
    return {command, model_name(), std::thread::hardware_concurrency(), runs, permille};
}

std::string as_line(const Comparison& comparison) {
    std::string line = fmt::format("{:<9}{:<18}", comparison.benchmark.suite, comparison.benchmark.name);
    if (!comparison.skipped.empty()) return line + "skipped: " + comparison.skipped + "\n";
    for (const auto& result : comparison.results) line += fmt::format("  {} {:<8}", result.runner, cell(result));
    line += "\n";
    for (const auto& result : comparison.results) {
        if (!result.complaint.empty()) line += fmt::format("  {}: {}\n", result.runner, result.complaint);
    }
    return line;
}

std::string summary_lines(const Comparisons& comparisons) {
    std::string text;
    for (const auto& suite : by_suite(comparisons)) {
        const auto* const ran = first_that_ran(suite);
        if (ran == nullptr) continue;
        text += fmt::format("{:<9}{:<18}", ran->benchmark.suite, "geometric mean");
        for (std::size_t i = 1; i < ran->results.size(); ++i) {
            if (const auto mean = geometric_mean(suite, i)) {
                text += fmt::format("  {} {:<8}", ran->results[i].runner, ratio_text(*mean));
            }
        }
        text += "\n";
    }
    return text;
}

std::string as_markdown(const Comparisons& comparisons, const Circumstances& circumstances) {
    std::string text = fmt::format("`{}` on {} x {}; medians of {} runs.\n", circumstances.command, circumstances.processors,
                                   circumstances.processor, circumstances.runs);
    for (const auto& suite : by_suite(comparisons)) text += markdown_suite(suite);
    return text;
}

std::string as_json(const Comparisons& comparisons, const Circumstances& circumstances) {
    nlohmann::ordered_json json = {{"command", circumstances.command},       {"processor", circumstances.processor},
                                   {"processors", circumstances.processors}, {"runs", circumstances.runs},
                                   {"permille", circumstances.permille},     {"benchmarks", nlohmann::ordered_json::array()}};
    for (const auto& comparison : comparisons) json["benchmarks"].push_back(json_of(comparison));
    return json.dump(2) + "\n";
}

}  // namespace lxr::bench
