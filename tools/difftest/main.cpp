// lxr-difftest: compares what instructions do on the host CPU with what they do in each tier of lxr.
#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <string_view>

#include "lifter/support/log.h"
#include "tools/difftest/blocks.h"
#include "tools/difftest/cases.h"
#include "tools/difftest/coverage.h"
#include "tools/difftest/fuzz.h"
#include "tools/difftest/host/native_child.h"
#include "tools/difftest/random_bytes.h"
#include "tools/difftest/random_programs.h"

namespace {

using namespace lxr::difftest;

constexpr std::string_view help =
    "lxr-difftest: compares instructions on this CPU with the same in lxr's tiers, bit for bit\n"
    "  --form=REGEX   only forms whose name contains it (see --list)\n"
    "  --count=N      random states of each form (256)\n"
    "  --all          1000 states of each form\n"
    "  --seed=N       of all random numbers (1)\n"
    "  --batch=N      only this batch of each form, as reports name it\n"
    "  --details=N    how many differences of each form to show (1)\n"
    "  --tier=NAME    only this tier (else all but optimizing)\n"
    "  --cases[=REGEX]  the cases of tests/instructions instead (those whose place or assembly contains it)\n"
    "  --blocks[=N]   N sequences of instructions (10000) instead of single ones\n"
    "  --block=N      only this one, as reports name it\n"
    "  --list         list the forms, and those that are left out, and why\n"
    "  --random-bytes=N  run N strings of random bytes as code in each tier; nothing is compared\n"
    "  --random-programs=N  N such strings as programs of their own, natively and under lxr\n"
    "  --lxr=FILE     the lxr that runs them\n"
    "  --first=N      number of the first string or program, as a failure names it\n"
    "  --coverage     print what was compared as docs/coverage.md\n"
    "  --check-coverage=FILE  whether FILE has a row for each form that there is, and for no other\n"
    "  --record=FILE  write what the processor did, to be replayed elsewhere\n"
    "  --replay=FILE  compare the tiers with what was recorded; nothing is executed natively\n"
    "  --table        print a table of what was compared, as markdown\n";

struct Options {
    FuzzOptions fuzz;
    CaseOptions cases;
    BlockOptions blocks;
    RandomBytesOptions random_bytes;
    RandomProgramsOptions random_programs;
    std::string check_coverage;
    std::string replay;
    bool coverage = false;
    bool run_blocks = false;
    bool run_cases = false;
    bool list = false;
    bool table = false;
};

int usage_error(std::string_view argument) {
    fmt::print(stderr, "lxr-difftest: cannot understand {}; --help lists the options\n", argument);
    return 2;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool parse(std::string_view argument, Options& options) {
    const auto equals = argument.find('=');
    const auto name = argument.substr(0, equals);
    const auto value = equals == std::string_view::npos ? std::string_view() : argument.substr(equals + 1);
    std::uint64_t number = 0;
    const bool is_number = parse_number(value, number);
    if (name == "--form") return options.fuzz.form = value, true;
    if (name == "--tier") return options.fuzz.tier = value, true;
    if (name == "--cases") return options.cases.name = value, options.run_cases = true;
    if (name == "--blocks" && value.empty()) return options.run_blocks = true;
    if (name == "--coverage") return options.coverage = true;
    if (name == "--check-coverage") return options.check_coverage = value, true;
    if (name == "--record") return options.fuzz.record = value, true;
    if (name == "--replay") return options.replay = value, true;
    if (name == "--lxr") return options.random_programs.lxr = value, true;
    if (name == "--list") return options.list = true;
    if (name == "--table") return options.table = true;
    if (name == "--all") return options.fuzz.states = 1000, true;
    if (!is_number) return false;
    if (name == "--blocks") return options.blocks.blocks = number, options.run_blocks = true;
    if (name == "--random-bytes") return options.random_bytes.strings = number, true;
    if (name == "--random-programs") return options.random_programs.programs = number, true;
    if (name == "--first") return options.random_bytes.first = options.random_programs.first = number, true;
    if (name == "--block") return options.blocks.block = number, true;
    if (name == "--count") return options.fuzz.states = number, true;
    if (name == "--seed") return options.fuzz.seed = number, true;
    if (name == "--batch") return options.fuzz.batch = number, true;
    if (name == "--details") return options.fuzz.details = static_cast<unsigned>(number), true;
    return false;
}

void list_forms(const std::vector<Form>& forms) {
    for (const auto& form : forms) {
        const auto reason = exclusion(form.mnemonic);
        fmt::print("{}{}{}\n", form.name, reason.empty() ? "" : "    left out: ", reason);
    }
}

void print_table(const std::vector<FormResult>& results) {
    fmt::print("| form | tier | compared | of these faults | different |\n|---|---|---:|---:|---:|\n");
    for (const auto& r : results) {
        fmt::print("| {} | {} | {} | {} | {} |\n", r.form, r.tier, r.comparisons, r.faults, r.differences);
    }
}

int conclude_cases(const CaseResult& result, std::chrono::duration<double> elapsed) {
    fmt::print("{} cases, {} comparisons in {:.1f} s; {} cases differ\n", result.cases, result.comparisons, elapsed.count(),
               result.failed_cases);
    return result.failed_cases == 0 ? 0 : 1;
}

int conclude_blocks(const BlockResult& result, std::chrono::duration<double> elapsed) {
    fmt::print("{} comparisons of blocks in {:.1f} s; {} blocks differ\n", result.comparisons, elapsed.count(),
               result.differing_blocks);
    return result.differing_blocks == 0 ? 0 : 1;
}

/// @return the exit code.
int conclude(const std::vector<FormResult>& results, std::chrono::duration<double> elapsed) {
    std::uint64_t comparisons = 0;
    std::uint64_t different_forms = 0;
    for (const auto& result : results) {
        comparisons += result.comparisons;
        different_forms += result.differences > 0 ? 1 : 0;
    }
    fmt::print("{} comparisons of {} forms in {:.1f} s; {} forms differ\n", comparisons, results.size(), elapsed.count(),
               different_forms);
    return different_forms == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") return fmt::print("{}", help), 0;
        if (!parse(argv[i], options)) return usage_error(argv[i]);
    }
    arena::map();
    host::catch_faults_of_lxr();
    const auto begin = std::chrono::steady_clock::now();
    const auto elapsed = [&] { return std::chrono::steady_clock::now() - begin; };
    if (options.run_cases) {
        options.cases.tier = options.fuzz.tier;
        options.cases.seed = options.fuzz.seed;
        return conclude_cases(run_cases(options.cases), elapsed());
    }
    const auto forms = enumerate_forms();
    if (options.list) return list_forms(forms), 0;
    if (!options.check_coverage.empty()) return check_coverage(forms, options.check_coverage) ? 0 : 1;
    if (options.random_bytes.strings > 0) {
        options.random_bytes.tier = options.fuzz.tier;
        options.random_bytes.seed = options.fuzz.seed;
        return run_random_bytes(forms, options.random_bytes) ? 0 : 1;
    }
    if (options.random_programs.programs > 0) {
        if (options.random_programs.lxr.empty()) return usage_error("--random-programs without --lxr=FILE");
        if (!options.fuzz.tier.empty()) options.random_programs.tier = options.fuzz.tier;
        options.random_programs.seed = options.fuzz.seed;
        return run_random_programs(forms, options.random_programs) ? 0 : 1;
    }
    if (options.run_blocks) {
        options.blocks.tier = options.fuzz.tier;
        options.blocks.seed = options.fuzz.seed;
        options.blocks.form = options.fuzz.form;
        return conclude_blocks(run_blocks(forms, options.blocks), elapsed());
    }
    const auto results = options.replay.empty() ? fuzz(forms, options.fuzz) : replay(options.replay, options.fuzz);
    if (!results) return fmt::print(stderr, "lxr-difftest: {}\n", results.error()), 2;
    if (options.coverage) return print_coverage(forms, *results, options.fuzz), 0;
    if (options.table) print_table(*results);
    return conclude(*results, elapsed());
}
