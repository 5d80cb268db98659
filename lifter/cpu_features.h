// Sets of processor features: the rows of cpu_features.inc by level, by what the host has, and as `--cpu` names them. Used by
// cpu_model.cpp and tools/lxr.
#pragma once

#include <bitset>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace lxr {

struct CpuidResult;

/// The rows of cpu_features.inc: cpu_avx, cpu_bmi1, ...
enum CpuFeature : std::size_t {
#define FEATURE(leaf, subleaf, word, bit, name, level, done_by, builds_on) cpu_##name,
#include "lifter/cpu_features.inc"
    cpu_feature_count
};
/// One bit for each.
using CpuFeatures = std::bitset<cpu_feature_count>;

/// Levels of psABI 3.1.1. `extra` features belong to none.
enum class CpuLevel : std::uint8_t { v1 = 1, v2, v3, extra };

/// The features of a level and of all below it, whether or not this host has them.
CpuFeatures cpu_level(CpuLevel level);

/// All that both lxr and this host can do: what the guest gets unless told otherwise. Constant in a process.
CpuFeatures host_cpu();

/// Reads what `--cpu` takes: v1, v2, v3 or host, the levels also as x86-64-vN, then any of `,+feature` and `,-feature`. With a
/// feature comes what it builds on; without it goes what builds on it. Errors: the end of a sentence that begins with the
/// option's name.
std::expected<CpuFeatures, std::string> parse_cpu(std::string_view text);

/// The features of the set that this host lacks though a tier needs it to have them; empty if there are none. A tier that
/// copies guest code needs more than an interpreter.
CpuFeatures lacking_on_host(const CpuFeatures& features, bool copies_code);

/// The names of the features, separated by blanks, as in the "flags" of /proc/cpuinfo.
std::string cpu_feature_names(const CpuFeatures& features);

/// Sets the bits of the features in CPUID's answer for a leaf.
void add_cpuid_bits(const CpuFeatures& features, std::uint32_t leaf, std::uint32_t subleaf, CpuidResult& result);

/// The text of `--cpu=help`: levels and features.
std::string cpu_help();

}  // namespace lxr
