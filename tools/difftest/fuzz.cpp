// Batches of one encoding and many states; each can be run again from its seed.
#include "tools/difftest/fuzz.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <regex>

#include "lifter/support/check.h"
#include "tools/difftest/host_features.h"
#include "tools/difftest/opcode_bytes.h"
#include "tools/difftest/recording.h"
#include "tools/difftest/tests.h"
#include "tools/difftest/undefined_flags.h"

namespace lxr::difftest {

namespace {

constexpr std::uint32_t states_per_encoding = 16;

struct ExclusionRow {
    Mnemonic mnemonic;
    std::string_view reason;
};
constexpr std::array exclusions = {
#define LXR_EXCLUDED(mnemonic, reason) ExclusionRow{Mnemonic::mnemonic, reason},
#include "tools/difftest/exclusions.inc"
#undef LXR_EXCLUDED
};

enum class Faults : std::uint8_t { page, all };
struct UnorderedRow {
    Mnemonic mnemonic;
    Faults faults;
};
constexpr std::array unordered = {
#define LXR_UNORDERED(mnemonic, faults) UnorderedRow{Mnemonic::mnemonic, Faults::faults},
#include "tools/difftest/unordered_accesses.inc"
#undef LXR_UNORDERED
};

bool is_among(std::uint32_t vector, Faults faults) {
    using enum ExceptionVector;
    const auto is = [vector](ExceptionVector other) { return vector == static_cast<std::uint32_t>(other); };
    return is(page_fault) || (faults == Faults::all && (is(general_protection) || is(stack_segment) || is(alignment_check)));
}

std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0;
    for (const char character : text) hash = derived_seed(hash, static_cast<unsigned char>(character));
    return hash;
}

std::string hex_bytes(std::span<const std::byte> bytes) {
    std::string text;
    for (const auto byte : bytes) text += fmt::format("{}{:02x}", text.empty() ? "" : " ", std::to_integer<unsigned>(byte));
    return text;
}

/// One form: makes its batches, compares, and reports.
class FormFuzzer {
public:
    FormFuzzer(Comparison& comparison, Form form, const FuzzOptions& options)
        : comparison_(comparison), form_(std::move(form)), options_(options) {}

    void run_batch(std::uint64_t number, Recorder& recorder) {
        Random random(derived_seed(derived_seed(options_.seed, hash_of(form_.name)), number));
        number_ = number;
        auto& batch = comparison_.native.batch();
        batch.entry = arena::usual_entry;
        encoding_ = random_encoding(form_, batch.entry, random);
        batch.end = batch.entry + encoding_.size_bytes;
        arena::place_code(batch.entry, encoding_.bytes());
        fill_memory(batch.memory, random);
        batch.count = states_per_encoding;
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            batch.tests[i] = random_test(encoding_.instruction, batch.entry, random);
        }
        const bool finished = comparison_.run([&](std::string_view tier, std::uint32_t i, const Outcome& native,
                                                  const Outcome& lxr) { compare(tier, batch.tests[i], native, lxr); });
        if (!finished) return report_dead_child(batch.progress);
        recorder.write(form_.name, encoding_.bytes(), batch);
    }

    /// Compares a batch that has its native outcomes.
    void check_recorded(std::span<const std::byte> code) {
        auto& batch = comparison_.native.batch();
        batch.entry = arena::usual_entry;
        batch.end = batch.entry + code.size();
        encoding_ = {};
        std::ranges::copy(code, encoding_.buffer.begin());
        encoding_.size_bytes = code.size();
        if (const auto instruction = decode(encoding_.buffer, GuestAddress(batch.entry))) encoding_.instruction = *instruction;
        arena::place_code(batch.entry, code);
        comparison_.run_recorded([&](std::string_view tier, std::uint32_t i, const Outcome& native, const Outcome& lxr) {
            compare(tier, batch.tests[i], native, lxr);
        });
    }

    void summarize() const {
        for (const auto& [tier, result] : results) {
            if (result.differences == 0) continue;
            fmt::print("DIFFERS {} [{}]: {} of {}:", form_.name, tier, result.differences, result.comparisons);
            for (const auto& [fields, count] : differing_) fmt::print(" ({}) {}", fields, count);
            fmt::print("\n");
        }
    }

    std::map<std::string, FormResult, std::less<>> results;

private:
    void compare(std::string_view tier, const Test& test, const Outcome& native, const Outcome& lxr) {
        auto& result = results[std::string(tier)];
        result.form = form_.name;
        result.tier = tier;
        ++result.comparisons;
        const bool faulted = native.ending == Ending::fault;
        if (faulted) ++result.faults;
        if (are_unordered_faults(encoding_.instruction.mnemonic, native, lxr)) return;
        const auto undefined = faulted ? 0 : undefined_flags_after(encoding_.instruction, test.before);
        const auto fields = differences(native, lxr, undefined);
        if (fields.empty()) return;
        ++result.differences;
        if (differing_[fields]++ == 0 && shown_ < options_.details) {
            ++shown_;
            fmt::print("{} [{}]: {}    {}\n  again: lxr-difftest --seed={} '--form=^{}$' --batch={}\n{}", form_.name, tier,
                       disassemble(encoding_.bytes(), GuestAddress(arena::usual_entry)), hex_bytes(encoding_.bytes()),
                       options_.seed, form_.name, number_, side_by_side(test, native, lxr, undefined));
        }
    }

