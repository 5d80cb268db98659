// Set operations over the rows of cpu_features.inc.
#include "lifter/cpu_features.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ranges>
#include <utility>

#include "lifter/cpu_model.h"
#include "lifter/host/processor.h"

namespace lxr {
namespace {

/// Who does the feature's instructions.
enum class DoneBy : std::uint8_t { self, copied, evaluated };

struct Row {
    std::uint32_t leaf;
    std::uint32_t subleaf;
    std::uint32_t CpuidResult::* word;
    unsigned bit;
    std::string_view name;
    CpuLevel level;
    DoneBy done_by;
    std::string_view builds_on;
};

constexpr std::array rows = {
#define FEATURE(leaf, subleaf, word, bit, name, level, done_by, builds_on) \
    Row{leaf, subleaf, &CpuidResult::word, bit, #name, CpuLevel::level, DoneBy::done_by, builds_on},
#include "lifter/cpu_features.inc"
};

std::optional<std::size_t> row_named(std::string_view name) {
    const auto* const found = std::ranges::find(rows, name, &Row::name);
    if (found == rows.end()) return std::nullopt;
    return static_cast<std::size_t>(found - rows.begin());
}

/// What the row names in its last column.
CpuFeatures foundations(const Row& row) {
    CpuFeatures features;
    for (const auto name : std::views::split(row.builds_on, ' ')) {
        if (const auto below = row_named(std::string_view(name))) features.set(*below);
    }
    return features;
}

void add(CpuFeatures& features, std::size_t row) {
    features.set(row);
    for (std::size_t below = 0; below < rows.size(); ++below) {
        if (foundations(rows[row])[below]) add(features, below);
    }
}

void remove(CpuFeatures& features, std::size_t row) {
    features.reset(row);
    for (std::size_t above = 0; above < rows.size(); ++above) {
        if (features[above] && foundations(rows[above])[row]) remove(features, above);
    }
}

template <typename Predicate>
CpuFeatures features_where(const Predicate& holds) {
    CpuFeatures features;
    for (std::size_t i = 0; i < rows.size(); ++i) features[i] = holds(rows[i]);
    return features;
}

/// Asks for each leaf once: in a virtual machine CPUID takes microseconds.
class HostIdentification {
public:
    bool has(const Row& row) {
        const auto [leaf, is_new] = leaves_.try_emplace({row.leaf, row.subleaf});
        if (is_new) leaf->second = host::processor_identification(row.leaf, row.subleaf);
        return (leaf->second.*row.word & 1U << row.bit) != 0;
    }

private:
    std::map<std::pair<std::uint32_t, std::uint32_t>, CpuidResult> leaves_;
};

CpuFeatures ask_host() {
    HostIdentification host;
    auto features = features_where([&](const Row& row) { return row.done_by == DoneBy::self || host.has(row); });
    if (!host::has_wide_vectors()) remove(features, cpu_avx);
    return features;
}

struct ModelRow {
    std::string_view name;
    CpuLevel level;
};
constexpr std::array models = {ModelRow{"v1", CpuLevel::v1}, ModelRow{"v2", CpuLevel::v2}, ModelRow{"v3", CpuLevel::v3}};
constexpr std::string_view long_model_prefix = "x86-64-";

std::expected<CpuFeatures, std::string> parse_model(std::string_view name) {
    if (name == "host") return host_cpu();
    const auto short_name = name.starts_with(long_model_prefix) ? name.substr(long_model_prefix.size()) : name;
    const auto* const found = std::ranges::find(models, short_name, &ModelRow::name);
    if (found != models.end()) return cpu_level(found->level);
    if (short_name == "v4") {
        return std::unexpected(fmt::format("'{}' is AVX-512, which lxr cannot translate yet; v3 is the highest level", name));
    }
    return std::unexpected(fmt::format("'{}' is not a processor; give v1, v2, v3 or host, see --cpu=help", name));
}

std::expected<void, std::string> apply_change(CpuFeatures& features, std::string_view change) {
    const auto sign = change.empty() ? ' ' : change[0];
    if (sign != '+' && sign != '-') {
        return std::unexpected(fmt::format("'{}' is not a change; give +FEATURE or -FEATURE", change));
    }
    const auto row = row_named(change.substr(1));
    if (!row) return std::unexpected(fmt::format("'{}' is not a feature that lxr has; see --cpu=help", change.substr(1)));
    if (sign == '-' && rows[*row].level == CpuLevel::v1) {
        return std::unexpected(fmt::format("'{}' belongs to every x86-64 processor", change.substr(1)));
    }
    sign == '+' ? add(features, *row) : remove(features, *row);
    return {};
}

std::string names_of_level(CpuLevel level) {
    return cpu_feature_names(features_where([level](const Row& row) { return row.level == level; }));
}

}  // namespace

CpuFeatures cpu_level(CpuLevel level) {
    return features_where([level](const Row& row) { return row.level <= level; });
}

CpuFeatures host_cpu() {
    static const CpuFeatures features = ask_host();
    return features;
}

std::expected<CpuFeatures, std::string> parse_cpu(std::string_view text) {
    auto end = text.find(',');
    auto features = parse_model(text.substr(0, end));
    while (features && end != std::string_view::npos) {
        const auto begin = end + 1;
        end = text.find(',', begin);
        const auto length = end == std::string_view::npos ? end : end - begin;
        if (const auto applied = apply_change(*features, text.substr(begin, length)); !applied) {
            return std::unexpected(applied.error());
        }
    }
    return features;
}

CpuFeatures lacking_on_host(const CpuFeatures& features, bool copies_code) {
    const auto needed = features_where([copies_code](const Row& row) {
        return row.done_by == DoneBy::evaluated || (copies_code && row.done_by == DoneBy::copied);
    });
    return features & needed & ~host_cpu();
}

std::string cpu_feature_names(const CpuFeatures& features) {
    std::string names;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!features[i]) continue;
        if (!names.empty()) names += ' ';
        names += rows[i].name;
    }
    return names;
}

std::string cpu_help() {
    std::string text = "--cpu=MODEL[,+FEATURE,-FEATURE...]: the processor that the program sees\n\nModels:\n";
    text += "  host            all that both lxr and this host can do (the default)\n";
    for (const auto& model : models) {
        text += fmt::format("  {0}, {1}{0}   level {0} of the x86-64 psABI\n", model.name, long_model_prefix);
    }
    text += "\nFeatures, by the level that has them first:\n";
    for (const auto& model : models) text += fmt::format("  {}:    {}\n", model.name, names_of_level(model.level));
    text += fmt::format("  extra: {}\n", names_of_level(CpuLevel::extra));
    text += fmt::format("\nhost is here: {}\n", cpu_feature_names(host_cpu()));
    return text;
}

void add_cpuid_bits(const CpuFeatures& features, std::uint32_t leaf, std::uint32_t subleaf, CpuidResult& result) {
    // Only these two of the leaves in the table have subleaves; the others answer the same whatever ECX holds.
    const bool has_subleaves = leaf == 7 || leaf == 0xd;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool asked = rows[i].leaf == leaf && (!has_subleaves || rows[i].subleaf == subleaf);
        if (asked && features[i]) result.*rows[i].word |= 1U << rows[i].bit;
    }
}

}  // namespace lxr
