// How much CPU time the optimising tier may use for itself.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

#include "jit/engine.h"

namespace lxr::optimizing {

/// A part of the CPU time that the process has used, which callers tell as `used`. Thread-safe.
class Budget {
public:
    /// What is to be paid for. A region, of a loop that was seen, may be paid for by an advance.
    enum class Purpose { look, region };

    explicit Budget(const TierPolicy& policy) : policy_(policy) {}

    /// Sets aside what something is believed to cost. @return false if there is not so much to spend.
    bool reserve(std::chrono::nanoseconds cost, std::chrono::nanoseconds used, Purpose purpose) {
        const std::scoped_lock lock(mutex_);
        if (missing_locked(cost, used, purpose).count() > 0) return false;
        spent_ += cost;
        return true;
    }
    /// What was reserved has cost so much.
    void settle(std::chrono::nanoseconds reserved, std::chrono::nanoseconds cost) {
        const std::scoped_lock lock(mutex_);
        spent_ += cost - reserved;
    }
    /// How much CPU time the process has to use before so much can be reserved; 0 if it can be now.
    [[nodiscard]] std::chrono::nanoseconds missing(std::chrono::nanoseconds cost, std::chrono::nanoseconds used,
                                                   Purpose purpose) {
        const std::scoped_lock lock(mutex_);
        return missing_locked(cost, used, purpose);
    }
    /// A region turned out to be faster than its baseline code, or not. Each one that is not makes the next one wait longer.
    void note_outcome(bool is_faster) {
        const std::scoped_lock lock(mutex_);
        if (is_faster) ++faster_;
        slow_in_a_row_ = is_faster ? 0 : slow_in_a_row_ + 1;
    }
    /// A block was looked at: it has no loop that a region could be made of, or it promises something. Two that were in vain
    /// count as one slow region.
    void note_look(bool is_promising) {
        const std::scoped_lock lock(mutex_);
        vain_in_a_row_ = is_promising ? 0 : vain_in_a_row_ + 1;
    }
    /// In the child of a fork, whose CPU time begins at 0.
    void start_anew() {
        spent_ = {};
        faster_ = slow_in_a_row_ = vain_in_a_row_ = 0;
    }
    /// Held over a fork.
    [[nodiscard]] std::mutex& mutex() { return mutex_; }

private:
    [[nodiscard]] std::chrono::nanoseconds missing_locked(std::chrono::nanoseconds cost, std::chrono::nanoseconds used,
                                                          Purpose purpose) const {
        const auto full_share = faster_ != 0 ? policy_.share_when_it_pays : policy_.share;
        const auto share = full_share / (1 + slow_in_a_row_ + vain_in_a_row_ / 2.0);
        const std::chrono::nanoseconds lent = policy_.advance * (1 + faster_);
        const auto to_save = spent_ + cost - (purpose == Purpose::region && slow_in_a_row_ == 0 ? lent : lent.zero());
        const std::chrono::nanoseconds wanted(static_cast<std::int64_t>(static_cast<double>(to_save.count()) / share));
        return std::max({wanted - used, policy_.cpu_time_before_regions - used, std::chrono::nanoseconds(0)});
    }

    const TierPolicy policy_;
    std::mutex mutex_;  // guards what follows
    std::chrono::nanoseconds spent_{};
    unsigned faster_ = 0;
    unsigned slow_in_a_row_ = 0;
    unsigned vain_in_a_row_ = 0;
};

}  // namespace lxr::optimizing
