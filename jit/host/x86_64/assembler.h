// Writes the few x86-64 instructions that the baseline emitter adds around the guest's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "jit/code_cache/patch_site.h"

namespace lxr::host {

/// Host general-purpose registers by their encoding.
enum Reg : std::uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

/// Writes where the code is to lie, without looking at the end: who calls it asks for `room` once in a while.
class Assembler {
public:
    explicit Assembler(std::span<std::byte> room) : begin_(room.data()), at_(room.data()), end_(begin_ + room.size()) {}
    [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
    [[nodiscard]] std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }

    void byte(unsigned value) { *at_++ = static_cast<std::byte>(value); }
    void bytes(std::initializer_list<unsigned> values) {
        for (const unsigned value : values) byte(value);
    }
    void dword(std::uint32_t value) { append(&value, sizeof value); }
    void qword(std::uint64_t value) { append(&value, sizeof value); }
    void append(const void* data, std::size_t size_bytes) {
        std::memcpy(at_, data, size_bytes);
        at_ += size_bytes;
    }

    // State fields, relative to GS.
    void load_state(Reg to, std::size_t offset) { state_access(0x8b, to, offset, true); }
    void load_state32(Reg to, std::size_t offset) { state_access(0x8b, to, offset, false); }
    void store_state(std::size_t offset, Reg from) { state_access(0x89, from, offset, true); }
    void store_state32(std::size_t offset, Reg from) { state_access(0x89, from, offset, false); }
    void store_state_immediate32(std::size_t offset, std::uint32_t value) {
        bytes({0x65, 0xc7});
        gs_operand(0, offset);
        dword(value);
    }
    /// 66/0F-map vector moves: movups xmm, gs:[offset] and back.
    void load_vector_state(unsigned xmm, std::size_t offset) { vector_state(0x10, xmm, offset); }
    void store_vector_state(std::size_t offset, unsigned xmm) { vector_state(0x11, xmm, offset); }
    /// vmovups ymm, gs:[offset] and back.
    void load_wide_vector_state(unsigned ymm, std::size_t offset) { wide_vector_state(0x10, ymm, offset); }
    void store_wide_vector_state(std::size_t offset, unsigned ymm) { wide_vector_state(0x11, ymm, offset); }

    void move(Reg to, Reg from) { bytes({0x48U | (from >> 3) << 2 | to >> 3, 0x89, 0xc0U | (from & 7) << 3 | (to & 7U)}); }
    void move_immediate(Reg to, std::uint64_t value) {
        if (value <= 0xffffffff) {  // the upper half is cleared
            if (to >= 8) byte(0x41);
            byte(0xb8U | (to & 7U));
            return dword(static_cast<std::uint32_t>(value));
        }
        bytes({0x48U | to >> 3, 0xb8U | (to & 7U)});
        qword(value);
    }
    /// to = [base + displacement]; base is not rsp or r12.
    void load(Reg to, Reg base, std::int32_t displacement) { memory(0x8b, to, base, displacement); }
    void store(Reg base, std::int32_t displacement, Reg from) { memory(0x89, from, base, displacement); }
    /// to = base + displacement; leaves the flags alone.
    void add_address(Reg to, Reg base, std::int32_t displacement) { memory(0x8d, to, base, displacement); }

    void ret() { byte(0xc3); }
    void jump_through_state(std::size_t offset) {
        bytes({0x65, 0xff});
        gs_operand(4, offset);
    }
    void call_through_state(std::size_t offset) {
        bytes({0x65, 0xff});
        gs_operand(2, offset);
    }
    void push_state(std::size_t offset) {
        bytes({0x65, 0xff});
        gs_operand(6, offset);
    }
    /// A jump whose target is filled in later. @return the position of its four bytes.
    std::size_t jump() {
        byte(0xe9);
        dword(0);
        return position() - 4;
    }
    std::size_t call() {
        byte(0xe8);
        dword(0);
        return position() - 4;
    }
    std::size_t jump_if(unsigned condition) {
        bytes({0x0f, 0x80U | condition});
        dword(0);
        return position() - 4;
    }
    void set_relative(std::size_t at, std::int64_t target) {
        const auto distance = static_cast<std::int32_t>(target - static_cast<std::int64_t>(at + 4));
        std::memcpy(begin_ + at, &distance, sizeof distance);
    }
    void set_byte(std::size_t at, unsigned value) { begin_[at] = static_cast<std::byte>(value); }
    /// Forgets what follows `position`.
    void cut(std::size_t position) { at_ = begin_ + position; }
    /// Prefixes of the jump that comes next, whose distance lies `ahead` bytes behind them, until that may be patched. CS means
    /// nothing to it (SDM volume 2, "Instruction Prefixes"), and unlike NOPs takes the processor no instruction.
    void place_patch_site(std::size_t ahead) {
        while (!is_patch_site(reinterpret_cast<std::uintptr_t>(at_) + ahead)) byte(0x2e);
    }

private:
    void gs_operand(unsigned reg, std::size_t offset) {
        bytes({0x04U | (reg & 7U) << 3, 0x25});
        dword(static_cast<std::uint32_t>(offset));
    }
    void state_access(unsigned opcode, Reg reg, std::size_t offset, bool wide) {
        byte(0x65);
        const unsigned rex = 0x40U | (wide ? 8U : 0U) | (reg >> 3) << 2;
        if (rex != 0x40) byte(rex);
        byte(opcode);
        gs_operand(reg, offset);
    }
    void vector_state(unsigned opcode, unsigned xmm, std::size_t offset) {
        byte(0x65);
        if (xmm >= 8) byte(0x44);
        bytes({0x0f, opcode});
        gs_operand(xmm, offset);
    }
    void wide_vector_state(unsigned opcode, unsigned ymm, std::size_t offset) {
        bytes({0x65, 0xc5, (ymm >= 8 ? 0x00U : 0x80U) | 0x7cU, opcode});
        gs_operand(ymm, offset);
    }
    void memory(unsigned opcode, Reg reg, Reg base, std::int32_t displacement) {
        bytes({0x48U | (reg >> 3) << 2 | base >> 3, opcode});
        const bool small = displacement == static_cast<std::int8_t>(displacement);
        byte((small ? 0x40U : 0x80U) | (reg & 7U) << 3 | (base & 7U));
        if ((base & 7) == 4) byte(0x24);
        small ? byte(static_cast<std::uint8_t>(displacement)) : dword(static_cast<std::uint32_t>(displacement));
    }

    std::byte* begin_;
    std::byte* at_;
    std::byte* end_;
};

}  // namespace lxr::host
