// Ways to run a guest program: natively, under lxr in one of its tiers, under another translator. Called by main.cpp.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace lxr::bench {

struct Runner {
    std::string name;
    std::vector<std::string> prefix;  ///< what precedes the program's path; empty natively.
};

/// The native one, then those named; nothing named: every tier of lxr, and qemu if it is installed.
/// @param lxr  path of lxr; empty for the one beside lxr-bench.
/// @return     or a sentence on what is missing.
std::expected<std::vector<Runner>, std::string> find_runners(const std::vector<std::string>& names, std::string lxr);

}  // namespace lxr::bench
