// The oracle: a child process in which the host CPU itself executes the tested bytes.
#pragma once

#include <sys/types.h>

#include <string>

#include "tools/difftest/machine_state.h"

namespace lxr::difftest {

/// Owns the child and the memory shared with it. The arena must be mapped before.
class NativeRunner {
public:
    NativeRunner();
    ~NativeRunner();
    NativeRunner(const NativeRunner&) = delete;
    NativeRunner& operator=(const NativeRunner&) = delete;

    [[nodiscard]] Batch& batch() { return *batch_; }

    /// Lets the child begin with the batch. The caller may run it through lxr meanwhile.
    void start();
    /// Waits for the child. A child that hangs or dies is made anew.
    /// @return false then: Batch::progress says in which test it happened, `failure` how.
    bool finish();
    [[nodiscard]] const std::string& failure() const { return failure_; }

private:
    void make_child();
    void end_child();

    Batch* batch_;
    pid_t child_ = -1;
    std::string failure_;
};

}  // namespace lxr::difftest
