// The bytes of translated code: memory mapped twice, writable here and executable there, never both at one address. It has no
// file of ours: that would want a descriptor, and room under RLIMIT_FSIZE. And perf(1) looks for names in such memory only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lxr {

/// Linear allocation; nothing is freed one by one. The owner serialises allocation and writing.
class CodeCache {
public:
    CodeCache() = default;
    ~CodeCache();
    CodeCache(const CodeCache&) = delete;
    CodeCache& operator=(const CodeCache&) = delete;

    /// Makes the two mappings. @return false if the host refuses executable memory or address space; then nothing is mapped.
    bool open(std::size_t size_bytes);
    /// In a child of fork, which may not write to its parent's code: what was taken lies in memory of the child's own, at the
    /// same executable addresses. @return false if the host refuses it; then nothing is mapped.
    bool copy_in_child();
    /// Unmaps both.
    void close();
    /// Forgets what was taken: nobody may execute it any more.
    void empty() { used_ = 0; }
    [[nodiscard]] bool is_open() const { return executable_ != nullptr; }

    /// Where the next code is to be written; the executable address that it will have, which is aligned to 16 bytes.
    [[nodiscard]] std::span<std::byte> room() { return {writable_ + used_, size_bytes_ - used_}; }
    [[nodiscard]] const std::byte* next() const { return executable_ + used_; }
    /// Keeps the first `size_bytes` of the room.
    void take(std::size_t size_bytes);

    /// Overwrites four bytes at a patch site (patch_site.h) with one store: other threads may be executing them.
    void patch(const std::byte* executable_address, std::int32_t value);
    void patch_byte(const std::byte* executable_address, std::byte value);

    [[nodiscard]] std::size_t used_bytes() const { return used_; }
    [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

private:
    std::byte* writable_ = nullptr;
    std::byte* executable_ = nullptr;
    std::size_t size_bytes_ = 0;
    std::size_t used_ = 0;
};

}  // namespace lxr
