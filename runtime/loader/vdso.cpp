// Copies the vDSO image into the guest's memory.
#include "runtime/loader/vdso.h"

#include <sys/mman.h>

#include "runtime/guest_memory.h"

/// runtime/host/vdso_image.S
extern "C" {
extern const std::byte lxr_vdso_begin[];
extern const std::byte lxr_vdso_end[];
}

namespace lxr {

Result<GuestAddress> map_vdso(AddressSpace& memory) {
    const auto size = static_cast<std::uint64_t>(lxr_vdso_end - lxr_vdso_begin);
    const auto begin = memory.map({}, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, "[vdso]");
    if (!begin) return begin;
    if (!copy_to_guest(*begin, lxr_vdso_begin, size)) return error(EFAULT);
    if (const auto sealed = memory.protect(*begin, size, PROT_READ | PROT_EXEC); !sealed)
        return std::unexpected(sealed.error());
    return begin;
}

}  // namespace lxr
