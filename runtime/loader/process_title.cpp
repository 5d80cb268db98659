// PR_SET_NAME and PR_SET_MM_MAP (prctl(2)). The latter needs no privilege, but a kernel with CONFIG_CHECKPOINT_RESTORE.
#include "runtime/loader/process_title.h"

#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lifter/support/log.h"

namespace lxr {

namespace {

/// The call replaces all fields at once; the break stays lxr's own, for its allocator uses it.
prctl_mm_map guest_view(const LoadedImage& image, const InitialStack& stack) {
    const auto own_break = reinterpret_cast<std::uint64_t>(sbrk(0));
    prctl_mm_map map{};
    map.start_code = map.start_data = image.begin.value();
    map.end_code = map.end_data = image.end.value();
    map.start_brk = map.brk = own_break;
    map.start_stack = stack.pointer.value();
    map.arg_start = stack.argument_begin.value();
    map.arg_end = stack.argument_end.value();
    map.env_start = stack.environment_begin.value();
    map.env_end = stack.environment_end.value();
    map.auxv = reinterpret_cast<decltype(map.auxv)>(stack.auxiliary_vector.value());
    map.auxv_size = static_cast<std::uint32_t>(stack.auxiliary_vector_size_bytes);
    map.exe_fd = static_cast<std::uint32_t>(-1);
    return map;
}

}  // namespace

void show_as_guest(const std::string& program_path, const LoadedImage& image, const InitialStack& stack) {
    const std::string name = program_path.substr(program_path.rfind('/') + 1);
    prctl(PR_SET_NAME, name.c_str());  // the kernel takes the first 15 bytes
    const prctl_mm_map map = guest_view(image, stack);
    if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) != 0) {
        log(LogCategory::loader, LogLevel::info, "others see lxr's own command line: PR_SET_MM_MAP is not permitted");
    }
}

}  // namespace lxr
