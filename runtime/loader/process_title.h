// Makes the process look like the guest's program to others: comm, /proc/PID/cmdline, environ and auxv.
#pragma once

#include <string>

#include "runtime/loader/image.h"
#include "runtime/loader/initial_stack.h"

namespace lxr {

/// Where the kernel does not permit it, others go on seeing lxr: nothing fails.
void show_as_guest(const std::string& program_path, const LoadedImage& image, const InitialStack& stack);

}  // namespace lxr
