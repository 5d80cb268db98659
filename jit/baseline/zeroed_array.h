// Large arrays of zeros that cost nothing where they are not touched.
#pragma once

#include <sys/mman.h>

#include <cstddef>

#include "lifter/support/check.h"

namespace lxr::baseline {

/// Elements whose representation of all zeros is valid; the kernel maps a page when it is first written.
template <typename T>
class ZeroedArray {
public:
    explicit ZeroedArray(std::size_t size) : size_(size) {
        void* const mapped =
            mmap(nullptr, size_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        LXR_CHECK(mapped != MAP_FAILED);
        elements_ = static_cast<T*>(mapped);
    }
    ~ZeroedArray() { munmap(elements_, size_bytes()); }
    ZeroedArray(const ZeroedArray&) = delete;
    ZeroedArray& operator=(const ZeroedArray&) = delete;

    T& operator[](std::size_t index) const { return elements_[index]; }
    /// Makes all elements zero again, and gives their memory back.
    void clear() { madvise(elements_, size_bytes(), MADV_DONTNEED); }

private:
    [[nodiscard]] std::size_t size_bytes() const { return size_ * sizeof(T); }

    std::size_t size_;
    T* elements_;
};

}  // namespace lxr::baseline
