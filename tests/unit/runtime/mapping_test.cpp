// MappingSet against the plainest model of an address space: one entry a page.
#include "runtime/mapping.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "lifter/support/address.h"

namespace lxr {
namespace {

constexpr std::uint64_t page(std::uint64_t number) {
    return number * page_size_bytes;
}

Mapping anonymous(std::uint64_t first, std::uint64_t last, int protection = PROT_READ, int extra_flags = 0) {
    return {.begin = page(first),
            .end = page(last),
            .protection = protection,
            .flags = MAP_PRIVATE | MAP_ANONYMOUS | extra_flags,
            .file_offset = 0,
            .name = {}};
}

std::size_t count(const MappingSet& set) {
    return static_cast<std::size_t>(std::distance(set.begin(), set.end()));
}

TEST(MappingSet, MergesNeighboursThatAreAlike) {
    MappingSet set;
    set.insert(anonymous(1, 2));
    set.insert(anonymous(3, 4));
    set.insert(anonymous(2, 3));
    EXPECT_EQ(count(set), 1U);
    set.set_protection({.begin = page(2), .end = page(3)}, PROT_NONE);
    EXPECT_EQ(count(set), 3U);
    set.set_protection({.begin = page(2), .end = page(3)}, PROT_READ);
    EXPECT_EQ(count(set), 1U);
}

TEST(MappingSet, FilesMergeOnlyWhereTheOffsetGoesOn) {
    MappingSet set;
    const auto file = [](std::uint64_t first, std::uint64_t last, std::uint64_t offset) {
        return Mapping{.begin = page(first),
                       .end = page(last),
                       .protection = PROT_READ,
                       .flags = MAP_PRIVATE,
                       .file_offset = page(offset),
                       .name = "/file"};
    };
    set.insert(file(1, 3, 0));
    set.insert(file(3, 4, 2));
    set.insert(file(4, 5, 0));
    EXPECT_EQ(count(set), 2U);
    set.erase({.begin = page(2), .end = page(3)});
    EXPECT_EQ(set.find(page(3))->file_offset, page(2));
}

TEST(MappingSet, KeepsClearOfWhatGrowsDown) {
    MappingSet set;
    set.insert(anonymous(1000, 1001, PROT_READ, MAP_GROWSDOWN));
    EXPECT_EQ(set.highest_room(page(1), page(1), {.begin = page(1), .end = page(1000)}), page(1000 - 256 - 1));
    EXPECT_FALSE(set.has_room({.begin = page(800), .end = page(801)}));
    EXPECT_TRUE(set.has_room({.begin = page(743), .end = page(744)}));
}

class Model {
public:
    static constexpr std::uint64_t pages = 64;
    void fill(std::uint64_t first, std::uint64_t last, int protection) {
        for (auto i = first; i < last; ++i) protection_[i] = protection;
    }
    [[nodiscard]] bool agrees_with(const MappingSet& set) const {
        for (std::uint64_t i = 0; i < pages; ++i) {
            const Mapping* mapping = set.find(page(i));
            if ((mapping == nullptr ? -1 : mapping->protection) != protection_[i]) return false;
        }
        return true;
    }
    [[nodiscard]] std::optional<std::uint64_t> highest_room(std::uint64_t size, std::uint64_t low, std::uint64_t high) const {
        for (std::uint64_t first = high - size; first + 1 > low; --first) {
            bool is_free = true;
            for (auto i = first; i < first + size; ++i) is_free = is_free && protection_[i] == -1;
            if (is_free) return page(first);
        }
        return std::nullopt;
    }

private:
    std::array<int, pages> protection_ = [] {
        std::array<int, pages> all{};
        all.fill(-1);
        return all;
    }();
};

TEST(MappingSet, AgreesWithAPageTable) {
    constexpr unsigned seed = 20240611;
    std::mt19937 random(seed);
    MappingSet set;
    Model model;
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t first = 1 + random() % (Model::pages - 1);
        const std::uint64_t last = first + 1 + random() % std::min<std::uint64_t>(8, Model::pages - first);
        const MappingSet::Range range{.begin = page(first), .end = page(last)};
        const int protection = static_cast<int>(random() % 4);
        switch (random() % 4) {
            case 0:
                set.erase(range);
                model.fill(first, last, -1);
                break;
            case 1:
                set.erase(range);
                set.insert(anonymous(first, last, protection));
                model.fill(first, last, protection);
                break;
            case 2:
                if (set.covered_until(range) == range.end) {
                    set.set_protection(range, protection);
                    model.fill(first, last, protection);
                }
                break;
            default: {
                const std::uint64_t size = 1 + random() % 6;
                const std::uint64_t top = random() % 8 == 0 ? 40 : Model::pages;
                const auto place = set.highest_room(page(size), page(1), {.begin = page(1), .end = page(top)});
                ASSERT_EQ(place, model.highest_room(size, 1, top)) << "seed " << seed << " step " << step;
                if (place && random() % 2 == 0) {
                    set.insert(anonymous(*place / page(1), *place / page(1) + size, protection));
                    model.fill(*place / page(1), *place / page(1) + size, protection);
                }
            }
        }
        ASSERT_TRUE(model.agrees_with(set)) << "seed " << seed << " step " << step;
    }
}

}  // namespace
}  // namespace lxr
