// The only place of lxr that maps executable memory.
#include "jit/code_cache/code_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "jit/code_cache/patch_site.h"
#include "lifter/support/check.h"

namespace lxr {

namespace {

constexpr std::size_t placement_alignment = 16;

std::byte* mapping_or_null(void* mapped) {
    return mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
}

std::byte* map_executable(std::size_t size_bytes) {
    constexpr int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
    return mapping_or_null(mmap(nullptr, size_bytes, PROT_READ | PROT_EXEC, flags, -1, 0));
}

/// The same pages once more (mremap(2), "If the value of old_size is zero"). The other way round, PR_SET_MDWE would refuse it:
/// what was not executable must not become so.
std::byte* map_writable(std::byte* executable, std::size_t size_bytes) {
    auto* const mapped = mapping_or_null(mremap(executable, 0, size_bytes, MREMAP_MAYMOVE));
    if (mapped == nullptr || mprotect(mapped, size_bytes, PROT_READ | PROT_WRITE) == 0) return mapped;
    munmap(mapped, size_bytes);
    return nullptr;
}

void unmap(std::byte* mapped, std::size_t size_bytes) {
    if (mapped != nullptr) munmap(mapped, size_bytes);
}

}  // namespace

CodeCache::~CodeCache() {
    close();
}

bool CodeCache::open(std::size_t size_bytes) {
    size_bytes_ = size_bytes;
    used_ = 0;
    executable_ = map_executable(size_bytes);
    writable_ = executable_ != nullptr ? map_writable(executable_, size_bytes) : nullptr;
    if (writable_ != nullptr) return true;
    close();
    return false;
}

bool CodeCache::copy_in_child() {
    CodeCache copy;
    if (!copy.open(size_bytes_)) return close(), false;
    std::memcpy(copy.writable_, executable_, used_);
    unmap(std::exchange(writable_, std::exchange(copy.writable_, nullptr)), size_bytes_);
    auto* const begin = std::exchange(copy.executable_, nullptr);
    if (mremap(begin, size_bytes_, size_bytes_, MREMAP_MAYMOVE | MREMAP_FIXED, executable_) != MAP_FAILED) return true;
    unmap(begin, size_bytes_);
    return close(), false;
}

void CodeCache::close() {
    unmap(std::exchange(writable_, nullptr), size_bytes_);
    unmap(std::exchange(executable_, nullptr), size_bytes_);
    size_bytes_ = used_ = 0;
}

void CodeCache::take(std::size_t size_bytes) {
    LXR_CHECK(size_bytes <= size_bytes_ - used_);
    used_ = std::min((used_ + size_bytes + placement_alignment - 1) & ~(placement_alignment - 1), size_bytes_);
}

void CodeCache::patch(const std::byte* executable_address, std::int32_t value) {
    auto* place = reinterpret_cast<std::int32_t*>(writable_ + (executable_address - executable_));
    LXR_CHECK(is_patch_site(reinterpret_cast<std::uintptr_t>(place)));
    // Relaxed: who executes the old value goes the longer way and comes back.
    __atomic_store_n(place, value, __ATOMIC_RELAXED);
}

void CodeCache::patch_byte(const std::byte* executable_address, std::byte value) {
    auto* place = reinterpret_cast<std::uint8_t*>(writable_ + (executable_address - executable_));
    __atomic_store_n(place, std::to_integer<std::uint8_t>(value), __ATOMIC_RELAXED);
}

}  // namespace lxr
