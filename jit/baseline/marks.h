// Where the host code of each guest instruction begins: written by the emitter, read by signal handlers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lifter/support/check.h"

namespace lxr::baseline {

/// A host register lent to an instruction: its own value is in GuestState::translated.spilled[slot] meanwhile.
struct LentRegister {
    std::uint8_t reg = 0;
    std::uint8_t slot = 0;
};

/// Where the host code of a guest instruction, or a part of it, begins. Up to the next mark the state is as before the
/// instruction, except for lent registers and the stack pointer; exactly at the mark no more is missing.
struct Mark {
    std::uint32_t host_offset = 0;
    std::uint64_t guest_address = 0;
    std::uint8_t lent_count = 0;
    std::array<LentRegister, 3> lent{};
    /// The guest's stack pointer less its home: pushes and pops that follow each other move the home once.
    std::int32_t stack_offset = 0;
    /// Code from the IR: the guest's flags are in GuestState::translated.flags, and memory is accessed as the interpreter does
    /// it.
    bool from_ir = false;
    /// What follows reads where the instruction is going to write: a fault there is that of the write.
    bool reads_for_write = false;
    /// The guest's bytes are compared here: a fault is none of the guest's, its code has gone.
    bool compares_bytes = false;
};

/// Beside the count of lent registers.
inline constexpr std::uint8_t from_ir_bit = 4;
inline constexpr std::uint8_t reads_for_write_bit = 8;
inline constexpr std::uint8_t compares_bytes_bit = 16;
inline constexpr std::uint8_t stack_offset_bit = 32;

/// The marks of a block as bytes, each as differences from the one before: most take three bytes.
class MarkWriter {
public:
    explicit MarkWriter(std::uint64_t first_guest_address) : previous_{.guest_address = first_guest_address} {}

    /// Host offsets ascend.
    void append(const Mark& mark) {
        LXR_CHECK(size_ + largest_mark_bytes <= bytes_.size());
        put(mark.host_offset - previous_.host_offset);
        put_signed(static_cast<std::int64_t>(mark.guest_address - previous_.guest_address));
        put(mark.lent_count | (mark.from_ir ? from_ir_bit : 0U) | (mark.reads_for_write ? reads_for_write_bit : 0U) |
            (mark.compares_bytes ? compares_bytes_bit : 0U) | (mark.stack_offset != 0 ? stack_offset_bit : 0U));
        if (mark.stack_offset != 0) put_signed(mark.stack_offset);
        for (unsigned i = 0; i < mark.lent_count; ++i)
            put(static_cast<std::uint64_t>(mark.lent[i].slot << 4 | mark.lent[i].reg));
        previous_ = mark;
    }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(size_); }

private:
    static constexpr std::size_t largest_mark_bytes = 5 + 10 + 1 + 5 + 3;

    void put(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_[size_++] = static_cast<std::uint8_t>(value | 0x80);
        bytes_[size_++] = static_cast<std::uint8_t>(value);
    }
    void put_signed(std::int64_t value) {
        put(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
    }

    Mark previous_;
    std::size_t size_ = 0;
    std::array<std::uint8_t, 4096> bytes_;  // a block has at most 64 instructions and as many stubs
};

/// Async-signal-safe.
class MarkReader {
public:
    MarkReader(std::span<const std::uint8_t> bytes, std::uint64_t first_guest_address)
        : bytes_(bytes), mark_{.guest_address = first_guest_address} {}

    /// @return false behind the last mark.
    bool next() {
        if (position_ == bytes_.size()) return false;
        mark_.host_offset += static_cast<std::uint32_t>(get());
        mark_.guest_address += static_cast<std::uint64_t>(get_signed());
        const auto counted = get();
        mark_.from_ir = (counted & from_ir_bit) != 0;
        mark_.reads_for_write = (counted & reads_for_write_bit) != 0;
        mark_.compares_bytes = (counted & compares_bytes_bit) != 0;
        mark_.stack_offset = (counted & stack_offset_bit) != 0 ? static_cast<std::int32_t>(get_signed()) : 0;
        mark_.lent_count = static_cast<std::uint8_t>(counted & (from_ir_bit - 1U));
        for (unsigned i = 0; i < mark_.lent_count; ++i) {
            const auto lent = get();
            mark_.lent[i] = {.reg = static_cast<std::uint8_t>(lent & 15), .slot = static_cast<std::uint8_t>(lent >> 4)};
        }
        return true;
    }
    [[nodiscard]] const Mark& mark() const { return mark_; }

private:
    std::uint64_t get() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = bytes_[position_++];
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
    }
    std::int64_t get_signed() {
        const auto value = get();
        return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t position_ = 0;
    Mark mark_;
};

}  // namespace lxr::baseline
