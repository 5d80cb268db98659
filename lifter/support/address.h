// Guest and host addresses as types that do not convert by themselves.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace lxr {

/// An address in the guest's address space. Guest base is 0: the same number is a host address, but only `host_pointer`
/// may say so, because touching guest memory can fault.
class GuestAddress {
public:
    constexpr GuestAddress() = default;
    constexpr explicit GuestAddress(std::uint64_t value) : value_(value) {}

    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }

    constexpr auto operator<=>(const GuestAddress&) const = default;
    constexpr GuestAddress operator+(std::uint64_t bytes) const { return GuestAddress(value_ + bytes); }
    constexpr GuestAddress operator-(std::uint64_t bytes) const { return GuestAddress(value_ - bytes); }
    constexpr std::uint64_t operator-(GuestAddress other) const { return value_ - other.value_; }

private:
    std::uint64_t value_ = 0;
};

/// The host pointer to guest memory. Reading or writing through it may fault: see runtime/guest_memory.h for safe copies.
template <typename T = std::byte>
T* host_pointer(GuestAddress address) {
    return reinterpret_cast<T*>(address.value());
}

/// The guest's view of a host pointer; only for memory that lies in the guest's window.
inline GuestAddress guest_address(const volatile void* pointer) {
    return GuestAddress(reinterpret_cast<std::uint64_t>(pointer));
}

/// True if bits 63:47 are all equal, as the processor demands of every address (SDM Vol. 1, "Canonical Addressing").
constexpr bool is_canonical(std::uint64_t address) {
    constexpr int unused_bits = 16;
    return static_cast<std::int64_t>(address << unused_bits) >> unused_bits == static_cast<std::int64_t>(address);
}

inline constexpr std::uint64_t page_size_bytes = 4096;

constexpr std::uint64_t page_floor(std::uint64_t value) {
    return value & ~(page_size_bytes - 1);
}
constexpr std::uint64_t page_ceil(std::uint64_t value) {
    return page_floor(value + page_size_bytes - 1);
}

/// The number of the page that the address lies in.
constexpr std::uint64_t page_of(GuestAddress address) {
    return address.value() / page_size_bytes;
}

}  // namespace lxr
