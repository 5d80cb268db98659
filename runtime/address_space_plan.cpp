// Looks where the kernel has put lxr's libraries, and starts lxr again where that is in the guest's way.
#include "runtime/address_space_plan.h"

#include <fmt/core.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lifter/support/log.h"

/// The linker's name for the begin of lxr's image.
extern "C" const char __executable_start[];

namespace lxr {

namespace {

constexpr std::uint64_t lowest_guest_address = 0x10000;  // vm.mmap_min_addr as it is delivered
constexpr rlim_t own_stack_limit_bytes = 8 << 20;

/// Whether a library that the kernel or the dynamic linker placed lies below lxr's image. The vDSO is among them.
bool library_in_guest_window() {
    const auto visit = [](dl_phdr_info* object, std::size_t, void* window_end) {
        const bool fixed = object->dlpi_addr == 0;  // lxr's image itself
        return static_cast<int>(!fixed && object->dlpi_addr < *static_cast<std::uint64_t*>(window_end));
    };
    std::uint64_t window_end = guest_window().end;
    return dl_iterate_phdr(visit, &window_end) != 0;
}

/// The kernel leaves room for the stack above the libraries: with a huge limit, most of the address space.
std::optional<std::string> lower_stack_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur <= own_stack_limit_bytes) return std::nullopt;
    std::string option = fmt::format("--guest-stack-limit={}", limit.rlim_cur);
    limit.rlim_cur = own_stack_limit_bytes;
    if (setrlimit(RLIMIT_STACK, &limit) != 0) return std::nullopt;
    return option;
}

/// vm.mmap_rnd_bits = 32 spreads libraries over 16 TB, ADDR_COMPAT_LAYOUT stacks them from below.
std::optional<std::string> plain_personality() {
    constexpr unsigned query = 0xffff'ffff;
    const auto guests = static_cast<unsigned>(personality(query));
    const unsigned own = (guests | ADDR_NO_RANDOMIZE) & ~static_cast<unsigned>(ADDR_COMPAT_LAYOUT);
    if (own == guests || personality(own) == -1) return std::nullopt;
    return fmt::format("--guest-personality={}", guests);
}

/// Returns only if that fails.
void restart_with(std::string option, int argc, char** argv) {
    std::vector<char*> arguments{argv[0], option.data()};
    arguments.insert(arguments.end(), argv + std::min(argc, 1), argv + argc + 1);
    execv("/proc/self/exe", arguments.data());
    execv(reinterpret_cast<const char*>(getauxval(AT_EXECFN)), arguments.data());
}

}  // namespace

GuestWindow guest_window() {
    return {.begin = lowest_guest_address, .end = page_floor(reinterpret_cast<std::uint64_t>(__executable_start))};
}

void ensure_address_space_plan(int argc, char** argv) {
    if (!library_in_guest_window()) return;
    for (const auto remedy : {lower_stack_limit, plain_personality}) {
        if (auto option = remedy()) restart_with(std::move(*option), argc, argv);
    }
    log(LogCategory::loader, LogLevel::warning,
        "libraries of lxr lie among the guest's addresses; check ulimit -s and vm.legacy_va_layout");
}

}  // namespace lxr
