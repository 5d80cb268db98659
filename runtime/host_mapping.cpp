// Asks the host kernel what it has mapped.
#include "runtime/host_mapping.h"

#include <sys/syscall.h>

#include "lifter/support/address.h"
#include "runtime/syscall/syscall.h"

namespace lxr {

namespace {

bool page_is_mapped(std::uint64_t page) {
    unsigned char resident = 0;
    return host_syscall(SYS_mincore, page, page_size_bytes, reinterpret_cast<std::uint64_t>(&resident)) == 0;
}

}  // namespace

std::uint64_t lowest_mapped_page(std::uint64_t floor, std::uint64_t known_begin) {
    std::uint64_t free_below = page_floor(floor) / page_size_bytes;  // everything under this page is not the mapping's
    std::uint64_t mapped = known_begin / page_size_bytes;
    while (free_below < mapped) {
        const std::uint64_t middle = free_below + (mapped - free_below) / 2;
        if (page_is_mapped(middle * page_size_bytes)) {
            mapped = middle;
        } else {
            free_below = middle + 1;
        }
    }
    return mapped * page_size_bytes;
}

}  // namespace lxr
