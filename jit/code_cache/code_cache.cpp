// The only place of lxr that maps executable memory.
#include "jit/code_cache/code_cache.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lifter/support/check.h"

namespace lxr {

namespace {

constexpr std::size_t placement_alignment = 16;

std::byte* map(int descriptor, std::size_t size_bytes, int protection) {
    void* const mapped = mmap(nullptr, size_bytes, protection, MAP_SHARED, descriptor, 0);
    return mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
}

void unmap(std::byte* mapped, std::size_t size_bytes) {
    if (mapped != nullptr) munmap(mapped, size_bytes);
}

}  // namespace

CodeCache::~CodeCache() {
    close();
}

bool CodeCache::open(std::size_t size_bytes) {
    const int descriptor = memfd_create("lxr-code", MFD_CLOEXEC);
    if (descriptor < 0) return false;
    const bool sized = ftruncate(descriptor, static_cast<off_t>(size_bytes)) == 0;
    size_bytes_ = size_bytes;
    used_ = 0;
    writable_ = sized ? map(descriptor, size_bytes, PROT_READ | PROT_WRITE) : nullptr;
    executable_ = sized ? map(descriptor, size_bytes, PROT_READ | PROT_EXEC) : nullptr;
    ::close(descriptor);
    if (writable_ != nullptr && executable_ != nullptr) return true;
    close();
    return false;
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
    LXR_CHECK(reinterpret_cast<std::uintptr_t>(place) % 64 <= 60);
    // Relaxed: who executes the old value goes the longer way and comes back.
    __atomic_store_n(place, value, __ATOMIC_RELAXED);
}

void CodeCache::patch_byte(const std::byte* executable_address, std::byte value) {
    auto* place = reinterpret_cast<std::uint8_t*>(writable_ + (executable_address - executable_));
    __atomic_store_n(place, std::to_integer<std::uint8_t>(value), __ATOMIC_RELAXED);
}

}  // namespace lxr
