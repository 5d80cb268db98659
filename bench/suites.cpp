// The rows of suites.inc and what their $-words stand for.
#include "bench/suites.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bench/places.h"

namespace lxr::bench {

namespace {

struct Row {
    std::string_view suite, name, command, preparation;
};

constexpr Row rows[] = {
#define BENCHMARK(suite, name, command, preparation) {#suite, #name, command, preparation},
#include "bench/suites.inc"
#undef BENCHMARK
};

std::string filled_in(std::string_view text, unsigned permille) {
    const std::array<std::pair<std::string_view, std::string>, 4> words = {{
        {"$CC1", LXR_BENCH_CC1},
        {"$P", programs_folder()},
        {"$D", LXR_BENCH_INPUTS},
        {"$S", std::to_string(permille)},
    }};
    std::string result(text);
    for (const auto& [word, meaning] : words) {
        for (auto at = result.find(word); at != result.npos; at = result.find(word, at + meaning.size())) {
            result.replace(at, word.size(), meaning);
        }
    }
    return result;
}

bool is_chosen(const Row& row, const Selection& selection) {
    const bool suite = selection.suites.empty() || std::ranges::find(selection.suites, row.suite) != selection.suites.end();
    return suite && row.name.find(selection.filter) != row.name.npos;
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (end > 0) words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

std::vector<std::string> suite_names() {
    std::vector<std::string> names;
    for (const Row& row : rows) {
        if (names.empty() || names.back() != row.suite) names.emplace_back(row.suite);
    }
    return names;
}

std::vector<Benchmark> select_benchmarks(const Selection& selection) {
    std::vector<Benchmark> chosen;
    for (const Row& row : rows) {
        if (!is_chosen(row, selection)) continue;
        chosen.push_back({std::string(row.suite), std::string(row.name), split(filled_in(row.command, selection.permille), ' '),
                          filled_in(row.preparation, selection.permille)});
    }
    return chosen;
}

}  // namespace lxr::bench
