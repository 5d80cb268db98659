// Counts for `--stat` of what happens often, on many threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace lxr {

/// How often a thread did something. It alone adds; any thread may read, and finds a count that was right a moment ago.
class ThreadCounter {
public:
    /// Two plain instructions: nobody else writes, so that nothing has to be locked.
    void add_one() { count_.store(count() + 1, std::memory_order_relaxed); }
    /// Nothing is read because of what is found here, so that no order is wanted.
    [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace lxr
