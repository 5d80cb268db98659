// How long it takes from one arrival at a place in the guest's code to the next.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <thread>

namespace lxr::optimizing {

/// Of one thread, in its CPU time: so all that it does in between counts, there and elsewhere. The shortest of some spans,
/// since whatever disturbs a span makes it longer. Not thread-safe.
class PaceMeasurement {
public:
    /// Shorter spans say little.
    static constexpr std::chrono::milliseconds least_span{1};
    static constexpr unsigned spans = 4;
    /// Or fewer that are so long together.
    static constexpr std::chrono::milliseconds most_time{12};

    /// The calling thread is there, for the `arrivals`th time by some count.
    /// @param clock  of the calling thread's CPU time.
    /// @return true if that was the end of a span.
    bool arrive(std::uint64_t arrivals, std::chrono::nanoseconds clock) {
        const auto span = clock - begin_;
        const bool begins = thread_ != std::this_thread::get_id();
        if (!begins && (span < least_span || arrivals == arrivals_at_begin_)) return false;
        if (!begins) {
            measured_ += span;
            ++spans_measured_;
            shortest_ns_ =
                std::min(shortest_ns_, static_cast<double>(span.count()) / static_cast<double>(arrivals - arrivals_at_begin_));
        }
        thread_ = std::this_thread::get_id();
        begin_ = clock;
        arrivals_at_begin_ = arrivals;
        return !begins;
    }
    /// Nanoseconds an arrival, once they are known.
    [[nodiscard]] std::optional<double> pace() const {
        if (spans_measured_ < spans && measured_ < most_time) return std::nullopt;
        return shortest_ns_;
    }

private:
    std::thread::id thread_;
    std::chrono::nanoseconds begin_{};
    std::uint64_t arrivals_at_begin_ = 0;
    std::chrono::nanoseconds measured_{};
    unsigned spans_measured_ = 0;
    double shortest_ns_ = std::numeric_limits<double>::infinity();
};

}  // namespace lxr::optimizing
