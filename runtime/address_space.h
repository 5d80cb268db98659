// The map of guest memory: what lies where with which rights, as the guest's kernel would keep it. All changes of guest
// mappings go through here, so that it is always true; the engine is told what to forget.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "jit/services.h"
#include "lifter/support/address.h"
#include "lifter/support/result.h"

namespace lxr {

/// Where the guest may live. Everything of lxr lies at or above `end` (the link address of lxr's image; see
/// docs/architecture.md), so one comparison tells guest from host.
struct GuestWindow {
    std::uint64_t begin;  // vm.mmap_min_addr
    std::uint64_t end;
};

/// One mapping, as a line of /proc/PID/maps.
struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    int protection = 0;  // PROT_*, as the guest asked; the host mapping never has PROT_EXEC
    int flags = 0;       // MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS, MAP_GROWSDOWN as given
    std::uint64_t file_offset = 0;
    std::string name;  // path of the file, "[heap]", "[stack]", "[vdso]" or empty
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
    Result<void> protect(GuestAddress begin, std::uint64_t size_bytes, int protection, int protection_key = -1);
    Result<GuestAddress> remap(GuestAddress old_begin, std::uint64_t old_size_bytes, std::uint64_t new_size_bytes, int flags,
                               GuestAddress new_begin);
    /// brk(2): @return the break after the call, moved or not.
    GuestAddress set_break(GuestAddress wanted);
    /// Placed by the loader once the program's image is known.
    void set_initial_break(GuestAddress begin);

    /// The mapping that contains `address`.
    [[nodiscard]] std::optional<Mapping> find(GuestAddress address) const;
    /// Calls `visit` for each mapping in ascending order.
    void for_each(const std::function<void(const Mapping&)>& visit) const;

    /// Services::code_at: executable bytes from `address` on.
    [[nodiscard]] CodeBytes code_at(GuestAddress address) const;

    [[nodiscard]] GuestWindow window() const { return window_; }

    /// Held around fork so that the child's copy is whole.
    [[nodiscard]] std::recursive_mutex& mutex() const { return mutex_; }

private:
    GuestWindow window_;
    InvalidateCallback invalidate_;
    mutable std::recursive_mutex mutex_;
    std::map<std::uint64_t, Mapping> mappings_;  // by begin; never overlapping
};

}  // namespace lxr
