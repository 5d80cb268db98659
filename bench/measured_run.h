// One run of a program with all its children, measured. Called by comparison.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lxr::bench {

struct MeasuredRun {
    std::chrono::duration<double> cpu_time{};  ///< user and system, of all processes that came of it.
    std::chrono::duration<double> elapsed{};   ///< until the program itself ended.
    long peak_resident_kib = 0;                ///< of its biggest process.
    int wait_status = -1;                      ///< of the program itself; wait(2).
    bool timed_out = false;
    std::uint64_t output_checksum = 0;  ///< FNV-1a of its standard output.
    std::string last_error_line;
};

/// Prepares this process for measured_run: orphans of a run become its children and are counted too (prctl(2)).
void adopt_orphans();

/// Runs argv in a folder and waits for all its processes; kills them after the time limit. Not for threads.
MeasuredRun measured_run(const std::vector<std::string>& argv, const std::string& folder, std::chrono::seconds time_limit);

}  // namespace lxr::bench
