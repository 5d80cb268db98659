// Forms of one name (opcodes that do the same, prefixes that change nothing) share a row.
#include "tools/difftest/coverage.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

namespace lxr::difftest {

namespace {

constexpr std::string_view not_there = R"(
## Not there

No processor that `--cpu` offers has them, so they are no forms: AVX-512 and its mask instructions, AMX, XOP, FMA4, TBM, LWP, 3DNow!, key
locker, user interrupts, VMX and SVM. Whoever executes one gets SIGILL, and the log a line, unless it is #UD by the
manual anyway, as an undefined opcode is.
)";

/// Of the table's columns.
std::vector<std::string> tier_names() {
    std::vector<std::string> names;
    for (const auto& tier : compared_tiers) {
        if (tier.is_chosen("")) names.emplace_back(tier.name);
    }
    return names;
}

std::string header_row() {
    std::string text = "| form |";
    for (const auto& tier : tier_names()) text += fmt::format(" {} |", tier);
    return text;
}

std::string left_out_row(const std::string& form, std::string_view reason) {
    return fmt::format("| {} | {} |", form, reason);
}

/// The row's first cell; empty for lines that are no rows of forms.
std::string form_of_row(const std::string& line) {
    if (!line.starts_with("| ") || line.starts_with("| form ")) return "";
    return line.substr(2, line.find(" |", 2) - 2);
}

}  // namespace

void print_coverage(const std::vector<Form>& forms, const std::vector<FormResult>& results, const FuzzOptions& options) {
    std::map<std::string, std::map<std::string, std::uint64_t>> counts;
    std::uint64_t comparisons = 0;
    std::uint64_t faults = 0;
    std::uint64_t differences = 0;
    for (const auto& result : results) {
        counts[result.form][result.tier] += result.comparisons;
        comparisons += result.comparisons;
        faults += result.faults;
        differences += result.differences;
    }
    fmt::print(
        "# What lxr-difftest compares\n\n"
        "Made by `lxr-difftest --count={} --seed={} --coverage`; `oracle/coverage` checks that no form is missing. Each form "
        "is\n"
        "run from random states on the host's processor and in each tier, and everything that can be seen is compared.\n"
        "Forms that differ in nothing but their encoding share a row.\n\n"
        "{} comparisons, of which {} end with a fault; {} differ.\n\n## Compared\n\n{}\n|---|",
        options.states, options.seed, comparisons, faults, differences, header_row());
    for (std::size_t i = 0; i < tier_names().size(); ++i) fmt::print("---:|");
    for (const auto& [form, by_tier] : counts) {
        fmt::print("\n| {} |", form);
        for (const auto& tier : tier_names()) {
            const auto found = by_tier.find(tier);
            fmt::print(" {} |", found == by_tier.end() ? 0 : found->second);
        }
    }
    fmt::print("\n\n## Left out\n\n| form | reason |\n|---|---|\n");
    std::set<std::string> rows;
    for (const auto& form : forms) {
        const auto reason = exclusion(form.mnemonic);
        if (!reason.empty()) rows.insert(left_out_row(form.name, reason));
    }
    for (const auto& row : rows) fmt::print("{}\n", row);
    fmt::print("{}", not_there);
}

namespace {

bool every_instruction_has_a_form(const std::vector<Form>& forms) {
    bool right = true;
    for (auto i = static_cast<unsigned>(Mnemonic::unknown) + 1; i < static_cast<unsigned>(Mnemonic::count); ++i) {
        const auto mnemonic = static_cast<Mnemonic>(i);
        if (std::ranges::find(forms, mnemonic, &Form::mnemonic) != forms.end()) continue;
        fmt::print("no form of {} is found\n", mnemonic_name(mnemonic));
        right = false;
    }
    return right;
}

}  // namespace

bool check_coverage(const std::vector<Form>& forms, const std::string& path) {
    std::ifstream file(path);
    std::set<std::string> there;
    bool has_header = false;
    for (std::string line; std::getline(file, line);) {
        has_header |= line == header_row();
        if (const auto form = form_of_row(line); !form.empty()) there.insert(form);
    }
    std::set<std::string> wanted;
    for (const auto& form : forms) wanted.insert(form.name);
    if (!has_header) fmt::print("{}: no table of the tiers that there are\n", path);
    bool right = has_header && every_instruction_has_a_form(forms);
    for (const auto& form : wanted) {
        if (there.contains(form)) continue;
        fmt::print("{}: no row for {}\n", path, form);
        right = false;
    }
    for (const auto& form : there) {
        if (wanted.contains(form)) continue;
        fmt::print("{}: a row for {}, which does not exist\n", path, form);
        right = false;
    }
    return right;
}

}  // namespace lxr::difftest
