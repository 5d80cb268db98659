// Names for host code, in the file where perf(1) looks for those of code that a process has made.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "lifter/support/engine_descriptors.h"

namespace lxr {

/// `/tmp/perf-PID.map`, begun anew (perf's jit-interface.txt). What cannot be written is told in the log once. Thread-safe.
class PerfMap {
public:
    PerfMap() { open(); }

    /// From now on the code has that name, whatever lay there before.
    void note(const std::byte* code, std::size_t size_bytes, std::string_view name) const;
    /// In a child of fork, which has another number; none of its threads is in `note`.
    void start_anew_in_child() { open(); }

private:
    void open();

    std::unique_ptr<EngineDescriptor> file_;
};

}  // namespace lxr
