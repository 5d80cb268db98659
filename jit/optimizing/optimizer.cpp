// Finding and calling the optimiser.
#include "jit/optimizing/optimizer.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "lifter/support/log.h"

namespace lxr::optimizing {

namespace {

std::string folder_of_lxr() {
    char path[PATH_MAX];
    const auto size = readlink("/proc/self/exe", path, sizeof path);
    if (size <= 0) return {};
    const std::string file(path, static_cast<std::size_t>(size));
    return file.substr(0, file.rfind('/') + 1);
}

/// A limit that LLVM meets ends the process: it takes some 200 MB of addresses.
bool addresses_are_limited() {
    rlimit limit{};
    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

OptimizeFunction open() {
    if (addresses_are_limited()) {
        log(LogCategory::jit, LogLevel::info, "the optimising tier is off: RLIMIT_AS is set");
        return nullptr;
    }
    void* const library = dlopen((folder_of_lxr() + optimizer_file).c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const symbol = library == nullptr ? nullptr : dlsym(library, optimizer_symbol);
    if (symbol == nullptr) {
        log(LogCategory::jit, LogLevel::warning, "the optimising tier is off: {}", dlerror());
    }
    return reinterpret_cast<OptimizeFunction>(symbol);
}

}  // namespace

OptimizeFunction open_optimizer() {
    static const auto function = open();
    return function;
}

RegionAnswer ask(OptimizeFunction optimize, const RegionRequest& request) {
    const auto bytes = encode(request);
    RegionAnswer answer;
    const auto receive = [](void* receiver, const std::byte* message, std::size_t size_bytes) {
        auto& received = *static_cast<RegionAnswer*>(receiver);
        if (!decode({message, size_bytes}, received)) received.refusal = "no answer";
    };
    optimize(bytes.data(), bytes.size(), receive, &answer);
    return answer;
}

}  // namespace lxr::optimizing
