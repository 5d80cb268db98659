// --check: each baseline block is also run by the interpreter, from the same state and memory, and what comes out is compared.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "jit/baseline/block.h"
#include "jit/check/state_comparison.h"
#include "jit/check/undo_log.h"
#include "jit/services.h"
#include "lifter/evaluator.h"

namespace lxr {

class EngineThread;

namespace check {

/// One per engine. Only one thread may be in it at a time: what the interpreter writes is undone, so nobody else may see it.
class BlockCheck {
public:
    explicit BlockCheck(Services& services) : services_(services) {}

    /// Runs the block's instructions in the interpreter and undoes what they did. Call before the block is run.
    /// @return false if the outcome cannot be compared: the instructions may answer differently each time, or a signal came.
    bool run_ahead(EngineThread& thread, const baseline::Block& block);
    /// After the block has been run to its end: what differs from the interpreter's outcome, as text; empty if nothing does.
    [[nodiscard]] std::string difference(const EngineThread& thread, const baseline::Block& block);

    /// Forgets what it knows of guest code that overlaps the range. Thread-safe.
    void invalidate(GuestAddress begin, std::uint64_t size_bytes);

private:
    struct CheckedInstruction {
        GuestAddress next;
        std::uint32_t undefined_flags = 0;
        bool defines_all_flags = false;
        bool repeats = false;  // a REP prefix: the interpreter does it in pieces
        bool varies = false;
        std::vector<Step> steps;
    };
    struct CheckedBlock {
        GuestAddress begin;
        std::uint32_t guest_bytes = 0;
        std::vector<CheckedInstruction> instructions;
    };

    static CheckedInstruction lift_one(std::span<const std::byte> code, GuestAddress address);
    const CheckedBlock& checked(const baseline::Block& block);
    bool interpret(EngineThread& thread, const CheckedBlock& block);

    Services& services_;
    std::mutex mutex_;  // guards blocks_
    std::unordered_map<std::uint64_t, CheckedBlock> blocks_;
    UndoLog memory_;
    ComparedState before_;
    ComparedState interpreted_;
    std::uint32_t undefined_flags_ = 0;  // after the instructions that were interpreted
};

}  // namespace check
}  // namespace lxr
