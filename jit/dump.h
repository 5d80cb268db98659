// The stages of what is translated, from guest code to host code: what `--dump` writes into files and lxr-dump prints.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lifter/support/address.h"

namespace lxr {

namespace optimizing {
struct RegionRequest;
struct RegionAnswer;
}  // namespace optimizing
namespace baseline {
struct Block;
}

/// Guest instructions; lxr's IR; LLVM IR before and after the passes; host code as text and as bytes. A baseline block has no
/// LLVM IR.
enum class DumpStage : std::uint8_t { guest, ir, lift, opt, assembly, object };
inline constexpr std::array<std::string_view, 6> dump_stage_names = {"guest", "ir", "lift", "opt", "asm", "obj"};
using DumpStages = std::bitset<dump_stage_names.size()>;

/// @param names  with commas between. @return nothing if one of them is unknown.
std::optional<DumpStages> parse_dump_stages(std::string_view names);

struct DumpOptions {
    DumpStages stages;  // none: nothing is dumped
    /// Only what is made of the byte here; nothing: everything.
    std::optional<GuestAddress> at;
    /// Instead: only what is made of its first byte (Engine::dump_at); empty if there is no such wish.
    std::string symbol;
    std::string folder;
};

/// Writes the stages of regions and baseline blocks into files. Thread-safe.
class Dump {
public:
    explicit Dump(DumpOptions options) : options_(std::move(options)) {}

    /// Where the symbol is; until then nothing is dumped if one is asked for.
    void set_address(GuestAddress address) { options_.at = address; }
    [[nodiscard]] bool wants(const optimizing::RegionRequest& request) const;
    /// One file for each stage that there is. The first that cannot be written is told in the log, and the last to be tried.
    void write(const optimizing::RegionRequest& request, const optimizing::RegionAnswer& answer) const;
    /// @param guest_code  what the block was made of.
    void write(const baseline::Block& block, std::span<const std::byte> guest_code) const;

private:
    void write(const std::string& name, DumpStage stage, std::string_view text) const;

    DumpOptions options_;
    mutable std::atomic<bool> has_failed_ = false;
};

/// A number that is the same for the same request, wherever its code was loaded: names of files, log and statistics have it.
std::uint64_t content_id(const optimizing::RegionRequest& request);

/// What files, and perf(1), call a region.
std::string region_name(GuestAddress entry, std::uint64_t content_id);
/// The same of a block.
/// @param guest_code  what it was made of.
std::string block_name(const baseline::Block& block, std::span<const std::byte> guest_code);

/// One stage of a region. The answer was asked to show its stages. Of the host code's bytes, what they are as hexadecimal
/// numbers.
std::string stage_text(DumpStage stage, const optimizing::RegionRequest& request, const optimizing::RegionAnswer& answer);

}  // namespace lxr
