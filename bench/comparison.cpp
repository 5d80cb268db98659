// Interleaved runs and their medians.
#include "bench/comparison.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "lifter/support/check.h"

namespace lxr::bench {

namespace {

/// An empty folder that goes when the comparison is over.
class ScratchFolder {
public:
    ScratchFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "lxr-bench-XXXXXX";
        LXR_CHECK(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

using Runs = std::vector<MeasuredRun>;

std::string why_skipped(const Benchmark& benchmark, const std::string& folder, std::chrono::seconds time_limit) {
    const auto& program = benchmark.command.front();
    if (access(program.c_str(), X_OK) != 0) return program + " is not installed";
    if (benchmark.preparation.empty()) return {};
    const auto run = measured_run({"/bin/sh", "-c", benchmark.preparation}, folder, time_limit);
    return run.wait_status == 0 ? std::string() : "its preparation failed: " + run.last_error_line;
}

std::vector<std::string> command_line(const Runner& runner, const Benchmark& benchmark) {
    std::vector<std::string> argv = runner.prefix;
    argv.insert(argv.end(), benchmark.command.begin(), benchmark.command.end());
    return argv;
}

std::string complaint_about(const MeasuredRun& run, const MeasuredRun& native) {
    if (run.timed_out) return "takes too long";
    if (native.wait_status != 0) return "fails natively: " + native.last_error_line;
    if (run.wait_status != native.wait_status) {
        return fmt::format("wait status {:#x}, natively {:#x}: {}", run.wait_status, native.wait_status, run.last_error_line);
    }
    if (run.output_checksum != native.output_checksum) return "its output differs from the native run's";
    return {};
}

template <typename Member>
double median_of(const Runs& runs, Member member) {
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(member(run));
    return median(std::move(values));
}

Result summarise(const Runner& runner, const Runs& runs, const Runs& native_runs) {
    Result result;
    result.runner = runner.name;
    for (const auto& run : runs) {
        if (result.complaint.empty()) result.complaint = complaint_about(run, native_runs.front());
    }
    result.cpu_seconds = median_of(runs, [](const auto& run) { return run.cpu_time.count(); });
    result.elapsed_seconds = median_of(runs, [](const auto& run) { return run.elapsed.count(); });
    result.peak_resident_kib = static_cast<long>(median_of(runs, [](const auto& run) { return run.peak_resident_kib; }));
    const double native = median_of(native_runs, [](const auto& run) { return run.cpu_time.count(); });
    result.ratio = native > 0 ? result.cpu_seconds / native : 0;
    return result;
}

}  // namespace

double median(std::vector<double> values) {
    LXR_CHECK(!values.empty());
    std::ranges::sort(values);
    const auto middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool Comparison::failed() const {
    return std::ranges::any_of(results, [](const Result& result) { return !result.complaint.empty(); });
}

Comparison compare(const Benchmark& benchmark, const std::vector<Runner>& runners, const Effort& effort) {
    const ScratchFolder folder;
    Comparison comparison{benchmark, why_skipped(benchmark, folder.path(), effort.time_limit), {}};
    if (!comparison.skipped.empty()) return comparison;
    std::vector<Runs> runs(runners.size());
    for (unsigned round = 0; round < effort.runs; ++round) {
        for (std::size_t i = 0; i < runners.size(); ++i) {
            const bool hopeless = !runs[i].empty() && runs[i].back().timed_out;
            if (hopeless) continue;
            runs[i].push_back(measured_run(command_line(runners[i], benchmark), folder.path(), effort.time_limit));
        }
    }
    for (std::size_t i = 0; i < runners.size(); ++i) comparison.results.push_back(summarise(runners[i], runs[i], runs[0]));
    return comparison;
}

}  // namespace lxr::bench
