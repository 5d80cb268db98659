// Three kinds of strings: any bytes, valid instructions with any bytes behind, and many prefixes before an opcode.
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
#include "tools/difftest/tests.h"

namespace lxr::difftest {

namespace {

constexpr std::size_t longest_string_bytes = 64;
using Bytes = std::vector<std::byte>;

void append_any(Bytes& bytes, Random& random, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(random.next()));
}

void append_instructions(Bytes& bytes, const std::vector<Form>& forms, Random& random) {
    for (auto count = 1 + random.below(4); count > 0; --count) {
        const auto encoding = random_encoding(random.pick(forms), arena::usual_entry + bytes.size(), random);
        bytes.insert(bytes.end(), encoding.bytes().begin(), encoding.bytes().end());
    }
}

void append_prefixes(Bytes& bytes, Random& random) {
    constexpr std::array<std::uint8_t, 14> prefixes = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e,
                                                       0x36, 0x3e, 0x64, 0x65, 0x40, 0x48, 0x4f};
    constexpr std::array<std::uint8_t, 5> escapes = {0x0f, 0xc4, 0xc5, 0x62, 0x8f};
    for (auto count = random.below(16); count > 0; --count) bytes.push_back(static_cast<std::byte>(random.pick(prefixes)));
    if (random.percent(70)) bytes.push_back(static_cast<std::byte>(random.pick(escapes)));
}

Bytes random_string(const std::vector<Form>& forms, Random& random) {
    Bytes bytes;
    const auto kind = random.below(3);
    if (kind == 1) append_instructions(bytes, forms, random);
    if (kind == 2) append_prefixes(bytes, random);
    append_any(bytes, random, kind == 1 ? random.below(16) : 1 + random.below(longest_string_bytes - bytes.size()));
    return bytes;
}

/// Registers point into the data more often than not, so that more than the first instruction runs.
Test random_start(Random& random) {
    auto test = random_test({}, arena::usual_entry, random);
    for (auto& reg : test.before.gpr) {
        if (random.percent(60)) reg = arena::data_begin + random.below(arena::data_size_bytes);
    }
    return test;
}

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
        set_log_descriptor(-1);  // each instruction without semantics would be told
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
