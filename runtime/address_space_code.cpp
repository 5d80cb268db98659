// What the engine may execute: Services::code_at on the map of guest memory.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "runtime/address_space.h"
#include "runtime/guest_memory.h"

namespace lxr {

namespace {

/// The vsyscall page (Linux arch/x86/entry/vsyscall): three entry points at fixed addresses above every window.
constexpr std::uint64_t vsyscall_begin = 0xffff'ffff'ff60'0000;
constexpr std::uint64_t vsyscall_entry_distance = 0x400;
constexpr std::size_t vsyscall_entry_size_bytes = 8;

/// mov eax, NUMBER; syscall; ret
constexpr std::array<std::byte, vsyscall_entry_size_bytes> vsyscall_entry(std::uint32_t number) {
    return {std::byte{0xb8}, std::byte(number), std::byte(number >> 8), std::byte{0},
            std::byte{0},    std::byte{0x0f},   std::byte{0x05},        std::byte{0xc3}};
}

/// gettimeofday, time and getcpu, by their numbers.
constexpr std::array vsyscall_entries = {vsyscall_entry(96), vsyscall_entry(201), vsyscall_entry(309)};

std::span<const std::byte> vsyscall_code(GuestAddress address) {
    if (address.value() < vsyscall_begin) return {};
    const std::uint64_t entry = (address.value() - vsyscall_begin) / vsyscall_entry_distance;
    const std::uint64_t offset = (address.value() - vsyscall_begin) % vsyscall_entry_distance;
    if (entry >= vsyscall_entries.size() || offset >= vsyscall_entry_size_bytes) return {};
    return std::span(vsyscall_entries[entry]).subspan(offset);
}

CodeBytes refused(GuestAddress address, int signal, int code, std::uint32_t present) {
    const GuestFault fault{.vector = ExceptionVector::page_fault,
                           .error_code = page_fault::instruction_fetch | page_fault::user | present,
                           .address = address,
                           .host_signal = signal,
                           .host_code = code};
    return {.bytes = {}, .may_change = false, .fault = fault};
}

/// Nothing is mapped there: as a data access would fault (SDM Vol. 1, "Canonical Addressing"; Linux arch/x86/mm/fault.c,
/// sanitize_error_code).
CodeBytes refused_unmapped(GuestAddress address) {
    constexpr unsigned canonical_bits = 47;
    const auto sign = static_cast<std::int64_t>(address.value()) >> canonical_bits;
    if (sign != 0 && sign != -1) {
        return {.bytes = {}, .may_change = false, .fault = {.vector = ExceptionVector::general_protection, .address = address}};
    }
    constexpr std::uint64_t task_size_max = 0x7ffffffff000;  // Linux arch/x86/include/asm/page_64.h
    return refused(address, SIGSEGV, SEGV_MAPERR, address.value() < task_size_max ? 0 : page_fault::present);
}

bool readable(GuestAddress address) {
    std::byte probe;
    return copy_from_guest(&probe, address, sizeof probe);
}

}  // namespace

CodeBytes AddressSpace::code_at(GuestAddress address) const {
    const std::lock_guard lock(mutex_);
    const Mapping* mapping = mappings_.find(address.value());
    if (mapping == nullptr) {
        if (const auto bytes = vsyscall_code(address); !bytes.empty())
            return {.bytes = bytes, .may_change = false, .fault = {}};
        refresh_grown({.begin = address.value(), .end = address.value() + 1});
        mapping = mappings_.find(address.value());
    }
    if (mapping == nullptr) return refused_unmapped(address);
    if (!mapping->executable()) {
        const bool accessible = (mapping->protection & (PROT_READ | PROT_WRITE)) != 0;
        return refused(address, SIGSEGV, SEGV_ACCERR, accessible ? page_fault::present : 0);
    }
    return readable_code(*mapping, address);
}

/// A mapped page of a file may still be missing (the file is shorter): each page is touched before the engine reads it.
CodeBytes AddressSpace::readable_code(const Mapping& mapping, GuestAddress address) const {
    if (!readable(address)) return refused(address, SIGBUS, BUS_ADRERR, 0);
    const std::uint64_t page_end = page_floor(address.value()) + page_size_bytes;
    const Mapping* next = page_end < mapping.end ? &mapping : mappings_.find(page_end);
    const bool goes_on = next != nullptr && next->executable() && readable(GuestAddress(page_end));
    const std::uint64_t end = goes_on ? page_end + page_size_bytes : page_end;

    const auto changeable = [](const Mapping& one) { return (one.protection & PROT_WRITE) != 0 || one.changes_elsewhere(); };
    return {.bytes = {host_pointer(address), end - address.value()},
            .may_change = changeable(mapping) || (goes_on && changeable(*next)),
            .fault = {}};
}

}  // namespace lxr
