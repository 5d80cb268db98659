// What lxr itself writes while a guest runs: log, statistics, dumps. The guest shall not notice.
#pragma once

#include <string_view>

namespace lxr {

/// As one write(2), but its SIGPIPE or SIGXFSZ does not reach the guest. Async-signal-safe.
/// @return false if not all of it was written; errno says why. For a negative descriptor, which open(2) may have returned,
/// it is left as it is.
bool write_own_output(int descriptor, std::string_view text);

/// Remembers which file descriptor 2 is now. The guest may close it, and then the number is that of a file of its own.
void remember_standard_error();
/// Descriptor 2 while it is still that file, else -1; always 2 if none was remembered. Async-signal-safe.
int own_standard_error();

}  // namespace lxr
