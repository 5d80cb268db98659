// The process in which LLVM works: what goes wrong there does not go wrong in the guest's.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "jit/optimizing/channel.h"
#include "jit/optimizing/hidden_process.h"
#include "jit/optimizing/region.h"
#include "lifter/support/engine_descriptors.h"
#include "lifter/support/log.h"

namespace lxr::optimizing {

/// One per engine. Not thread-safe: the callers take turns.
class OptimizerProcess {
public:
    OptimizerProcess() = default;
    ~OptimizerProcess() { end(); }
    OptimizerProcess(const OptimizerProcess&) = delete;
    OptimizerProcess& operator=(const OptimizerProcess&) = delete;

    /// Starts the program that lies beside lxr's own file, unless it runs. Takes a millisecond; what is wrong with the program
    /// shows later. @return is_available()
    bool start();
    /// False once it could not be had or has ended too often, which one line in the log has told.
    [[nodiscard]] bool is_available() const { return is_available_; }

    /// Starts it if necessary. One request at a time. @return false if it cannot be had.
    bool send(const RegionRequest& request);

    enum class Outcome : unsigned char { answered, interrupted, gone };
    /// Waits for the answer to what was sent. An interrupted wait may be repeated; a process that is gone, or was ended because
    /// it took too long, does not answer any more.
    /// @param wake  a descriptor that interrupts the waiting when it can be read; -1 for none.
    Outcome receive(RegionAnswer& answer, int wake);

    /// Ends it at once, whatever it does. It may be started again.
    void end();
    /// In a child of fork: it is the parent's.
    void forget();

private:
    bool turn_off(LogLevel level, const std::string& reason);
    [[nodiscard]] LogLevel level_of(int error) const;
    bool spawn();
    bool gets_more_time();
    Outcome lose(const std::string& reason);

    const uid_t user_ = geteuid();  // whom the program belongs to, or who may execute it at least
    bool is_available_ = true;
    int losses_ = 0;
    std::optional<HiddenProcess> process_;
    bool has_greeted_ = false;
    std::unique_ptr<EngineDescriptor> socket_;
    MessageReader reader_;
    std::chrono::steady_clock::time_point deadline_{};
};

}  // namespace lxr::optimizing
