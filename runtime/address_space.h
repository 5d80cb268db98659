// The map of guest memory: what lies where with which rights, as the guest's kernel would keep it. All changes of guest
// mappings go through here, so that it is always true; the engine is told what to forget.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "jit/services.h"
#include "lifter/support/address.h"
#include "lifter/support/result.h"
#include "runtime/mapping.h"

namespace lxr {

/// Where the guest may live. Everything of lxr lies at or above `end` (the link address of lxr's image; see
/// docs/architecture.md), so one comparison tells guest from host.
struct GuestWindow {
    std::uint64_t begin;  // vm.mmap_min_addr
    std::uint64_t end;
};

/// Thread-safe. Every result is as the system call of the same name would give it to the guest.
class AddressSpace {
public:
    /// Told about every range whose code may have changed (unmapped, remapped, protection changed, replaced).
    using InvalidateCallback = std::function<void(GuestAddress begin, std::uint64_t size_bytes)>;

    AddressSpace(GuestWindow window, InvalidateCallback invalidate);

    Result<GuestAddress> map(GuestAddress hint, std::uint64_t size_bytes, int protection, int flags, int descriptor,
                             std::uint64_t offset, std::string name = {});
    Result<void> unmap(GuestAddress begin, std::uint64_t size_bytes);
    /// @param protection_key  -1 for mprotect(2), otherwise as for pkey_mprotect(2).
    Result<void> protect(GuestAddress begin, std::uint64_t size_bytes, int protection, int protection_key = -1);
    Result<GuestAddress> remap(GuestAddress old_begin, std::uint64_t old_size_bytes, std::uint64_t new_size_bytes, int flags,
                               GuestAddress new_begin);
    /// brk(2): @return the break after the call, moved or not.
    GuestAddress set_break(GuestAddress wanted);
    /// Placed by the loader once the program's image is known.
    void set_initial_break(GuestAddress begin);

    /// shmat(2) and shmdt(2).
    Result<GuestAddress> attach_shared_memory(int identifier, GuestAddress wanted, int flags);
    Result<void> detach_shared_memory(GuestAddress begin);

    /// Where the search for free room begins, downwards: mmap_base of the kernel. Set by the loader; the window's end until
    /// then.
    void set_placement_top(GuestAddress top);

    /// Whether the range lies in the guest's window at all. What does not is, for the guest, beyond TASK_SIZE.
    [[nodiscard]] bool in_window(GuestAddress begin, std::uint64_t size_bytes) const;

    /// The kernel or someone else has changed the contents of the range: forgets the code in it.
    void contents_changed(GuestAddress begin, std::uint64_t size_bytes);

    /// The mapping that contains `address`.
    [[nodiscard]] std::optional<Mapping> find(GuestAddress address) const;
    /// Calls `visit` for each mapping in ascending order.
    void for_each(const std::function<void(const Mapping&)>& visit) const;

    /// Services::code_at: executable bytes from `address` on, at most to the end of the next page.
    [[nodiscard]] CodeBytes code_at(GuestAddress address) const;

    /// Services::code_to_keep: guards the pages of the bytes, where that is possible.
    [[nodiscard]] CodeBytes code_to_keep(GuestAddress address);
    /// Services::let_write: the page of `address` is guarded no longer.
    bool let_write(GuestAddress address);
    /// The kernel, or lxr in its place, is going to write from `begin` on, nobody knows how much: no page is guarded from there
    /// to the end of the mapping. @return false if none was.
    bool let_kernel_write(GuestAddress begin);
    /// False if let_kernel_write has nothing to do. Takes no lock.
    [[nodiscard]] bool guards_pages() const { return guarded_pages_.load(std::memory_order_relaxed) != 0; }

    struct GuardStatistics {
        std::uint64_t guarded = 0;       // how often a page was guarded
        std::uint64_t write_faults = 0;  // how often a store of the guest ended that
    };
    [[nodiscard]] GuardStatistics guard_statistics() const;

    [[nodiscard]] GuestWindow window() const { return window_; }

    /// Held around fork so that the child's copy is whole.
    [[nodiscard]] std::recursive_mutex& mutex() const { return mutex_; }

private:
    using Range = MappingSet::Range;

    struct MapRequest {
        std::uint64_t hint;
        std::uint64_t size_bytes;  // a multiple of the page size
        int protection;
        int flags;
        int descriptor;
        std::uint64_t offset;
    };

    Result<std::uint64_t> map_fixed(const MapRequest& request);
    Result<std::uint64_t> map_anywhere(const MapRequest& request);
    Result<std::uint64_t> map_on_host(const MapRequest& request, std::uint64_t begin, int placement_flag);
    Result<void> claim_holes(Range range);
    std::optional<std::uint64_t> choose_place(const MapRequest& request, std::uint64_t below);

    Result<std::uint64_t> resize(Range old_range, std::uint64_t new_size_bytes, int flags);
    Result<std::uint64_t> remap_to(Range old_range, std::uint64_t new_size_bytes, int flags, std::uint64_t new_begin);
    Result<std::uint64_t> remap_anywhere(Range old_range, std::uint64_t new_size_bytes, int flags);
    void move_pieces(Range old_range, Range new_range, int flags);

    void forget_code(Range range);
    /// What is known of a page with code that was kept.
    struct CodePage {
        bool guarded = false;
        unsigned write_faults = 0;
    };
    bool guard(std::uint64_t page);
    void stop_guarding(std::uint64_t page, CodePage& known);
    bool stop_guarding(Range range);
    void forget_code_pages(Range range);
    void replace(Mapping mapping);
    [[nodiscard]] CodeBytes readable_code(const Mapping& mapping, GuestAddress address) const;

    /// Mappings that grow down grow by themselves: looks how far those next to `range` have come.
    void refresh_grown(Range range) const;

    GuestWindow window_;
    InvalidateCallback invalidate_;
    std::uint64_t placement_top_;
    std::uint64_t initial_break_ = 0;
    std::uint64_t break_ = 0;
    mutable std::recursive_mutex mutex_;
    std::map<std::uint64_t, CodePage> code_pages_;  // by address
    std::atomic<std::size_t> guarded_pages_ = 0;
    GuardStatistics guard_statistics_;
    mutable MappingSet mappings_;  // mutable: refresh_grown only learns what is already so
};

}  // namespace lxr
