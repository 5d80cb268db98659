// How long it takes from one arrival at a place in the guest's code to the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

namespace lxr::optimizing {

/// Of one thread, in its CPU time: so all that it does in between counts, there and elsewhere. Not thread-safe.
class PaceMeasurement {
public:
    /// Shorter ones say little.
    static constexpr std::chrono::milliseconds least_time{2};

    /// The calling thread is there, for the `arrivals`th time by some count.
    /// @param clock  of the calling thread's CPU time.
    /// @return nanoseconds an arrival, once they are known.
    std::optional<double> arrive(std::uint64_t arrivals, std::chrono::nanoseconds clock) {
        if (thread_ != std::this_thread::get_id()) {
            thread_ = std::this_thread::get_id();
            begin_ = clock;
            arrivals_at_begin_ = arrivals;
            return std::nullopt;
        }
        const auto elapsed = clock - begin_;
        if (elapsed < least_time || arrivals == arrivals_at_begin_) return std::nullopt;
        return static_cast<double>(elapsed.count()) / static_cast<double>(arrivals - arrivals_at_begin_);
    }

private:
    std::thread::id thread_;
    std::chrono::nanoseconds begin_{};
    std::uint64_t arrivals_at_begin_ = 0;
};

}  // namespace lxr::optimizing
