// Random numbers that are the same everywhere for the same seed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lxr::difftest {

/// SplitMix64: every seed is as good as any other.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        auto mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    /// Uniform in [0, limit).
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    bool percent(unsigned chance) { return below(100) < chance; }
    template <typename Range>
    const auto& pick(const Range& range) {
        return range[below(range.size())];
    }

private:
    std::uint64_t state_;
};

/// Seed of a part from the seed of the whole.
inline std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t part) {
    return Random(Random(seed).next() ^ part).next();
}

}  // namespace lxr::difftest
