// Where lxr-bench finds lxr and the programs it runs: beside itself, as the build leaves them. Called by suites.cpp and
// runners.cpp.
#pragma once

#include <filesystem>
#include <string>

namespace lxr::bench {

inline std::filesystem::path own_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

inline std::string programs_folder() {
    return own_folder() / "bench" / "programs";
}

}  // namespace lxr::bench
