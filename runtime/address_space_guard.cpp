// Guarded pages: writable pages with code from which the engine has made something, which the host lets nobody write. A store
// there faults; the page is given back then, and what was made from it is forgotten. The kernel's writes do not fault but fail,
// so system calls that write are announced. Pages that are written again and again are left alone: their code compares its
// bytes.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>

#include "lifter/decoder.h"
#include "lifter/support/check.h"
#include "runtime/address_space.h"
#include "runtime/host_mapping.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

/// By measurement: see docs/baseline_tier.md.
struct GuardPolicy {
    unsigned most_write_faults = 32;  // of one page, while its mapping and rights stay what they are
};
constexpr GuardPolicy policy;

bool set_host_rights(std::uint64_t page, int guest_protection) {
    return host_syscall(SYS_mprotect, page, page_size_bytes, static_cast<std::uint64_t>(host_protection(guest_protection))) ==
           0;
}

/// Stores through the mapping are all that can change it, and the host can refuse them page by page.
bool can_be_guarded(const Mapping& mapping) {
    return !mapping.changes_elsewhere() && !mapping.grows_down();
}

}  // namespace

CodeBytes AddressSpace::code_to_keep(GuestAddress address) {
    const std::lock_guard lock(mutex_);
    CodeBytes code = code_at(address);
    if (!code.may_change) return code;
    const std::uint64_t to_page_end = page_size_bytes - address.value() % page_size_bytes;
    const bool one_page = to_page_end >= longest_instruction_bytes || code.bytes.size() <= to_page_end;
    const std::uint64_t page = page_floor(address.value());
    if (!guard(page) || (!one_page && !guard(page + page_size_bytes))) return code;
    if (one_page) code.bytes = code.bytes.first(std::min<std::size_t>(code.bytes.size(), to_page_end));
    code.may_change = false;
    return code;
}

/// @return false if the page may change without a fault.
bool AddressSpace::guard(std::uint64_t page) {
    const Mapping& mapping = *mappings_.find(page);
    if ((mapping.protection & PROT_WRITE) == 0) return !mapping.changes_elsewhere();
    if (!can_be_guarded(mapping)) return false;
    CodePage& known = code_pages_[page];
    if (known.guarded) return true;
    if (known.write_faults >= policy.most_write_faults) return false;
    if (!set_host_rights(page, mapping.protection & ~PROT_WRITE)) return false;  // it has too many mappings
    known.guarded = true;
    guarded_pages_.fetch_add(1, std::memory_order_relaxed);
    ++guard_statistics_.guarded;
    return true;
}

void AddressSpace::stop_guarding(std::uint64_t page, CodePage& known) {
    if (!known.guarded) return;
    known.guarded = false;
    guarded_pages_.fetch_sub(1, std::memory_order_relaxed);
    LXR_CHECK(set_host_rights(page, mappings_.find(page)->protection));
    invalidate_(GuestAddress(page), page_size_bytes);
}

bool AddressSpace::stop_guarding(Range range) {
    bool any = false;
    const auto last = code_pages_.lower_bound(range.end);
    for (auto page = code_pages_.lower_bound(page_floor(range.begin)); page != last; ++page) {
        any |= page->second.guarded;
        stop_guarding(page->first, page->second);
    }
    return any;
}

/// Their rights on the host have been set anew, or they are gone.
void AddressSpace::forget_code_pages(Range range) {
    const auto first = code_pages_.lower_bound(range.begin);
    const auto last = code_pages_.lower_bound(range.end);
    const auto guarded = std::count_if(first, last, [](const auto& page) { return page.second.guarded; });
    guarded_pages_.fetch_sub(static_cast<std::size_t>(guarded), std::memory_order_relaxed);
    code_pages_.erase(first, last);
}

bool AddressSpace::let_write(GuestAddress address) {
    const std::lock_guard lock(mutex_);
    const auto page = code_pages_.find(page_floor(address.value()));
    if (page == code_pages_.end()) return false;
    // Not guarded any more: another thread was here meanwhile.
    if (page->second.guarded) {
        ++page->second.write_faults;
        ++guard_statistics_.write_faults;
        stop_guarding(page->first, page->second);
    }
    return true;
}

bool AddressSpace::let_kernel_write(GuestAddress begin) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t first = page_floor(begin.value());
    const auto next = code_pages_.lower_bound(first);
    if (next == code_pages_.end()) return false;
    const Mapping* const mapping = mappings_.find(first);
    return mapping != nullptr && next->first < mapping->end && stop_guarding({.begin = first, .end = mapping->end});
}

AddressSpace::GuardStatistics AddressSpace::guard_statistics() const {
    const std::lock_guard lock(mutex_);
    return guard_statistics_;
}

}  // namespace lxr
