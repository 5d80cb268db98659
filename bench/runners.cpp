// Who runs the programs, and where it is found.
#include "bench/runners.h"

#include <unistd.h>

#include "bench/places.h"

namespace lxr::bench {

namespace {

constexpr auto qemu_name = "qemu";
constexpr auto qemu_path = "/usr/bin/qemu-x86_64";

bool is_executable(const std::string& path) {
    return access(path.c_str(), X_OK) == 0;
}

Runner make_runner(const std::string& name, const std::string& lxr) {
    if (name == qemu_name) return {name, {qemu_path}};
    return {name, {lxr, "--tier=" + name}};
}

}  // namespace

std::expected<std::vector<Runner>, std::string> find_runners(const std::vector<std::string>& names, std::string lxr) {
    if (lxr.empty()) lxr = own_folder() / "lxr";
    std::vector<std::string> wanted = names;
    if (wanted.empty()) {
        wanted = {"interpreter", "baseline", "auto"};
        if (is_executable(qemu_path)) wanted.emplace_back(qemu_name);
    }
    std::vector<Runner> runners = {{"native", {}}};
    for (const auto& name : wanted) {
        runners.push_back(make_runner(name, lxr));
        const auto& path = runners.back().prefix.front();
        if (!is_executable(path)) return std::unexpected(path + " is not there; build or install it, or choose other --tiers");
    }
    return runners;
}

}  // namespace lxr::bench
