// Opens the guest's view of a file of /proc in place of the host's file. Called by the open calls.
#pragma once

#include "lifter/support/result.h"
#include "runtime/proc/proc_file.h"

namespace lxr {

class Process;

/// Puts the guest's view under the number `fd`, which holds the host's file. Close-on-exec stays as it is. What has no view
/// (exe, descriptor directories) is left alone.
Result<void> replace_by_view(Process& process, OwnProcFile file, int fd);

}  // namespace lxr
