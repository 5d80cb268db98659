// Maps the arena: code twice (one view for writing, one at the guest's address), data once.
#include "tools/difftest/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lifter/support/check.h"

namespace lxr::difftest::arena {

namespace {

std::byte* code_view = nullptr;
std::uint64_t placed_at = usual_entry;
std::size_t placed_bytes = 0;

void map_at(std::uint64_t address, std::size_t size_bytes, int protection, int flags, int descriptor) {
    auto* const wanted = host_pointer<void>(GuestAddress(address));
    LXR_CHECK(mmap(wanted, size_bytes, protection, flags | MAP_FIXED_NOREPLACE, descriptor, 0) == wanted);
}

}  // namespace

void map() {
    const int descriptor = memfd_create("lxr-difftest-code", MFD_CLOEXEC);
    LXR_CHECK(descriptor >= 0 && ftruncate(descriptor, code_size_bytes) == 0);
    auto* const view = mmap(nullptr, code_size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    LXR_CHECK(view != MAP_FAILED);
    code_view = static_cast<std::byte*>(view);
    std::ranges::fill(writable_code(), landing_pad);
    map_at(code_begin, code_size_bytes, PROT_READ, MAP_SHARED, descriptor);
    close(descriptor);
    map_at(data_begin, data_size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    map_at(read_only_begin, page_size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    for (std::size_t i = 0; i < page_size_bytes; ++i) *host_pointer(GuestAddress(read_only_begin + i)) = std::byte(i * 7);
    LXR_CHECK(mprotect(host_pointer<void>(GuestAddress(read_only_begin)), page_size_bytes, PROT_READ) == 0);
    make_present();
}

void make_present() {
    for (const auto& [begin, size_bytes] :
         {std::pair{code_begin, code_size_bytes}, {read_only_begin, page_size_bytes + data_size_bytes}}) {
        for (std::uint64_t page = 0; page < size_bytes; page += page_size_bytes) {
            (void)*host_pointer<const volatile std::byte>(GuestAddress(begin + page));
        }
    }
}

std::span<std::byte> writable_code() {
    return {code_view, code_size_bytes};
}

void place_code(std::uint64_t entry, std::span<const std::byte> bytes) {
    std::ranges::fill(writable_code().subspan(placed_at - code_begin, placed_bytes), landing_pad);
    placed_at = entry;
    placed_bytes = bytes.size();
    std::ranges::copy(bytes, writable_code().begin() + static_cast<std::ptrdiff_t>(entry - code_begin));
}

}  // namespace lxr::difftest::arena
