// From low to high addresses: a page that cannot be accessed, the entries, and a page whose first word is the bottom.
#include "jit/baseline/return_stack.h"

#include <sys/mman.h>

#include <cstring>

#include "lifter/support/check.h"

namespace lxr::baseline {

namespace {

/// 8,192 calls deep; recursion that goes deeper begins with an empty stack again, and pays for its returns.
constexpr std::size_t entries_bytes = 64 * 1024;
constexpr std::size_t mapped_bytes = page_size_bytes + entries_bytes + page_size_bytes;

}  // namespace

ReturnStack::ReturnStack(std::uint64_t bottom_return) {
    void* const mapped =
        mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    LXR_CHECK(mapped != MAP_FAILED);
    memory_ = static_cast<std::byte*>(mapped);
    LXR_CHECK(mprotect(memory_, page_size_bytes, PROT_NONE) == 0);
    std::memcpy(memory_ + page_size_bytes + entries_bytes, &bottom_return, sizeof bottom_return);
}

ReturnStack::~ReturnStack() {
    munmap(memory_, mapped_bytes);
}

std::uint64_t ReturnStack::empty() const {
    return reinterpret_cast<std::uint64_t>(memory_ + page_size_bytes + entries_bytes);
}

bool ReturnStack::is_full_at(GuestAddress fault_address) const {
    return fault_address.value() - reinterpret_cast<std::uint64_t>(memory_) < page_size_bytes;
}

}  // namespace lxr::baseline
