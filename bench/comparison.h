// One benchmark under all runners, in interleaved runs. Called by main.cpp, printed by report.cpp.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/measured_run.h"
#include "bench/runners.h"
#include "bench/suites.h"

namespace lxr::bench {

/// What one runner needed, as medians of its runs.
struct Result {
    std::string runner;
    double cpu_seconds = 0;
    double elapsed_seconds = 0;
    long peak_resident_kib = 0;
    double ratio = 0;       ///< of CPU time, to the native runner.
    std::string complaint;  ///< why there is no measurement; empty if there is one.
};

struct Comparison {
    Benchmark benchmark;
    std::string skipped;          ///< why it did not run at all; empty if it did.
    std::vector<Result> results;  ///< the native one first; empty if it was skipped.

    bool failed() const;
};

struct Effort {
    unsigned runs = 3;
    std::chrono::seconds time_limit{120};  ///< for a single run.
};

/// Runs the benchmark with every runner in turn, and that several times, so that all meet the same moods of the machine.
Comparison compare(const Benchmark& benchmark, const std::vector<Runner>& runners, const Effort& effort);

double median(std::vector<double> values);

}  // namespace lxr::bench