    void report_dead_child(std::uint32_t test) {
        auto& result = results["native"];
        result.form = form_.name;
        result.tier = "native";
        ++result.comparisons;
        ++result.differences;
        fmt::print("{}: the native run {}: {}    {}\n  again: lxr-difftest --seed={} '--form=^{}$' --batch={} (test {})\n",
                   form_.name, comparison_.native.failure(), disassemble(encoding_.bytes(), GuestAddress(arena::usual_entry)),
                   hex_bytes(encoding_.bytes()), options_.seed, form_.name, number_, test);
    }

    Comparison& comparison_;
    Form form_;
    const FuzzOptions& options_;
    Encoding encoding_;
    std::uint64_t number_ = 0;
    unsigned shown_ = 0;
    std::map<std::string, std::uint64_t> differing_;
};

}  // namespace

Comparison::Comparison(const std::string& only_tier) {
    for (const auto& row : compared_tiers) {
        if (!row.is_chosen(only_tier)) continue;
        tiers_.push_back({.name = row.name, .runner = std::make_unique<EngineRunner>(row.tier)});
    }
}

std::string_view exclusion(Mnemonic mnemonic) {
    for (const auto& row : exclusions) {
        if (row.mnemonic == mnemonic) return row.reason;
    }
    return "";
}

bool are_unordered_faults(Mnemonic mnemonic, const Outcome& native, const Outcome& lxr) {
    const auto* const row = std::ranges::find(unordered, mnemonic, &UnorderedRow::mnemonic);
    if (row == unordered.end() || native.ending != Ending::fault || lxr.ending != Ending::fault) return false;
    return is_among(native.fault.vector, row->faults) && is_among(lxr.fault.vector, row->faults);
}

void FeaturesMissing::note(std::string_view feature) {
    if (std::ranges::find(names_, feature) == names_.end()) names_.emplace_back(feature);
}

FeaturesMissing::~FeaturesMissing() {
    if (!names_.empty()) fmt::print("not compared, since this host lacks it: {}\n", fmt::join(names_, " "));
}

bool FeaturesMissing::is_missing_for(const Form& form) {
    if (form.mnemonic == Mnemonic::unknown) return false;
    const auto feature = feature_missing_for(opcode_bytes(form.places.front()).bytes());
    if (!feature.empty()) note(feature);
    return !feature.empty();
}

std::expected<std::vector<FormResult>, std::string> fuzz(const std::vector<Form>& forms, const FuzzOptions& options) {
    Comparison comparison(options.tier);
    Recorder recorder(options.record);
    const std::regex wanted(options.form);
    std::vector<FormResult> results;
    FeaturesMissing missing;
    for (const auto& form : forms) {
        if (!std::regex_search(form.name, wanted) || !exclusion(form.mnemonic).empty() || missing.is_missing_for(form))
            continue;
        FormFuzzer fuzzer(comparison, form, options);
        if (options.batch) {
            fuzzer.run_batch(*options.batch, recorder);
        } else {
            const auto batches = (options.states + states_per_encoding - 1) / states_per_encoding;
            for (std::uint64_t number = 0; number < batches; ++number) fuzzer.run_batch(number, recorder);
        }
        fuzzer.summarize();
        for (auto& [tier, result] : fuzzer.results) results.push_back(result);
    }
    recorder.flush();
    if (!recorder.good()) return std::unexpected(fmt::format("cannot write {}", options.record));
    return results;
}

std::expected<std::vector<FormResult>, std::string> replay(const std::string& path, const FuzzOptions& options) {
    auto recording = Recording::open(path);
    if (!recording) return std::unexpected(recording.error());
    Comparison comparison(options.tier);
    const std::regex wanted(options.form);
    std::vector<FormResult> results;
    std::string form;
    std::vector<std::byte> code;
    while (true) {
        const auto more = recording->read(form, code, comparison.native.batch());
        if (!more) return std::unexpected(more.error());
        if (!*more) return results;
        if (!std::regex_search(form, wanted)) continue;
        Form recorded;
        recorded.name = form;
        FormFuzzer fuzzer(comparison, recorded, options);
        fuzzer.check_recorded(code);
        fuzzer.summarize();
        for (auto& [tier, result] : fuzzer.results) results.push_back(result);
    }
}

}  // namespace lxr::difftest
