// The optimising tier: regions by the guest address of their entry. See docs/optimizing_tier.md.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "jit/code_cache/code_cache.h"
#include "jit/optimizing/optimizer.h"
#include "jit/services.h"

namespace lxr::optimizing {

/// Immutable once published. Its code and itself stay until the tier goes, for threads may be inside.
struct Region {
    GuestAddress entry;
    struct Range {
        GuestAddress begin;
        std::uint64_t size_bytes = 0;
    };
    std::vector<Range> ranges;      // of the guest code that it was made of
    RegionFunction code = nullptr;  // null: it was refused
    bool retired = false;           // guarded by the tier's mutex
};

/// One per engine. Thread-safe.
class Tier {
public:
    /// The region that is entered at `address`, made now if there is none.
    /// @return null if the optimiser refuses it: the instruction at `address` must run in another tier.
    const Region* region_at(GuestAddress address, Services& services);
    /// Forgets all regions made of bytes of the range. Threads inside leave at their next way back.
    /// @return how many.
    std::size_t retire(GuestAddress begin, std::uint64_t size_bytes);

    struct Statistics {
        std::uint64_t regions = 0;
        std::uint64_t refused = 0;
        std::uint64_t guest_instructions = 0;
        std::uint64_t code_bytes = 0;
        std::uint64_t compile_ns = 0;
    };
    [[nodiscard]] Statistics statistics();

    [[nodiscard]] std::mutex& mutex() { return mutex_; }
    /// After fork, with the mutex held: the code is the parent's.
    void start_anew_in_child();

private:
    const Region* publish(const RegionRequest& request, RegionFunction code);
    RegionFunction compile(const RegionRequest& request);
    const std::byte* place(const RegionAnswer& answer);

    std::mutex mutex_;  // guards all that follows
    OptimizeFunction optimize_ = nullptr;
    bool is_off_ = false;  // no optimiser, or no room for code
    CodeCache cache_;
    std::unordered_map<std::uint64_t, Region*> by_entry_;
    std::unordered_multimap<std::uint64_t, Region*> by_guest_page_;
    std::vector<std::unique_ptr<Region>> regions_;
    Statistics statistics_;
};

}  // namespace lxr::optimizing
