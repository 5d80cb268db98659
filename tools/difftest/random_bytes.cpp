// Runs the strings in a child, so that the number of the one that ends it can be told.
#include "tools/difftest/random_bytes.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <memory>

#include "lifter/support/check.h"
#include "lifter/support/log.h"
#include "tools/difftest/engine_runner.h"
#include "tools/difftest/host/native_child.h"
#include "tools/difftest/random_strings.h"

namespace lxr::difftest {

namespace {

/// The child's life. `current` is the number of the string that runs.
void run_strings(const std::vector<Form>& forms, const RandomBytesOptions& options, volatile std::uint64_t& current) {
    host::interrupt_endless_runs();
    auto batch = std::make_unique<Batch>();
    batch->count = 1;
    for (const auto& row : compared_tiers) {
        if (!row.is_chosen(options.tier)) continue;
        EngineRunner runner(row.tier);
        std::map<std::string, std::uint64_t> endings;
        for (auto number = options.first; number < options.first + options.strings; ++number) {
            current = number;
            Random random(derived_seed(options.seed, number));
            const auto bytes = random_string(forms, random);
            batch->entry = arena::usual_entry;
            batch->end = batch->entry + bytes.size();
            batch->tests[0] = random_start(random);
            arena::place_code(batch->entry, bytes);
            ++endings[ending_name(runner.run(*batch)[0])];
        }
        fmt::print("{}: {} strings;", row.name, options.strings);
        for (const auto& [name, count] : endings) fmt::print(" {}: {}", name, count);
        fmt::print("\n");
    }
}

}  // namespace

bool run_random_bytes(const std::vector<Form>& forms, const RandomBytesOptions& options) {
    auto* const shared = mmap(nullptr, page_size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    LXR_CHECK(shared != MAP_FAILED);
    auto& current = *static_cast<volatile std::uint64_t*>(shared);
    fflush(stdout);
    const auto child = fork();
    LXR_CHECK(child >= 0);
    if (child == 0) {
        send_log_to(-1);  // each instruction without semantics would be told
        run_strings(forms, options, current);
        fflush(stdout);
        _exit(0);
    }
    int status = 0;
    LXR_CHECK(waitpid(child, &status, 0) == child);
    if (status == 0) return true;
    fmt::print("ended by {} in string {}: lxr-difftest --seed={} --random-bytes=1 --first={}\n",
               WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status)) : fmt::format("exit {}", WEXITSTATUS(status)),
               current, options.seed, static_cast<std::uint64_t>(current));
    return false;
}

}  // namespace lxr::difftest
