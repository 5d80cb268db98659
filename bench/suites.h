// What lxr-bench can run, ready to be run: the rows of suites.inc. Called by main.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lxr::bench {

struct Benchmark {
    std::string suite;
    std::string name;
    std::vector<std::string> command;  ///< command[0] is a path.
    std::string preparation;           ///< for sh -c, or empty.
};

/// Which rows, and how much each has to do.
struct Selection {
    std::vector<std::string> suites;  ///< empty: all.
    std::string filter;               ///< what the name contains.
    unsigned permille = 1000;         ///< of the full work.
};

std::vector<std::string> suite_names();

/// The chosen rows in the table's order, with what the programs and inputs are called on this machine filled in.
std::vector<Benchmark> select_benchmarks(const Selection& selection);

/// The words of a text between separators, without empty ones.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace lxr::bench
