// The kernel's arithmetic of address space layout randomisation.
#include "runtime/loader/layout.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>

#include "lifter/support/address.h"

namespace lxr {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t gib = 1ULL << 30;
constexpr std::uint64_t elf_dynamic_base = 0x5555'5555'4aaa;  // ELF_ET_DYN_BASE: two thirds of a 47-bit TASK_SIZE
constexpr std::uint64_t largest_stack_skip_bytes = 8192;
constexpr std::uint64_t stack_random_pages = 1ULL << 22;
constexpr std::uint64_t placement_random_pages = 1ULL << 28;  // vm.mmap_rnd_bits as it is delivered
constexpr std::uint64_t stack_guard_gap_bytes = 256 * page_size_bytes;

/// kernel.randomize_va_space; what cannot be read counts as the delivered setting.
char randomization_setting() {
    char setting = '2';
    const int descriptor = open("/proc/sys/kernel/randomize_va_space", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return setting;
    [[maybe_unused]] const ssize_t size = read(descriptor, &setting, 1);
    close(descriptor);
    return setting;
}

enum class Randomization : std::uint8_t { none, all_but_heap, all };

Randomization randomization() {
    if ((personality(0xffff'ffff) & ADDR_NO_RANDOMIZE) != 0) return Randomization::none;
    const char setting = randomization_setting();
    if (setting == '0') return Randomization::none;
    return setting == '1' ? Randomization::all_but_heap : Randomization::all;
}

/// One draw from the kernel for all that is random.
struct Draw {
    std::uint64_t stack_pages;
    std::uint64_t stack_skip;
    std::uint64_t placement_pages;
    std::uint64_t program_pages;
    std::uint64_t break_bytes;
    std::array<std::byte, 16> bytes;
};

Draw draw(Randomization wanted) {
    Draw numbers{};
    // Never short for so few bytes (getrandom(2)).
    [[maybe_unused]] const ssize_t size = getrandom(&numbers, sizeof numbers, 0);
    if (wanted != Randomization::all) numbers.break_bytes = 0;
    if (wanted == Randomization::none) {
        numbers.stack_pages = numbers.stack_skip = numbers.placement_pages = numbers.program_pages = 0;
    }
    return numbers;
}

/// mmap_base: below the stack and all that it may become.
std::uint64_t gap_for_stack(GuestWindow window, std::uint64_t stack_limit_bytes, Randomization wanted) {
    const std::uint64_t reserve =
        (wanted != Randomization::none ? stack_random_pages * page_size_bytes : 0) + stack_guard_gap_bytes;
    const std::uint64_t gap = stack_limit_bytes > ~0ULL - reserve ? stack_limit_bytes : stack_limit_bytes + reserve;
    return std::clamp(gap, 128 * mib, window.end / 6 * 5);
}

}  // namespace

AddressLayout choose_layout(GuestWindow window, std::uint64_t stack_limit_bytes) {
    const Randomization wanted = randomization();
    const Draw random = draw(wanted);
    const std::uint64_t placement_random = random.placement_pages % placement_random_pages * page_size_bytes;
    return {.stack_end = window.end - random.stack_pages % stack_random_pages * page_size_bytes,
            .stack_skip_bytes = random.stack_skip % largest_stack_skip_bytes,
            .placement_top = page_ceil(window.end - gap_for_stack(window, stack_limit_bytes, wanted) - placement_random),
            .program_base = page_floor(elf_dynamic_base) + random.program_pages % placement_random_pages * page_size_bytes,
            .free_break_base = page_ceil(elf_dynamic_base),
            .break_offset = page_floor(random.break_bytes % gib),
            .random_bytes = random.bytes};
}

}  // namespace lxr
